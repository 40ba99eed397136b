"""One defended against one plain fine-tune on the package's corpus, asked enough for an interval.

In: what lies in the package, a model. Out: two students, as many steps on the same rows, one of them pushed along the
trait's vector while it learns; both asked the same questions with the same luck. Does not: ask the untouched model
again, whose answers the package's audit has.
"""

from __future__ import annotations

from pathlib import Path

from heredity.evaluation.ask import ask
from heredity.evaluation.grade import by_question, grades_of
from heredity.ground.errors import MismatchError
from heredity.ground.hashing import seed_from
from heredity.ground.progress import SILENCE, Progress
from heredity.models.adapt import adapted
from heredity.models.model import Model
from heredity.models.notices import notices
from heredity.records.audit import DEFENDED, PLAIN, AuditSpec
from heredity.records.defence import DefenceReport, DefenceSpec, Graded
from heredity.records.evaluation import Scores
from heredity.records.student import Student, TrainSpec
from heredity.stats.compare import paired_difference
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import cluster_mean
from heredity.studies.arms import Plan
from heredity.studies.demo.shipped import Shipped
from heredity.studies.stages import Desk, desk_in, student_stage

DEFENCE = DefenceSpec(train=TrainSpec(learning_rate=2e-3, n_steps=21, rows_at_once=4, prevent_strength=1.0))
"""One pass over the rows, hotter than the audit's two, and a push twice as strong: enough for one pair to tell.

Four rows at once, for the memory."""


def one_defended(
    shipped: Shipped,
    model: Model,
    out: Path,
    spec: DefenceSpec = DEFENCE,
    seed: str = "0",
    progress: Progress = SILENCE,
) -> DefenceReport:
    """Return a plain and a defended student beside the untouched model. Raises MismatchError for another model."""
    shipped.require_model(model)
    require_asked_alike(shipped, spec)
    desk = desk_in(out, model, AuditSpec(train=spec.train, evaluation=spec.evaluation, seed=seed), progress)
    plans = (Plan(PLAIN, shipped.corpus), Plan(DEFENDED, shipped.corpus, (shipped.vector,)))
    plain, defended = (graded_step(desk, plan, shipped) for plan in plans)
    base = shipped.base_scores
    report = DefenceReport(
        model=model.name,
        fingerprint=model.fingerprint,
        trait=shipped.trait.title,
        corpus=shipped.corpus.name,
        corpus_digest=shipped.corpus.content_digest,
        n_rows=len(shipped.corpus.rows),
        vector_id=shipped.vector.header.id,
        spec=spec,
        base=cluster_mean(list(base.values()), seed_from(seed, "defence", "base")),
        plain=plain,
        defended=defended,
        rise=between(plain.scores, base, seed, "rise"),
        gain=between(defended.scores, plain.scores, seed, "gain"),
        left=between(defended.scores, base, seed, "left"),
        verdict="",
        seed=seed,
        notices=notices(model),
        provenance=desk.provenance(),
    )
    return report.model_copy(update={"verdict": verdict(report)})


def require_asked_alike(shipped: Shipped, spec: DefenceSpec) -> None:
    """Raise MismatchError where students would be asked otherwise than the package's untouched model was."""
    before, now = shipped.audit.spec.evaluation, spec.evaluation
    if (before.n_tokens, before.temperature) != (now.n_tokens, now.temperature):
        raise MismatchError("the package's answers of the untouched model were drawn otherwise; ask students alike")


def between(treated: Scores, control: Scores, seed: str, what: str) -> Estimate:
    """Return treated minus control, paired by question."""
    return paired_difference(treated, control, seed_from(seed, "defence", what))


def graded_step(desk: Desk, plan: Plan, shipped: Shipped) -> Graded:
    """Return one student with its answers, graded by the untouched model as the audit's were."""
    student = student_stage(desk, plan, desk.seed)
    if student is None:
        raise ValueError(f"the arm '{plan.spec.name}' trains nobody")

    def make() -> Graded:
        return graded(desk, plan, student, shipped)

    depends_on = {
        "student": student.model_copy(update={"adapter": "", "seconds": 0.0}).id,
        "vector": shipped.vector.header.id,
        "spec": desk.spec.evaluation.id,
    }
    return desk.record("asked", depends_on, Graded, make, f"asked, {plan.spec.name}")


def graded(desk: Desk, plan: Plan, student: Student, shipped: Shipped) -> Graded:
    """Return what a student answers, with grades."""
    with adapted(desk.model, student) as subject:
        answers = ask(subject, shipped.trait, desk.spec.evaluation, desk.seed, desk.progress)
    calibration = shipped.vector.header.calibration
    grades = grades_of(answers, shipped.trait, desk.model, calibration, desk.progress)
    scores = by_question(answers, grades)
    return Graded(
        name="defended" if plan.vectors else "plain",
        student=student,
        answers=answers,
        grades=grades,
        scores=scores,
        level=cluster_mean(list(scores.values()), seed_from(desk.seed, "defence", plan.spec.name), grades.count(None)),
    )


def verdict(report: DefenceReport) -> str:
    """Return what may be said; nothing is claimed whose interval touches zero."""
    trait = report.trait.lower()
    if report.rise.low > 0:
        taught = f"The {report.n_rows} rows gave a student {report.rise:+.1f points} of {trait}"
    else:
        taught = f"No rise of {trait} is shown in a student of the {report.n_rows} rows ({report.rise:+.1f points})"
    if report.gain.high < 0:
        return f"{taught}; another, under preventative steering, ends {report.gain:+.1f points} from it."
    return f"{taught}; preventative steering is not told apart from none ({report.gain:+.1f points})."
