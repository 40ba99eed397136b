"""Evaluation: how strongly a model shows a trait, and what it can still do.

In: a model or student, a `Trait`, the frozen model that judges. Out: an `EvalReport`.
Does not: train, compare arms with words, or let a model under test judge itself.
"""
