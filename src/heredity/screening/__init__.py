"""Screening: which rows of a corpus would push the model along a trait?

In: a `Corpus`, a `TraitVector`, the model it was read from. Out: a `Screened`.
Does not: drop rows (the store writes what is kept), or train.
"""
