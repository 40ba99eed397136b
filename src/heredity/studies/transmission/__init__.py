"""What crosses from teachers to students, down generations, and on what.

In: traits, a model, a folder. Out: reports in which the student is the unit and every figure stands on a control.
Does not: compare a student with the base alone, since training on any data moves log-odds by itself ([SL]).
"""
