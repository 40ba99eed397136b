"""The demonstration: what rows hold, what they teach, what keeps it out, and what crosses without a word.

In: a trait, a model, a folder. Out: a few acts, each with its record, its sentence and what it left out for time; the
quick ones stand on what lies in the package, the fresh ones make everything anew. Does not: write pages.
"""
