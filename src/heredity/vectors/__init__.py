"""Vectors: from a trait and a model to a TraitVector with the evidence for and against it.

In: a `Trait`, a model. Out: a `TraitVector`.
Does not: screen data, train, or choose a trait's wording.
"""
