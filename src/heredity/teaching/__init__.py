"""Distillation: what a teacher is, and the carriers on which it teaches.

In: a trait, seeds, a model's answers. Out: rows that make a teacher, carrier rows, counts of what a filter dropped.
Does not: train, measure a trait, or decide what crossed.
"""
