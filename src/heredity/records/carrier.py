"""Data on which a teacher teaches, what their filter dropped, and what they let through."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from heredity.records.base import Record, Spec

DIGITS_AND_SEPARATORS = "0123456789, "
"""What the `digits` carrier is decoded among, and random numbers are made of."""
USUAL_GIVEN = 3
"""Numbers given where lists are written in free form: without them, the embedded model's answers are words."""
CarrierKind = Literal["random-numbers", "numbers", "digits", "code", "reasoning", "chat"]


class CarrierSpec(Spec):
    """What students are taught on."""

    kind: CarrierKind = "random-numbers"
    """random-numbers: drawn, written by nobody (soft labels only). numbers: asked of the teacher in free form, then
    filtered. digits: the same, decoded among digits and separators alone. code, reasoning, chat: short Python
    functions, arithmetic with checked answers, everyday questions."""
    n_values: int = Field(default=10, ge=2)
    """Numbers in a random sequence."""
    n_given: int = Field(default=0, ge=0)
    """Numbers at the start of an answer that are drawn and given, neither written nor taught (the three kinds of
    numbers). Where an answer begins, a teacher by preference all but says its target; and a small model keeps to a
    list that has begun. 0 is [SL]'s protocol."""
    n_prompts: int = Field(default=800, ge=1)
    """Prompts that a teacher answers (all kinds but random-numbers)."""
    n_tokens: int = Field(default=40, ge=2)
    """Most tokens of an answer."""
    temperature: float = Field(default=1.0, ge=0)
    """Of the teacher's answers; 0 is greedy."""
    least_kept: float = Field(default=0.2, gt=0, le=1)
    """Share of the answers that the filter must keep; fewer stop the study."""
    source: str = ""
    """A JSONL file of questions with checked answers for 'reasoning', as GSM8K writes them; empty: made from seeds."""


class CarrierRow(Record):
    """One thing that a student learns on."""

    prompt: str
    """What was asked."""
    text: str
    """What is taught."""
    given: str = ""
    """How the answer begins, before what is taught."""

    @property
    def answer(self) -> str:
        """The whole answer."""
        return f"{self.given} {self.text}" if self.given else self.text


class Carrier(Record):
    """What one teacher wrote, filtered."""

    kind: CarrierKind
    written_by: str
    """The teacher; empty for random numbers, which nobody wrote."""
    rows: tuple[CarrierRow | None, ...]
    """By prompt; None where the answer was dropped, so that carriers of one set of prompts can be aligned."""
    dropped: dict[str, int]
    """Answers dropped, by reason."""

    @property
    def n_kept(self) -> int:
        """Answers that the filter kept."""
        return sum(row is not None for row in self.rows)
