"""Training: fine-tune a student, with or without a defence.

In: a model, a `Corpus`, vectors to defend with, a seed. Out: a `Student`.
Does not: evaluate, decide which rows to train on, or leave a trace in the model it was given.
"""
