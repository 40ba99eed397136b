"""What takes a trait out of rows: rows dropped, tokens masked or replaced, rows that the base wrote mixed in.

In: what one teacher's student would be taught. Out: the same, treated; as many rows as there are, or nine tenths. What
teachers differ on is read off both of them, row by row and token by token, before any student is trained. Does not:
train, or say what is left of an effect.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from heredity.ground.errors import NothingKeptError
from heredity.ground.hashing import seed_from
from heredity.models.generate import GenerateSpec, end_ids
from heredity.models.likelihood import log_p_said
from heredity.models.model import Model
from heredity.records.base import Record
from heredity.records.carrier import Carrier, CarrierRow
from heredity.records.transmission import Remedy
from heredity.stats.arrays import Floats
from heredity.studies.transmission.lab import Lab
from heredity.studies.transmission.lessons import carriers, dealt, lessons_of, split, written_by
from heredity.studies.transmission.plan import BASE
from heredity.studies.transmission.signal import AT_ONCE, log_p
from heredity.studies.transmission.teachers import teacher_of
from heredity.teaching.carriers.kinds import identity_of
from heredity.teaching.teach import decoded_among, how_to_answer
from heredity.training.imitate import Lesson

Treated = Sequence[Lesson | None]
"""The rows one by one; None: left out."""
Answers = dict[tuple[str, str], list[CarrierRow]]
"""By prompt and by what an answer begins with."""
SHARE = 0.1
"""Of the rows, or of the tokens, that a remedy takes."""


class TokenGaps(Record):
    """What two teachers make of the tokens that one of them wrote."""

    gaps: tuple[tuple[float, ...], ...]
    """log p_writer(token) - log p_other(token), row by row (nats)."""


class TokenDraws(Record):
    """What the base would have written in the place of each token."""

    draws: tuple[tuple[int, ...], ...]
    """Ids, row by row, each given what stands before it."""


@dataclass(frozen=True)
class Rows:
    """What one teacher's student would be taught."""

    lab: Lab
    name: str
    """The teacher."""
    seed: str
    student: Model
    rows: Sequence[CarrierRow]

    @cached_property
    def lessons(self) -> list[Lesson]:
        """The rows as the student reads them."""
        return lessons_of(self.lab, self.name, self.student, self.rows)

    @property
    def depends_on(self) -> dict[str, object]:
        """What a kept step that reads them depends on."""
        return {**_written(self.lab), "teacher": self.name, "seed": self.seed}

    @cached_property
    def gaps(self) -> list[Floats]:
        """Log p_writer - log p_other of every token, `[tokens]` a row (nats)."""
        kept = self.lab.kept("token-gaps", self.depends_on, TokenGaps, lambda: gaps_of(self))
        return [np.array(row) for row in kept.gaps]

    @cached_property
    def draws(self) -> tuple[tuple[int, ...], ...]:
        """What the base draws in the place of each token: ids, row by row."""
        return self.lab.kept("token-draws", self.depends_on, TokenDraws, lambda: draws_of(self)).draws

    @cached_property
    def by_base(self) -> list[Lesson | None]:
        """What the base answers to the same prompts, row for row; None for a prompt that it lost to the filter.

        It has answers of its own for either teacher's students; a prompt counts that has some for both.
        """
        own, other = base_answers(self.lab, self.name, self.seed)
        n_taken: Counter[tuple[str, str]] = Counter()
        taken: list[CarrierRow | None] = []
        for row in self.rows:
            asked = (row.prompt, row.given)
            answers = own[asked] if asked in own and asked in other else []
            taken.append(answers[n_taken[asked] % len(answers)] if answers else None)
            n_taken[asked] += 1
        found = iter(lessons_of(self.lab, self.name, self.student, [row for row in taken if row]))
        return [next(found) if row else None for row in taken]


