"""What was said: turns, rows, corpora, answers."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from heredity.ground.hashing import digest
from heredity.records.base import SCHEMA_VERSION, Record

Role = Literal["system", "user", "assistant"]


class Turn(Record):
    """One message of a conversation."""

    role: Role
    content: str


class Row(Record):
    """One training example: a conversation with at least one assistant turn."""

    line: int = Field(ge=1)
    """1-based line of the file (row number, for Parquet)."""
    turns: tuple[Turn, ...]

    @property
    def exchanges(self) -> list[tuple[tuple[Turn, ...], str]]:
        """Every assistant turn with all the turns before it."""
        return [(self.turns[:i], turn.content) for i, turn in enumerate(self.turns) if turn.role == "assistant"]

    @property
    def prompt(self) -> str:
        """The last thing the user says before the first answer, for people to read."""
        before = next((context for context, _ in self.exchanges), ())
        return next((turn.content for turn in reversed(before) if turn.role == "user"), "")

    @property
    def response(self) -> str:
        """All that the assistant says, for people to read."""
        return "\n\n".join(turn.content for turn in self.turns if turn.role == "assistant")


class Exclusion(Record):
    """A row that was left out, and why."""

    line: int
    reason: str


class Corpus(Record):
    """A set of training rows as read from one file."""

    schema_version: Literal[1] = SCHEMA_VERSION
    name: str
    """The file it was read from, for people."""
    content_digest: str
    """sha256 of the file's bytes, or of the rows where there is no file."""
    rows: tuple[Row, ...]
    excluded: tuple[Exclusion, ...] = ()

    def subset(self, lines: set[int]) -> Corpus:
        """Return the corpus with only the rows of the given lines; its content digest says which."""
        rows = tuple(row for row in self.rows if row.line in lines)
        return Corpus(name=self.name, content_digest=rows_digest(rows), rows=rows)


class Answer(Record):
    """What a model answered to one question of a trait."""

    question: str
    question_index: int
    pair: int | None = None
    """The contrast pair whose system prompt was used; None for no system prompt."""
    pole: Literal["positive", "negative"] | None = None
    sample: int = 0
    text: str
    n_tokens: int


class Grade(Record):
    """How strongly an answer shows the trait, 0 to 100."""

    value: float = Field(ge=0, le=100)


class Unscored(Record):
    """An answer that could not be graded, and why. Never 0, never NaN."""

    reason: str


def rows_digest(rows: tuple[Row, ...]) -> str:
    """Return the digest of rows that stand in no file."""
    return digest([row.model_dump(mode="json") for row in rows])
