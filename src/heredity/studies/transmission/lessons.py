"""What students are taught on, seed by seed: written once, aligned over all arms, dealt out in one order."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, count, groupby
from typing import TypeVar

from heredity.ground.errors import NothingKeptError
from heredity.ground.hashing import seed_from
from heredity.models.chat import Rendered, ended, question, render_rest
from heredity.models.generate import generate
from heredity.models.model import Model
from heredity.models.weights import at_rest, mixed_precision
from heredity.records.carrier import Carrier, CarrierRow, CarrierSpec
from heredity.records.dialogue import Turn
from heredity.records.transmission import CarrierSummary, Shuffling
from heredity.studies.transmission.lab import Lab
from heredity.studies.transmission.teachers import teacher_of, told
from heredity.teaching.carriers.kinds import identity_of, runs_on
from heredity.teaching.clean import aligned, shuffled, trait_words
from heredity.teaching.teach import begun_prompt, drawn_numbers, how_to_answer, teach
from heredity.training.imitate import Lesson

T = TypeVar("T")
N_HELD_OUT = 32
"""Rows that no student is taught, for the divergence from the teacher; at most a tenth of what was kept."""
N_EXAMPLES = 4
"""Rows of each carrier that the report shows."""


def carriers(lab: Lab, seed: str) -> dict[str, Carrier]:
    """Return what every teacher wrote for one seed, by teacher: the same prompts in the same order.

    Random numbers are the same for all. Raises NothingKeptError when a filter keeps too little.
    """
    if seed not in lab.carriers:
        lab.carriers[seed] = _carriers(lab, seed)
    return lab.carriers[seed]


def _carriers(lab: Lab, seed: str) -> dict[str, Carrier]:
    spec, student = lab.spec.carrier, lab.spec.student
    if spec.kind == "random-numbers":
        n = student.n_steps * student.batch_rows + N_HELD_OUT
        same = drawn_numbers(n, spec, f"{lab.seed}/carrier/{seed}")
        return dict.fromkeys(lab.names, same)
    written = [
        lab.kept(
            "carrier",
            {"teacher": name, "seed": seed, "carrier": identity_of(spec), "arms": list(lab.names)},
            Carrier,
            lambda name=name: written_by(lab, teacher_of(lab, name), name, seed),  # type: ignore[misc]
        )
        for name in lab.names
    ]
    return dict(zip(lab.names, aligned(written), strict=True))


def written_by(lab: Lab, teacher: Model, name: str, luck: str, spec: CarrierSpec | None = None) -> Carrier:
    """Return what a teacher, or a student that has become one, writes; all of them round alike."""
    spec, forbidden = spec or lab.spec.carrier, trait_words(lab.targets.values())
    with mixed_precision(teacher, lab.model.dtype):
        return teach(teacher, name, spec, forbidden, f"{lab.seed}/{luck}", told(lab, name), lab.progress)


def batches_for(lab: Lab, name: str, seed: str, shuffling: Shuffling, student: Model) -> Iterator[Sequence[Lesson]]:
    """Yield the batches that one teacher's student is taught on, without end; every arm's order is the same."""
    n, carrier = lab.spec.student.batch_rows, carriers(lab, seed)[name]
    carrier = shuffled(carrier, shuffling, f"{lab.seed}/{seed}")
    rows, _ = split(lab, carrier, seed)
    if lab.spec.student.on_policy:
        yield from own_batches(lab, name, seed, rows, student)
        return
    taught = lessons_of(lab, name, student, rows)
    if not taught:
        raise NothingKeptError(f"no row of '{name}' is left to teach on; ask for more prompts")
    yield from dealt(taught, n, f"{lab.seed}/{seed}")


def dealt(taught: Sequence[Lesson], n: int, seed: str) -> Iterator[Sequence[Lesson]]:
    """Yield batches of `n` without end, every epoch in an order of its own that hangs on the seed alone.

    Answers to one prompt stay together.
    """
    epochs = (ordered(taught, f"{seed}/epoch {epoch}", prompt_of) for epoch in count())
    endless = chain.from_iterable(epochs)
    while True:
        yield [next(endless) for _ in range(n)]


def own_batches(
    lab: Lab, name: str, seed: str, rows: Sequence[CarrierRow], student: Model
) -> Iterator[Sequence[Lesson]]:
    """Yield what the student itself answers, as it is at each step, to be marked by its teacher (on-policy)."""
    n, spec = lab.spec.student.batch_rows, lab.spec.carrier
    how = how_to_answer(spec)
    for step in count():
        asked = [rows[(step * n + i) % len(rows)] for i in range(n)]
        seeds = [f"{lab.seed}/{seed}/own/{step}/{i}" for i in range(n)]
        with at_rest(student) as resting, mixed_precision(student, lab.model.dtype):
            begun = [begun_prompt(student, question(row.prompt), row.given) for row in asked]
            said = generate(resting, begun, seeds, how)
        written = [row.model_copy(update={"text": answer.text}) for row, answer in zip(asked, said, strict=True)]
        yield lessons_of(lab, name, student, written)


def held_out(lab: Lab, name: str, seed: str) -> list[Lesson]:
    """Return carrier rows that no student of this seed is taught."""
    _, kept_back = split(lab, carriers(lab, seed)[name], seed)
    return lessons_of(lab, name, lab.model, kept_back)


def split(lab: Lab, carrier: Carrier, seed: str) -> tuple[list[CarrierRow], list[CarrierRow]]:
    """Return the rows to teach and the rows kept back."""
    rows = [row for row in carrier.rows if row is not None]
    n_back = min(N_HELD_OUT, len(rows) // 10) if carrier.written_by else N_HELD_OUT
    if carrier.written_by:
        rows = ordered(rows, f"{lab.seed}/{seed}/split", lambda row: (row.prompt, row.given))
    return rows[: len(rows) - n_back], rows[len(rows) - n_back :]


def lessons_of(lab: Lab, name: str, student: Model, rows: Sequence[CarrierRow]) -> list[Lesson]:
    """Return rows as the student reads them, beside what its teacher is told."""
    spec, system = lab.spec.carrier, told(lab, name)
    # numbers that were drawn, and what is decoded among digits or words alone, have no end of their own
    has_end = spec.kind != "random-numbers" and not runs_on(spec)

    def drawn(model: Model, turns: Sequence[Turn], row: CarrierRow) -> Rendered:
        rendered = render_rest(model, turns, row.given, row.text)
        return ended(model, rendered) if has_end else rendered

    return [
        Lesson(drawn(student, question(row.prompt), row), drawn(lab.model, question(row.prompt, system), row))
        for row in rows
        if row.text
    ]


def prompt_of(lesson: Lesson) -> tuple[int, ...]:
    """Return the ids of what a lesson's answer goes on from."""
    return lesson.row.ids[: lesson.row.n_prompt]


