"""The study: base, trained, control and defended students, measured by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from heredity.ground.files import require_writable
from heredity.ground.progress import SILENCE, Progress
from heredity.models.identity import identity
from heredity.models.model import Model
from heredity.monitor.shift import stages_of
from heredity.records.audit import BASE, Arm, Run
from heredity.records.defending import require_for_preferences
from heredity.records.evaluation import Yardstick
from heredity.records.feedback import (
    CONTROL,
    TRAINED,
    CoursePoint,
    FeedbackReport,
    FeedbackSpec,
    Selection,
)
from heredity.records.preference import Preferences
from heredity.records.student import Student
from heredity.records.trait import Trait
from heredity.records.vector import TraitVector
from heredity.screening.selection import prompt_of, selected
from heredity.store.known_vectors import known_vector
from heredity.store.workspace import Workspace
from heredity.studies.arms import compare_arms, levels_of, removed_by
from heredity.studies.feedback.plans import PairPlan, against, plans_of, require_enough
from heredity.studies.feedback.verdict import findings_of, headline_of, verdict_of
from heredity.studies.stages import ArmDesk, evaluation_stage, kept_student, vector_stage, yardstick_stage
from heredity.training.defences.table import require_defence
from heredity.training.pairs import pair_examples
from heredity.training.prefer import prefer


@dataclass(kw_only=True)
class Desk(ArmDesk):
    """The bench of a study of preferences."""

    spec: FeedbackSpec


@dataclass(frozen=True)
class Known:
    """What is given besides the pairs."""

    vector: TraitVector | None = None
    """The trait's vector, where there is one already."""
    select: Trait | None = None
    """Whose prompt selects pairs; None: all are learned."""


@dataclass(frozen=True)
class Course:
    """One arm, from its first point to its last: as an arm at each of them, or once where it stays as it is."""

    arms: tuple[Arm, ...]

    def at(self, place: int) -> Arm:
        """Return the arm at one point."""
        return self.arms[min(place, len(self.arms) - 1)]

    @property
    def last(self) -> Arm:
        """The arm at its end."""
        return self.arms[-1]


def feedback(
    preferences: Preferences,
    trait: Trait,
    model: Model,
    out: Path | str,
    spec: FeedbackSpec | None = None,
    known: Known | None = None,
    progress: Progress = SILENCE,
) -> FeedbackReport:
    """Return what training on preferences does to a trait of the model, by step, and what keeps it out.

    Results of its steps are kept in `out/stages`; run again, only what changed runs. Raises InputError for too few
    pairs, UnknownNameError for a defence that is none, MismatchError for a vector of another model, each before any
    step; and what its steps raise.
    """
    spec, known = spec or FeedbackSpec(), known or Known()
    require_possible(preferences, model, spec, known)
    workspace = Workspace(require_writable(Path(out)) / "stages", identity(model))
    desk = Desk(model=model, workspace=workspace, seed=spec.seed, progress=progress, spec=spec)
    vector = known.vector or vector_of(desk, trait)
    selection = selection_step(desk, preferences, known.select) if known.select else None
    plans = plans_of(spec.arms(selection is not None), preferences, selection, vector, spec.seed)
    courses = courses_of(desk, plans, vector)
    return conclude(desk, preferences, (vector, selection), courses)


def require_possible(preferences: Preferences, model: Model, spec: FeedbackSpec, known: Known) -> None:
    """Raise, before any step, what a later one would for pairs, names or a vector that cannot serve."""
    if known.vector is not None:
        known.vector.require_model(model.name, model.fingerprint)
    require_defences(spec)
    n = len(preferences.pairs)
    require_enough(round(spec.share * n) if known.select else n)
    sides = preferences.side("chosen"), preferences.side("rejected")
    require_enough(len(pair_examples(model, *sides, spec.train.max_tokens).rows), "pairs that fit")


def require_defences(spec: FeedbackSpec) -> None:
    """Raise UnknownNameError for a defence that is none."""
    for name in (spec.train.defence, *spec.others):
        require_defence(name)
        require_for_preferences(name)


def vector_of(desk: Desk, trait: Trait) -> TraitVector:
    """Return a vector that is known of the model, or one made here."""
    own, how = desk.model.fingerprint, desk.spec.extract
    return known_vector(trait, own, how, desk.seed) or known_vector(trait, own, how) or vector_stage(desk, trait)


def selection_step(desk: Desk, preferences: Preferences, trait: Trait) -> Selection:
    """Return the pairs that a trait's prompt selects."""
    share = desk.spec.share

    def make() -> Selection:
        return selected(preferences, trait, desk.model, share, desk.progress)

    depends_on = {"pairs": preferences.content_digest, "prompt": prompt_of(trait), "share": share}
    return desk.record("selection", depends_on, Selection, make)


def courses_of(desk: Desk, plans: Sequence[PairPlan], vector: TraitVector) -> tuple[Course, ...]:
    """Return every arm, all of as many steps as the first that is trained."""
    yardstick = yardstick_stage(desk, vector)
    base, trained, *others = plans
    trait = vector.header.trait
    first, second = (course_of(desk, plan, trait, yardstick) for plan in (base, trained))
    student = second.last.student
    held = [replace(plan, n_steps=student.n_steps if student else None) for plan in others]
    return (first, second, *(course_of(desk, plan, trait, yardstick) for plan in held))


