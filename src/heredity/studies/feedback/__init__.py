"""Feedback: does training on preferences give the model a trait, and what keeps it out?

In: preference pairs, a trait, a model. Out: a `FeedbackReport`.
Does not: score or train; it composes the rooms that do.
"""
