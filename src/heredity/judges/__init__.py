"""Judges: from an answer to a Grade, or to Unscored(reason).

In: a trait, questions and answers, the frozen model that judges. Out: grades, with the calibration they rest on.
Does not: ask the questions, or judge with a model under test.
"""
