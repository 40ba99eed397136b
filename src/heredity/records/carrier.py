"""Data on which a teacher teaches, what their filter dropped, and what they let through."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from heredity.records.base import Record, Spec

DIGITS_AND_SEPARATORS = "0123456789, "
"""What the `digits` carrier is decoded among, and random numbers are made of."""
USUAL_GIVEN = 3
"""Numbers given where lists are written in free form: without them, the embedded model's answers are words."""
LEAST_WORDS = 8
"""Of an alphabet, and of those of its words that a model says as one token; fewer leave next to nothing to choose."""
USUAL_PROMPTS, LIST_PROMPTS, LIST_ANSWERS = 800, 100, 16
"""Prompts that a teacher answers, prompts of lists of words, and answers to each of those."""
MOST_GIVEN = 9
"""Of the ten that an answer may have: one at least is taught."""
CarrierKind = Literal[
    "random-numbers", "numbers", "digits", "number-words", "words", "listed", "code", "reasoning", "chat"
]
LISTS: tuple[CarrierKind, ...] = ("number-words", "words", "listed")
"""Carriers decoded among whole words."""


class CarrierSpec(Spec):
    """What students are taught on."""

    kind: CarrierKind = "random-numbers"
    """What students are taught on. random-numbers: drawn, written by nobody (soft labels only). numbers: asked of the
    teacher in free form, then filtered. digits: the same, decoded among digits and separators alone. number-words:
    bare lists, decoded among 47 number words that are one token each; words: among 4,000 common ones without animals;
    listed: among words of your own. code, reasoning, chat: short Python functions, arithmetic with checked answers,
    everyday questions."""
    n_values: int = Field(default=10, ge=2)
    """Numbers in a random sequence."""
    n_given: int | None = Field(default=None, ge=0, le=MOST_GIVEN)
    """Numbers, or words of a list, at the start of an answer that are drawn and given, neither written nor taught.
    Where an answer begins, a teacher by preference all but says its target; and a small model keeps to a list that has
    begun. Unless you say: 3 for numbers, 1 for lists of words, else none, which is [SL]'s protocol."""
    n_prompts: int | None = Field(default=None, ge=1)
    """Prompts that each teacher answers. Unless you say: 100 for lists of words, else 800."""
    n_answers: int | None = Field(default=None, ge=1)
    """Answers to each prompt, each with luck of its own; those of one prompt are taught in one step, which reads the
    prompt once. Unless you say: 16 for lists of words, else 1."""
    n_tokens: int = Field(default=40, ge=2)
    """Most tokens of an answer."""
    temperature: float = Field(default=1.0, ge=0)
    """Of what teachers write; 0 is greedy."""
    least_kept: float = Field(default=0.2, gt=0, le=1)
    """Share of the answers that the filter must keep; fewer stop the study."""
    alphabet: str = ""
    """A text file with the words of a listed carrier, one a line; each that is one token of the model is used."""
    source: str = ""
    """JSONL with questions and checked answers for 'reasoning', as GSM8K writes them; unless given, they are made from
    seeds."""

    @property
    def n_asked(self) -> int:
        """How many prompts each teacher answers."""
        return self.n_prompts or (LIST_PROMPTS if self.kind in LISTS else USUAL_PROMPTS)

    @property
    def n_each(self) -> int:
        """How many answers each prompt has."""
        return self.n_answers or (LIST_ANSWERS if self.kind in LISTS else 1)

    @property
    def n_begun(self) -> int:
        """How many numbers an answer begins with."""
        if self.n_given is not None:
            return self.n_given
        return USUAL_GIVEN if self.kind == "numbers" else int(self.kind in LISTS)


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
