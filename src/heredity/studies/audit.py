"""The audit: will this data give my model this trait, which rows, and can I fine-tune on it safely?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from heredity.ground.files import require_writable
from heredity.ground.progress import SILENCE, Progress
from heredity.models.model import Model
from heredity.records.audit import Arm, AuditReport, AuditSpec, Run
from heredity.records.defending import agreeing_defences
from heredity.records.dialogue import Corpus
from heredity.records.evaluation import Yardstick, compared
from heredity.records.screening import ScreenReport
from heredity.records.trait import Trait
from heredity.records.vector import TraitVector
from heredity.screening.reference import require_screenable
from heredity.screening.scores.table import score_named
from heredity.studies.arms import Plan, compare_arms, levels_of, plan_arms, removed_by
from heredity.studies.stages import (
    Desk,
    Known,
    desk_in,
    evaluation_stage,
    screen_stage,
    student_stage,
    vector_stage,
    yardstick_stage,
)
from heredity.studies.verdict import findings_of, headline_of, verdict_of
from heredity.training.batches import examples_of


def audit(
    corpus: Corpus,
    trait: Trait,
    model: Model,
    out: Path | str,
    spec: AuditSpec | None = None,
    known: Known | None = None,
    progress: Progress = SILENCE,
) -> AuditReport:
    """Return the audit of a corpus; results of its steps are kept in `out/stages`.

    Run again, only what changed runs. Raises what its steps raise.
    """
    known = known or Known()
    spec = spec or AuditSpec()
    require_auditable(corpus, trait, model, spec, known)
    out = require_writable(Path(out))
    bench = desk_in(out, model, spec, progress, known.judge)
    vector = known.vector or vector_stage(bench, trait)
    screened = screen_stage(bench, corpus, vector, known)
    yardstick = yardstick_stage(bench, vector)
    base, plain, *others = plan_arms(spec.every_arm, corpus, screened.scores, vector, spec.seed)
    arms = [run_arm(bench, plan, trait, yardstick) for plan in (base, plain)]
    n_steps = arms[1].student.n_steps if arms[1].student else None
    # who is pushed when asked is the plain student, and is found as that was kept
    held = (plan if plan.afterwards else plan.with_steps(n_steps) for plan in others)
    arms += [run_arm(bench, plan, trait, yardstick) for plan in held]
    n_rows = len(corpus.rows) + len(corpus.excluded)
    return conclude(bench, (vector, screened.report, n_rows), arms)


def require_auditable(corpus: Corpus, trait: Trait, model: Model, spec: AuditSpec, known: Known) -> None:
    """Raise, before any step, what a later one would for names, rows, labels or references that cannot serve."""
    if known.vector is not None:
        known.vector.require_model(model.name, model.fingerprint)
    for arm in spec.every_arm:
        agreeing_defences(arm.defence, [trait.name] if arm.defence else [])
    if spec.screen.score:
        score_named(spec.screen.score)
    if known.bad_lines is not None:
        corpus.labelled(known.bad_lines)
    require_screenable(corpus, known.reference, model, spec.screen)
    examples_of(model, corpus, spec.train.max_tokens)


def run_arm(bench: Desk, plan: Plan, trait: Trait, yardstick: Yardstick) -> Arm:
    """Return one arm, trained and evaluated once a seed; the base arm goes through the same evaluation."""
    runs = []
    for seed in bench.spec.seeds:
        student = student_stage(bench, plan, seed)
        evaluation = evaluation_stage(bench, plan, (seed, student), trait, yardstick)
        runs.append(Run(seed=seed, student=student, evaluation=evaluation))
    lost = {line for left_out in runs[0].student.left_out for line in left_out.lines} if runs[0].student else set()
    n_rows = len(plan.corpus.rows) if plan.corpus else 0
    return Arm(
        spec=plan.spec,
        n_rows=n_rows,
        n_trained=n_rows - len(lost),
        runs=tuple(runs),
        levels=levels_of(runs, bench.seed),
    )


def conclude(bench: Desk, found: tuple[TraitVector, ScreenReport, int], arms: Sequence[Arm]) -> AuditReport:
    """Return the report of what was found (vector, screen, rows of the corpus) and of the arms, with its words."""
    vector, screened, n_rows = found
    comparisons = compare_arms(arms, bench.seed)
    rise = compared(comparisons, "expression", "plain", "base")
    removed = {arm.name: share for arm in arms[2:] if (share := removed_by(arm.name, arms, rise)) is not None}
    report = AuditReport(
        verdict="",
        findings=(),
        vector=vector.header,
        screen=screened,
        n_rows=n_rows,
        arms=tuple(arms),
        comparisons=comparisons,
        share_removed=removed.get("defended"),
        removed=removed,
        judge=bench.judge.title if bench.judge else None,
        spec=bench.spec,
        seed=bench.seed,
        provenance=bench.provenance(),
    )
    words = {
        "headline": headline_of(report),
        "verdict": verdict_of(report),
        "findings": (*findings_of(report), *report.screen.notices),
    }
    return report.model_copy(update=words)
