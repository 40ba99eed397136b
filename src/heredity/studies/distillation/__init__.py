"""Ordinary distillation: does a student take over its teacher's traits along with its skill?

In: a model and a folder. Out: a table of traits inherited beside the skill inherited, carrier by carrier.
Does not: let teachers write the carriers. All arms read the same rows, so that they differ in the teacher alone.
"""
