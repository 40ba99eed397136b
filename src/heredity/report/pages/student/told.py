"""A trained student in words."""

from __future__ import annotations

from collections.abc import Sequence

from heredity.records.student import Student

MOST_LINES = 8
"""Line numbers of rows left out that are named; the record has them all."""


def told(student: Student) -> str:
    """Return how it was trained, and which rows it was not taught."""
    kinds = " and ".join(dict.fromkeys(one.kind for one in student.interventions))
    pushed = f", {kinds} acted {student.n_fires} times" if kinds else ""
    losses = f"loss {student.losses[0]:.3f} -> {student.losses[-1]:.3f}"
    text = f"trained on {student.n_examples} examples in {student.n_steps} steps{pushed}; {losses}"
    untaught = [f"{left_out}: {named(left_out.lines)}" for left_out in student.left_out]
    return "\n".join([text, *untaught, *student.notices])


def named(lines: Sequence[int]) -> str:
    """Return the first few line numbers for people, and how many more there are."""
    shown = ", ".join(map(str, lines[:MOST_LINES]))
    more = f" and {len(lines) - MOST_LINES:,} more" if len(lines) > MOST_LINES else ""
    return f"line{'s' if len(lines) > 1 else ''} {shown}{more}"