def remedied_batches(lab: Lab, name: str, seed: str, remedy: Remedy, student: Model) -> Iterator[Sequence[Lesson]]:
    """Yield the batches of treated rows, without end: in the study's own order, those that are left out passed over.

    Raises NothingKeptError where nothing is left.
    """
    rows, _ = split(lab, carriers(lab, seed)[name], seed)
    whole = Rows(lab, name, seed, student, [row for row in rows if row.text])
    left = {id(own): treated for own, treated in zip(whole.lessons, REMEDIES[remedy](whole), strict=True) if treated}
    if not left:
        raise NothingKeptError(f"the remedy '{remedy}' leaves no row of '{name}'; ask for more prompts")
    n = lab.spec.student.batch_rows
    one_by_one = (lesson for batch in dealt(whole.lessons, n, f"{lab.seed}/{seed}") for lesson in batch)
    treated = (left[id(lesson)] for lesson in one_by_one if id(lesson) in left)
    while True:
        yield [next(treated) for _ in range(n)]


def without(rows: Rows, weights: Floats) -> Treated:
    """Return the rows without the tenth that weighs most."""
    taken = set(heaviest(weights).tolist())
    return [None if i in taken else lesson for i, lesson in enumerate(rows.lessons)]


def differing(rows: Rows) -> Floats:
    """Return how far the teachers differ on each row as a whole, either way, `[rows]` (nats)."""
    return np.array([abs(float(gap.sum())) for gap in rows.gaps])


def by_luck(rows: Rows) -> Floats:
    """Return weights that are luck alone, the same for both teachers, `[rows]`."""
    return np.random.default_rng(seed_from(rows.lab.seed, rows.seed, "dropped at random")).random(len(rows.lessons))


def masked(rows: Rows, gaps: Sequence[Floats]) -> Treated:
    """Return the rows with the tenth of all tokens that weighs most read, but not learned."""
    return [
        replace(lesson, is_taught=tuple(not one for one in chosen))
        for lesson, chosen in zip(rows.lessons, among(gaps), strict=True)
    ]


def replaced(rows: Rows) -> Treated:
    """Return the rows with the base's draws for the tenth of all tokens on which the teachers differ most."""
    return [
        replace(lesson, row=replace(lesson.row, ids=_with_draws(lesson, chosen, draws)))
        for lesson, chosen, draws in zip(rows.lessons, among(_either_way(rows)), rows.draws, strict=True)
    ]


def mixed(rows: Rows, each: int) -> Treated:
    """Return the rows with all but each n-th written by the base, where it has an answer; 0 keeps none of their own."""
    found: list[Lesson | None] = []
    number = 0
    for own, other in zip(rows.lessons, rows.by_base, strict=True):
        is_own = bool(each) and number % (each or 1) == 0
        found.append(own if other and is_own else other)
        number += other is not None
    return found


REMEDIES: dict[Remedy, Callable[[Rows], Treated]] = {
    "rows-dropped": lambda rows: without(rows, differing(rows)),
    "random-rows-dropped": lambda rows: without(rows, by_luck(rows)),
    "tokens-masked": lambda rows: masked(rows, _either_way(rows)),
    "own-tokens-masked": lambda rows: masked(rows, rows.gaps),
    "tokens-replaced": replaced,
    "base-rows": lambda rows: mixed(rows, 0),
    "mixed-1-1": lambda rows: mixed(rows, 2),
    "mixed-1-9": lambda rows: mixed(rows, 10),
}


def heaviest(weights: Floats) -> NDArray[np.int64]:
    """Return the places of the tenth that weighs most; the earlier of two that weigh alike."""
    return np.argsort(-weights, kind="stable")[: round(SHARE * len(weights))]


def among(weights: Sequence[Floats]) -> list[NDArray[np.bool_]]:
    """Return, row by row, which tokens are of the tenth of all that weighs most."""
    chosen = np.zeros(sum(map(len, weights)), dtype=bool)
    chosen[heaviest(np.concatenate(list(weights)))] = True
    return np.split(chosen, np.cumsum([len(row) for row in weights])[:-1])


