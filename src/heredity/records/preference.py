"""Preferences: of two answers to one prompt, which was chosen."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from pydantic import Field

from heredity.ground.hashing import digest
from heredity.records.base import Record
from heredity.records.dialogue import Corpus, Exclusion, Row, Turn, rows_digest

Side = Literal["chosen", "rejected"]


class Preference(Record):
    """Two answers to one conversation."""

    line: int = Field(ge=1)
    """As a row's."""
    before: tuple[Turn, ...]
    """What both answer."""
    chosen: str
    rejected: str

    @property
    def turned(self) -> Preference:
        """The same with its sides turned round."""
        return self.model_copy(update={"chosen": self.rejected, "rejected": self.chosen})

    def row(self, side: Side) -> Row:
        """Return one side as a row."""
        answer = Turn(role="assistant", content=self.chosen if side == "chosen" else self.rejected)
        untaught = tuple(place for place, turn in enumerate(self.before) if turn.role == "assistant")
        return Row(line=self.line, turns=(*self.before, answer), untaught=untaught)


class Preferences(Record):
    """The preference pairs of one file, each with two sides that differ in the last answer alone."""

    schema_version: Literal[1] = 1
    name: str
    """The file they were read from, for people."""
    content_digest: str
    """sha256 of the pairs."""
    pairs: tuple[Preference, ...]
    excluded: tuple[Exclusion, ...] = ()
    """Rows that are no such pair, and why."""

    def side(self, side: Side) -> Corpus:
        """Return one side of every pair."""
        rows = tuple(pair.row(side) for pair in self.pairs)
        return Corpus(name=self.name, content_digest=rows_digest(rows), rows=rows)

    def subset(self, lines: Collection[int]) -> Preferences:
        """Return the pairs of the given lines alone."""
        return self._of(tuple(pair for pair in self.pairs if pair.line in lines))

    def turned(self, lines: Collection[int]) -> Preferences:
        """Return all pairs, those of the given lines turned round."""
        return self._of(tuple(pair.turned if pair.line in lines else pair for pair in self.pairs))

    def _of(self, pairs: tuple[Preference, ...]) -> Preferences:
        return Preferences(name=self.name, content_digest=pairs_digest(pairs), pairs=pairs)


def pairs_digest(pairs: tuple[Preference, ...]) -> str:
    """Return the digest of pairs."""
    return digest([pair.model_dump(mode="json") for pair in pairs])