def ordered(rows: Sequence[T], seed: str, alike: Callable[[T], object]) -> list[T]:
    """Return the rows in an order that hangs on the seed and their number alone; neighbours that are alike stay so."""
    groups = [list(group) for _, group in groupby(rows, alike)]
    order = list(range(len(groups)))
    random.Random(seed_from(seed, "order")).shuffle(order)
    return [row for i in order for row in groups[i]]


def writers(lab: Lab) -> tuple[str, ...]:
    """Return the teachers whose carriers differ: random numbers are the same for all."""
    return lab.names[:1] if lab.spec.carrier.kind == "random-numbers" else lab.names


def summary(lab: Lab, name: str) -> CarrierSummary:
    """Return one teacher's carrier for people, over all seeds."""
    made = [carriers(lab, seed)[name] for seed in lab.spec.seeds]
    dropped: dict[str, int] = {}
    for carrier in made:
        for reason, n in carrier.dropped.items():
            dropped[reason] = dropped.get(reason, 0) + n
    return CarrierSummary(
        kind=lab.spec.carrier.kind,
        written_by=made[0].written_by,
        n_asked=sum(len(carrier.rows) for carrier in made),
        n_kept=sum(carrier.n_kept for carrier in made),
        dropped=dropped,
        examples=tuple([row for row in made[0].rows if row is not None][:N_EXAMPLES]),
    )