def course_of(desk: Desk, plan: PairPlan, trait: Trait, yardstick: Yardstick) -> Course:
    """Return one arm at every point, trained and measured once a seed; the base is measured once a seed."""
    runs: list[list[Run]] = []
    for seed in desk.spec.seeds:
        student = student_step(desk, plan, seed)
        stages = [*stages_of(student), student] if student else [None]
        runs.append(
            [
                Run(seed=seed, student=one, evaluation=evaluation_stage(desk, plan, (seed, one), trait, yardstick))
                for one in stages
            ]
        )
    return Course(tuple(arm_of(desk, plan, point) for point in zip(*runs, strict=True)))


def student_step(desk: Desk, plan: PairPlan, seed: str) -> Student | None:
    """Return the arm's student of one seed; an interrupted fine-tune goes on from its last checkpoint."""
    pairs = plan.learned(seed)
    if pairs is None:
        return None
    asked = desk.spec.prefer
    steps, defence = plan.n_steps or asked.train.n_steps, plan.spec.defence or asked.train.defence
    spec = asked.model_copy(update={"train": asked.train.model_copy(update={"n_steps": steps, "defence": defence})})
    depends_on = {
        "pairs": pairs.content_digest,
        "vectors": [vector.header.id for vector in plan.vectors],
        "spec": spec.id,
        "seed": seed,
    }

    def learn(folder: Path) -> Student:
        return prefer(desk.model, pairs, folder, plan.vectors, spec, seed, desk.progress)

    return kept_student(desk, depends_on, learn, plan.spec.name)


def arm_of(desk: Desk, plan: PairPlan, runs: Sequence[Run]) -> Arm:
    """Return an arm at one point."""
    student = runs[0].student
    return Arm(
        spec=plan.spec,
        n_rows=student.n_rows if student else 0,
        n_trained=student.n_examples if student else 0,
        runs=tuple(runs),
        levels=levels_of(runs, desk.seed),
    )


def conclude(
    desk: Desk, preferences: Preferences, found: tuple[TraitVector, Selection | None], courses: Sequence[Course]
) -> FeedbackReport:
    """Return the report of what was found and of the arms, with its words."""
    vector, selection = found
    arms = tuple(course.last for course in courses)
    points = points_of(courses, desk.seed)
    comparisons = points[-1].comparisons
    effect = next(
        one.difference
        for one in comparisons
        if (one.measure, one.treated, one.control) == ("expression", TRAINED, CONTROL)
    )
    removed = {
        arm.name: share
        for arm in arms
        if arm.spec.defence and (share := removed_by(arm.name, arms, effect, (CONTROL, TRAINED))) is not None
    }
    report = FeedbackReport(
        headline="",
        verdict="",
        findings=(),
        model=desk.model.name,
        fingerprint=desk.model.fingerprint,
        vector=vector.header,
        corpus=preferences.name,
        corpus_digest=preferences.content_digest,
        n_pairs=len(preferences.pairs),
        excluded=preferences.excluded,
        selection=selection,
        arms=arms,
        comparisons=comparisons,
        points=points,
        removed=removed,
        spec=desk.spec,
        seed=desk.seed,
        notices=notices_of(arms),
        provenance=desk.provenance(),
    )
    words = {"headline": headline_of(report), "verdict": verdict_of(report), "findings": findings_of(report)}
    return report.model_copy(update=words)


def points_of(courses: Sequence[Course], seed: str) -> tuple[CoursePoint, ...]:
    """Return all arms at every point, after the base at step 0."""
    base = courses[0].last
    start = CoursePoint(step=0, levels={BASE.name: base.levels}, by_run={BASE.name: level_by_run(base)}, comparisons=())
    n_points = max(len(course.arms) for course in courses)
    return (start, *(point_of([course.at(place) for course in courses], seed) for place in range(n_points)))


def point_of(arms: Sequence[Arm], seed: str) -> CoursePoint:
    """Return all arms after as many steps."""
    trained = next(arm for arm in arms if arm.name == TRAINED)
    return CoursePoint(
        step=trained.student.n_steps if trained.student else 0,
        levels={arm.name: arm.levels for arm in arms},
        by_run={arm.name: level_by_run(arm) for arm in arms},
        comparisons=compare_arms(arms, seed, against([arm.spec for arm in arms])),
    )


def level_by_run(arm: Arm) -> tuple[float, ...]:
    """Return how much of the trait each run of an arm shows, 0-100."""
    return tuple(run.evaluation.expression.value for run in arm.runs)


def notices_of(arms: Sequence[Arm]) -> tuple[str, ...]:
    """Return what students and evaluations have to say, each once."""
    runs = [run for arm in arms for run in arm.runs]
    said = [line for run in runs for line in (*(run.student.notices if run.student else ()), *run.evaluation.notices)]
    return tuple(dict.fromkeys(said))
