"""A trained student in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from heredity.records.student import Student

MOST_LINES = 8
"""Line numbers of rows left out that are named; the record has them all."""


def told(student: Student) -> str:
    """Return how it was trained, and which rows it was not taught."""
    acted = "".join(f", {line}" for line in dict.fromkeys(acts(student)))
    losses = f"loss {student.losses[0]:.3f} -> {student.losses[-1]:.3f}"
    text = f"trained on {student.n_examples} examples in {student.n_steps} steps{acted}; {losses}"
    untaught = [f"{left_out}: {named(left_out.lines)}" for left_out in student.left_out]
    return "\n".join([text, *untaught, *student.notices])


def acts(student: Student) -> Iterator[str]:
    """Yield of every defence how often it acted, and on which steps."""
    for one in student.interventions:
        if one.first_step is None:  # written before: the count is of the whole run
            yield f"{one.kind} acted {student.n_fires} times"
        else:
            yield f"{one.kind} acted {one.n_fires} times (steps {one.first_step} to {one.last_step})"


def named(lines: Sequence[int]) -> str:
    """Return the first few line numbers for people, and how many more there are."""
    shown = ", ".join(map(str, lines[:MOST_LINES]))
    more = f" and {len(lines) - MOST_LINES:,} more" if len(lines) > MOST_LINES else ""
    return f"line{'s' if len(lines) > 1 else ''} {shown}{more}"
