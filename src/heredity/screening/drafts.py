"""Rows that a model answers anew, one lesson after the other.

In: rows and the model. Out: the same rows with its own answers in the place of what they teach, as far as it has any.
Does not: say what these are for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from heredity.ground.errors import InputError
from heredity.ground.progress import Progress
from heredity.models.chat import render_prompt
from heredity.models.generate import Generated, GenerateSpec, generate
from heredity.models.model import Model
from heredity.records.dialogue import Row, Turn


def answer_next(
    drafts: Sequence[Draft], model: Model, how: GenerateSpec, label: str, progress: Progress
) -> list[tuple[Draft, Generated]]:
    """Return what the model says to the next lesson of every draft that has one; none where all are done."""
    asked = [(draft, ids) for draft in drafts if (ids := draft.next_prompt(model, how.n_tokens))]
    if not asked:
        return []
    made = generate(model, [ids for _, ids in asked], [draft.luck for draft, _ in asked], how, label, progress)
    return [(draft, answer) for (draft, _), answer in zip(asked, made, strict=True)]


@dataclass
class Draft:
    """A row that is being answered anew, one lesson after the other."""

    row: Row
    seed: str
    turns: list[Turn] = field(default_factory=list)
    n_answered: int = 0
    is_closed: bool = False

    @property
    def luck(self) -> str:
        """What the next answer is drawn from."""
        return f"{self.seed}/{self.row.line}/{self.n_answered}"

    @property
    def written(self) -> Row:
        """The row up to its last new answer."""
        untaught = tuple(place for place in self.row.untaught if place < len(self.turns))
        return Row(line=self.row.line, turns=tuple(self.turns), untaught=untaught)

    @property
    def places(self) -> list[int]:
        """Where the lessons stand among the turns."""
        return [len(before) for before, _ in self.row.lessons]

    def next_prompt(self, model: Model, n_tokens: int) -> tuple[int, ...]:
        """Return the ids before the next lesson; none where there is no more, or no room for an answer."""
        if self.is_closed or self.n_answered >= len(self.places):
            return ()
        before = (*self.turns, *self.row.turns[len(self.turns) : self.places[self.n_answered]])
        try:
            ids = render_prompt(model, before)
        except InputError:
            return ()
        return ids if len(ids) + n_tokens <= model.context_length else ()

    def answer(self, text: str) -> None:
        """Take the answer to the next lesson; an empty one ends the row before it."""
        if not text:
            self.is_closed = True
            return
        place = self.places[self.n_answered]
        self.turns += [*self.row.turns[len(self.turns) : place], Turn(role="assistant", content=text)]
        self.n_answered += 1
