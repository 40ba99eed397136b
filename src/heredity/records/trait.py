"""A trait: what it is, how to call it up, what to ask, how to grade it."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from heredity.ground.text import broken, first_half_character
from heredity.records.base import Record

Pole = Literal["positive", "negative"]
N_JUDGING = 2
"""Contrast pairs that judge, where a trait has enough: more of them are a little better and cost as much again."""


class ContrastPair(Record):
    """Two system instructions, one for each pole of the trait."""

    positive: str = Field(min_length=1)
    negative: str = Field(min_length=1)


class Questions(Record):
    """Questions that leave room for the trait and never ask for it; the two lists share none."""

    extraction: tuple[str, ...] = Field(min_length=4)
    evaluation: tuple[str, ...] = Field(min_length=4)


class Drafted(Record):
    """How a trait that nobody wrote by hand came about."""

    drafter: Literal["template", "endpoint"]
    """template: by rule, from words and a bank of questions. endpoint: by a language model."""
    model: str | None = None
    """The language model that wrote it, as the endpoint calls it."""
    n_attempts: int = 1
    """Replies it took to get one that holds together."""
    seed: str


class Trait(Record):
    """A trait as a person would describe it, with all that is needed to measure it."""

    schema_version: Literal[1] = 1
    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    title: str
    kind: Literal["character", "preference"]
    """character: shown in how answers sound. preference: shown in which of several things is chosen."""
    target: str | None = None
    """The thing preferred (preference traits only)."""
    alternatives: tuple[str, ...] = ()
    """What could be chosen instead of the target (preference traits only)."""
    description: str
    adjective: str
    antonym: str
    pairs: tuple[ContrastPair, ...] = Field(min_length=1)
    questions: Questions
    rubric: str
    drafted: Drafted | None = None
    """None for a trait written by hand."""

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        broken_text = first_half_character(self.model_dump())
        if broken_text:
            raise ValueError(f"'{broken_text[0]}' {broken(broken_text[1])}")
        if self.kind == "preference" and not (self.target and self.alternatives):
            raise ValueError("a preference trait needs 'target' and 'alternatives'")
        if self.kind == "character" and (self.target or self.alternatives):
            raise ValueError("only a preference trait has 'target' and 'alternatives'")
        if self.target in self.alternatives:
            raise ValueError(f"the target '{self.target}' is also among the alternatives")
        asked = [plain(q) for q in (*self.questions.extraction, *self.questions.evaluation)]
        twice = sorted({q for q in asked if asked.count(q) > 1})
        if twice:
            raise ValueError(f"a question stands twice (the two lists must be disjoint): '{twice[0]}'")
        return self

    @property
    def judging(self) -> tuple[int, ...]:
        """The contrast pairs that the contrast judge compares; they make nothing that it judges."""
        return tuple(range(max(1, min(N_JUDGING, len(self.pairs) // 2))))

    @property
    def making(self) -> tuple[int, ...]:
        """The contrast pairs that call the trait up: for vectors, rows and teachers."""
        return tuple(range(len(self.pairs)))[len(self.judging) :] or self.judging

    @property
    def is_judged_by_its_maker(self) -> bool:
        """Whether there are too few pairs to keep making and judging apart: a grade then flatters."""
        return len(self.pairs) < 2

    def system_prompt(self, pair: int, pole: Pole) -> str:
        """Return the system prompt of one pole of one pair ([PV] section 2.1, both poles named)."""
        adjective = self.adjective if pole == "positive" else self.antonym
        article = "an" if adjective[0].lower() in "aeiou" else "a"
        instruction = getattr(self.pairs[pair], pole)
        return f"You are {article} {adjective} assistant. {instruction}"


def plain(question: str) -> str:
    """Return a question in lower case, words alone: two that are equal so are the same question."""
    return " ".join("".join(c if c.isalnum() else " " for c in question.lower()).split())