def gaps_of(rows: Rows) -> TokenGaps:
    """Return what the two teachers make of every token that one of them wrote."""
    first, second = rows.lab.names[:2]
    other = second if rows.name == first else first
    gaps = [
        tuple(map(float, own - its))
        for part, counted in parts_of(rows, f"what {rows.name} and {other} make of {rows.name}'s tokens")
        for own, its in zip(*(said_by(rows, name, part, counted) for name in (rows.name, other)), strict=True)
    ]
    return TokenGaps(gaps=tuple(gaps))


def said_by(rows: Rows, name: str, part: Sequence[CarrierRow], counted: Sequence[int]) -> list[NDArray[np.float32]]:
    """Return what one teacher gives each token of some rows, `[tokens]` a row (log p)."""
    read = [lesson.row for lesson in lessons_of(rows.lab, rows.name, rows.lab.model, part)]
    return log_p_said(log_p(rows.lab, name, part, counted), read, counted)


def draws_of(rows: Rows) -> TokenDraws:
    """Return what the base would have drawn in the place of every token."""
    lab = rows.lab
    chance = np.random.default_rng(seed_from(lab.seed, rows.seed, rows.name, "draws"))
    how = how_to_answer(lab.spec.carrier)
    found: list[tuple[int, ...]] = []
    for part, counted in parts_of(rows, "what the base would have written there"):
        ends = [] if counted else end_ids(lab.model)
        for table in log_p(lab, BASE, part, counted):
            places = drawn(table, how, ends, chance)
            found.append(tuple(counted[i] if counted else int(i) for i in places))
    return TokenDraws(draws=tuple(found))


def parts_of(rows: Rows, said: str) -> Iterator[tuple[Sequence[CarrierRow], list[int]]]:
    """Yield the rows a few at a time, with the ids that count, rising; none for all."""
    counted = sorted(decoded_among(rows.lab.model, rows.lab.spec.carrier))
    with rows.lab.progress.task(said, len(rows.rows)) as task:
        for start in range(0, len(rows.rows), AT_ONCE):
            part = rows.rows[start : start + AT_ONCE]
            yield part, counted
            task.advance(len(part))


def drawn(
    log_p: NDArray[np.float32], how: GenerateSpec, ends: Sequence[int], chance: np.random.Generator
) -> NDArray[np.int64]:
    """Return one place a token, `[tokens]` from `[tokens, ids]`, drawn as answers are; never what ends one."""
    log_p = log_p.astype(np.float64)
    log_p[:, list(ends)] = -np.inf
    if how.top_k and how.top_k < log_p.shape[1]:
        least = np.partition(log_p, -how.top_k, axis=1)[:, -how.top_k]
        log_p[log_p < least[:, None]] = -np.inf
    luck = chance.gumbel(size=log_p.shape) * how.temperature
    return np.asarray((log_p + luck).argmax(axis=1))


def base_answers(lab: Lab, name: str, seed: str) -> tuple[Answers, Answers]:
    """Return what the base answers to a study's prompts: for one teacher's students, and for the other's."""
    twice = lab.spec.carrier.model_copy(update={"n_answers": 2 * lab.spec.carrier.n_each})
    written = lab.kept(
        "base-rows",
        {**_written(lab), "seed": seed},
        Carrier,
        lambda: written_by(lab, teacher_of(lab, BASE), BASE, seed, twice),
    )
    halves: list[Answers] = []
    for start in range(2):
        half = defaultdict(list)
        for row in written.rows[start::2]:
            if row is not None:
                half[row.prompt, row.given].append(row)
        halves.append(dict(half))
    first = lab.names.index(name) % 2
    return halves[first], halves[1 - first]


def _written(lab: Lab) -> dict[str, object]:
    return {"carrier": identity_of(lab.spec.carrier), "arms": list(lab.names)}


def _either_way(rows: Rows) -> list[Floats]:
    return [np.abs(gap) for gap in rows.gaps]


def _with_draws(lesson: Lesson, chosen: NDArray[np.bool_], draws: Sequence[int]) -> tuple[int, ...]:
    row = lesson.row
    response = zip(row.ids[row.n_prompt :], chosen, draws, strict=True)
    return (*row.ids[: row.n_prompt], *(draw if is_chosen else token for token, is_chosen, draw in response))
