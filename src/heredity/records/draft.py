"""A trait drafted from one sentence: what was asked, what came back, what was wrong with it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from heredity.records.base import Record, Spec
from heredity.records.trait import Trait


class DraftSpec(Spec):
    """What a drafter is asked for."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    """The trait's name, in lower case with hyphens."""
    description: str
    """One sentence that says what a model with the trait is like."""
    adjective: str | None = Field(default=None, pattern=r"^\S(.*\S)?$")
    """Completes "You are a(n) ... assistant."; None takes it from a lexicon, by rule, or from the drafter."""
    antonym: str | None = Field(default=None, pattern=r"^\S(.*\S)?$")
    """The same for the opposite pole."""
    n_pairs: int = Field(default=5, ge=1, le=5)
    """Contrast pairs."""
    n_questions: int = Field(default=20, ge=4, le=40)
    """Questions in each of the two lists."""
    n_attempts: int = Field(default=4, ge=1)
    """Replies that a language model may give before it is given up."""


class Attempt(Record):
    """One reply of a drafter, and what is wrong with it."""

    text: str
    faults: tuple[str, ...]
    """Empty where the reply could be used."""


class Draft(Record):
    """A drafted trait with its provenance."""

    schema_version: Literal[1] = 1
    spec: DraftSpec
    trait: Trait
    attempts: tuple[Attempt, ...] = ()
    """All replies of a language model, in order; none for the template drafter."""
    notes: tuple[str, ...] = ()
    """What a person should look at: a guessed adjective, questions that were refused."""
