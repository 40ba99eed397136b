"""What was said: turns, rows, corpora, answers."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from pydantic import Field, field_validator

from heredity.ground.errors import InputError
from heredity.ground.hashing import digest
from heredity.ground.text import require_text
from heredity.records.base import Record

Role = Literal["system", "user", "assistant", "tool"]
"""Who speaks; a tool says what came of a call, which is an assistant's turn that is context."""


class Turn(Record):
    """One message of a conversation."""

    role: Role
    content: str
    """Raises InputError where it holds half a character, which no tokenizer takes."""

    @field_validator("content")
    @classmethod
    def _is_text(cls, content: str) -> str:
        return require_text(content, "a message")


class Row(Record):
    """One training example: a conversation with at least one assistant turn."""

    line: int = Field(ge=1)
    """1-based line of the file; the row's number in a table, an array, a data set, or in memory."""
    turns: tuple[Turn, ...]
    untaught: tuple[int, ...] = ()
    """Places in `turns` of answers that are context and no lesson: the data gives them no weight in the loss."""
    source: str = ""
    """Where the row says that it comes from; empty where it says nothing."""

    @property
    def exchanges(self) -> list[tuple[tuple[Turn, ...], str]]:
        """Every assistant turn, taught or not, with all the turns before it."""
        return [(self.turns[:i], turn.content) for i, turn in enumerate(self.turns) if turn.role == "assistant"]

    @property
    def lessons(self) -> list[tuple[tuple[Turn, ...], str]]:
        """Every assistant turn that is taught, with all the turns before it."""
        return [(before, answer) for before, answer in self.exchanges if len(before) not in self.untaught]

    @property
    def apart(self) -> Row:
        """The row without untaught answers and what the user said to get them, as a screen reads it.

        What stands before an answer colours its activations, and would be scored with what is taught. An untaught
        answer that is gone on with, no user turn after it, stays.
        """
        hidden = {place for place in self.untaught if self._asks(place + 1)}
        for place in sorted(hidden):
            while place and self._leads(place - 1):
                place -= 1
                hidden.add(place)
        left = [i for i in range(len(self.turns)) if i not in hidden]
        untaught = tuple(place for place, i in enumerate(left) if i in self.untaught)
        turns = tuple(self.turns[i] for i in left)
        return self.model_copy(update={"turns": turns, "untaught": untaught})

    def behind(self, prompt: str) -> Row:
        """Return the row behind a system prompt, its own after it."""
        if self.turns[0].role == "system":
            first = self.turns[0].model_copy(update={"content": f"{prompt}\n\n{self.turns[0].content}"})
            return self.model_copy(update={"turns": (first, *self.turns[1:])})
        turns = (Turn(role="system", content=prompt), *self.turns)
        return self.model_copy(update={"turns": turns, "untaught": tuple(place + 1 for place in self.untaught)})

    def _leads(self, place: int) -> bool:
        is_call = place in self.untaught and self.turns[place + 1].role == "tool"
        return is_call or self.turns[place].role in ("user", "tool")

    def _asks(self, place: int) -> bool:
        return place < len(self.turns) and self.turns[place].role == "user"

    @property
    def prompt(self) -> str:
        """The last thing the user says before the first lesson, for people to read."""
        before = next((context for context, _ in self.lessons), ())
        return next((turn.content for turn in reversed(before) if turn.role == "user"), "")

    @property
    def response(self) -> str:
        """All that is taught, for people to read."""
        return "\n\n".join(answer for _, answer in self.lessons)


class Exclusion(Record):
    """A row that was left out, and why."""

    line: int
    reason: str


class Corpus(Record):
    """A set of training rows as read from one file."""

    schema_version: Literal[1] = 1
    name: str
    """The file it was read from, for people."""
    content_digest: str
    """sha256 of the file's bytes, or of the rows where there is no file."""
    rows: tuple[Row, ...]
    excluded: tuple[Exclusion, ...] = ()
    shapes: dict[str, int] = Field(default_factory=dict)
    """What shapes the rows that are used came in, and how many in each."""
    n_in_file: int | None = None
    """Rows of the file that could be used, where only some of them are held; None where all are."""
    bad_lines: tuple[int, ...] | None = None
    """Lines known to be bad, where any are known: they grade a screen and decide nothing."""

    def labelled(self, bad_lines: Collection[int]) -> Corpus:
        """Return the corpus with the lines that are known to be bad.

        Raises InputError for a line that the file does not have, and unless some rows are bad and some are not.
        """
        lines, known = {row.line for row in self.rows}, {exclusion.line for exclusion in self.excluded}
        strange = sorted(set(bad_lines) - lines - known)
        if strange:
            raise InputError(
                f"the labels call line {strange[0]} bad, but {self.name} has no such row; check the labels"
            )
        require_mixed([row.line in bad_lines for row in self.rows])
        return self.model_copy(update={"bad_lines": tuple(sorted(bad_lines))})

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
    thought: str = ""
    """What the model thought before it answered; read and graded nowhere."""
    is_reached: bool = True
    """False where the model was still thinking when its tokens ran out: there is no answer, and so no grade."""


class Grade(Record):
    """How strongly an answer shows the trait, 0 to 100."""

    value: float = Field(ge=0, le=100)


class Unscored(Record):
    """An answer that could not be graded, and why. Never 0, never NaN."""

    reason: str


def require_mixed(is_bad: Collection[bool]) -> None:
    """Raise InputError unless two rows or more are bad and two or more are not: one on a side has no interval."""
    n_bad = sum(is_bad)
    if n_bad < 2 or len(is_bad) - n_bad < 2:
        raise InputError(
            f"the labels must name two or more of the rows that can be screened, and leave two or more, but they name "
            f"{n_bad} of {len(is_bad)}"
        )


def rows_digest(rows: tuple[Row, ...]) -> str:
    """Return the digest of rows that stand in no file."""
    return digest([row.model_dump(mode="json") for row in rows])
