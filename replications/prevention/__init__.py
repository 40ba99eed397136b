"""Does preventative steering keep a trait out of a student, and at what cost?"""
