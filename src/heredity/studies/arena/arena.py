"""The verb: which defence keeps the trait out of a student, and at what cost?"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from heredity.evaluation.side_effects import Beside, side_effects
from heredity.ground.errors import InputError
from heredity.ground.files import require_writable
from heredity.ground.hashing import digest, seed_from
from heredity.ground.progress import SILENCE, Progress
from heredity.models.model import Model
from heredity.models.notices import notices
from heredity.records.arena import ArenaReport, ArenaSpec, Contest, SideEffects, Taught
from heredity.records.audit import Arm, ArmSpec, AuditSpec
from heredity.records.dialogue import Corpus, Row
from heredity.records.evaluation import Yardstick
from heredity.records.row_scores import RowScores
from heredity.records.student import Student
from heredity.records.trait import Trait
from heredity.records.vector import TraitVector
from heredity.screening.reference import require_screenable
from heredity.studies.arena.contenders import entrants
from heredity.studies.arena.standings import Fought, concluded
from heredity.studies.arms import Plan, plan_arms
from heredity.studies.audit import run_arm
from heredity.studies.stages import Desk, Known, desk_in, identity_of, screen_stage, subject_of, yardstick_stage
from heredity.training.batches import examples_of

FEWEST_HELD_OUT = 8
"""Rows on which a task can be measured."""


@dataclass(frozen=True)
class Met:
    """What every arm of one contest is measured by."""

    trait: Trait
    yardstick: Yardstick
    beside: Beside


def arena(
    corpora: Sequence[Corpus],
    vectors: Sequence[TraitVector],
    model: Model,
    out: Path | str,
    spec: ArenaSpec | None = None,
    seed: str = "0",
    progress: Progress = SILENCE,
) -> ArenaReport:
    """Return how every defence does on each set of rows; every student and measurement is kept in `out/stages`.

    The first vector is that of the trait that is kept out; along the others every student is read as well. A corpus
    without the trait among them shows what a defence does where there is nothing to defend against. Raises, before
    anybody is trained, what names, rows or vectors that cannot serve raise.
    """
    spec = spec or ArenaSpec()
    arms = entrants(spec)
    require_apart(corpora)
    for corpus in corpora:
        require_screenable(corpus, None, model, spec.screen)
        examples_of(model, corpus, spec.train.max_tokens)
    for vector in vectors:
        vector.require_model(model.name, model.fingerprint)
    desk = desk_in(require_writable(Path(out)), model, audit_spec(spec, seed), progress)
    contests = tuple(contest(desk, corpus, tuple(vectors), arms, spec) for corpus in corpora)
    return ArenaReport(
        model=model.name,
        fingerprint=model.fingerprint,
        contests=contests,
        spec=spec,
        seed=seed,
        notices=(*notices(model), *vectors[0].notices),
        provenance=desk.provenance(),
    )


def require_apart(corpora: Sequence[Corpus]) -> None:
    """Raise InputError for no rows, or the same twice."""
    names = [corpus.content_digest for corpus in corpora]
    if not names:
        raise InputError("there are no rows to meet on; name a file")
    if len(set(names)) < len(names):
        raise InputError("two of the files hold the same rows; each is a contest of its own")


def audit_spec(spec: ArenaSpec, seed: str) -> AuditSpec:
    """Return what the steps of an audit, which an arena shares, are asked for."""
    return AuditSpec(screen=spec.screen, train=spec.train, evaluation=spec.evaluation, n_seeds=spec.n_seeds, seed=seed)


def contest(
    desk: Desk, corpus: Corpus, vectors: tuple[TraitVector, ...], arms: Sequence[ArmSpec], spec: ArenaSpec
) -> Contest:
    """Return one set of rows, every arm trained and measured."""
    vector = vectors[0]
    trait = vector.header.trait
    screened = screen_stage(desk, corpus, vector, Known())
    held_out = drawn(corpus, screened.scores, spec, desk.seed)
    rest = corpus.subset({row.line for row in corpus.rows} - {row.line for row in held_out.rows})
    yardstick = yardstick_stage(desk, vector)
    cues = tuple(row.apart.lessons[0][0] for row in highest(rest, screened.scores, spec.n_cued))
    met = Met(trait, yardstick, Beside(trait, yardstick, held_out.rows, cues, vectors, spec.evaluation))
    base, plain, *others = plan_arms(arms, rest, screened.scores, vector, desk.seed)
    fought = [meet(desk, plan, met) for plan in (base, plain)]
    student = fought[1][0].student
    n_steps = student.n_steps if student else None
    fought += [meet(desk, plan if plan.afterwards else plan.with_steps(n_steps), met) for plan in others]
    found = Fought(tuple(arm for arm, _ in fought), {arm.name: beside for arm, beside in fought})
    taught = Taught(
        corpus=corpus.name,
        corpus_digest=corpus.content_digest,
        n_rows=len(rest.rows),
        n_flagged=screened.report.n_flagged,
        n_held_out=len(held_out.rows),
        n_steps=n_steps or 0,
        trait=trait.name,
        title=trait.title,
        vector_id=vector.header.id,
    )
    return concluded(taught, found, desk.seed)


def drawn(corpus: Corpus, scores: RowScores, spec: ArenaSpec, seed: str) -> Corpus:
    """Return rows that nobody is trained on, drawn from those that the screen keeps.

    Raises InputError where too few are kept to hold any out.
    """
    kept = sorted(scores.kept_lines)
    n = min(spec.n_held_out, len(kept) // 5)
    if n < FEWEST_HELD_OUT:
        raise InputError(
            f"the screen keeps {len(kept)} of {len(corpus.rows)} rows of {corpus.name}: too few to hold "
            f"{FEWEST_HELD_OUT} of them out and train on the rest; it takes {5 * FEWEST_HELD_OUT}"
        )
    return corpus.subset(set(random.Random(seed_from(seed, "held out")).sample(kept, n)))


def highest(corpus: Corpus, scores: RowScores, n: int) -> list[Row]:
    """Return the rows of the corpus that lie highest over their threshold, highest first."""
    rows = {row.line: row for row in corpus.rows}
    order = sorted(range(len(scores)), key=lambda place: (-scores.over[place], scores.lines[place]))
    lines = [int(scores.lines[place]) for place in order]
    return [rows[line] for line in lines if line in rows][:n]


def meet(desk: Desk, plan: Plan, met: Met) -> tuple[Arm, tuple[SideEffects, ...]]:
    """Return one arm, trained and measured once a seed, and what its runs do besides."""
    arm = run_arm(desk, plan, met.trait, met.yardstick)
    return arm, tuple(beside_stage(desk, plan, (run.seed, run.student), met) for run in arm.runs)


def beside_stage(desk: Desk, plan: Plan, run: tuple[str, Student | None], met: Met) -> SideEffects:
    """Return what one run does besides, made or found; the base goes the same way."""
    seed, student = run

    def make() -> SideEffects:
        return side_effects(subject_of(desk, plan, student), desk.model, met.beside, seed, desk.progress)

    asked = met.beside
    depends_on = {
        "trait": met.trait.id,
        "yardstick": met.yardstick.id,
        "held out": digest([row.id for row in asked.held_out]),
        "cues": digest([[turn.id for turn in turns] for turns in asked.cues]),
        "vectors": [vector.header.id for vector in asked.vectors],
        "answers": [asked.spec.n_tokens, asked.spec.temperature],
        "seed": seed,
        **identity_of(desk, plan, student),
    }
    return desk.record("besides", depends_on, SideEffects, make, f"what else it does, {plan.spec.name}")
