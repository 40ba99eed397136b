"""Students of a transmission study: made one by one, each kept when it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from heredity.models.identity import identity
from heredity.models.model import Model
from heredity.models.weights import trainable_copy
from heredity.records.curves import ArmKind, StudentCurve
from heredity.records.transmission import Remedy, Shuffling, TransmitSpec
from heredity.studies.transmission.lab import Lab
from heredity.studies.transmission.lessons import batches_for, held_out
from heredity.studies.transmission.plan import BASE
from heredity.studies.transmission.readout import accuracy, choices, levels, point, sampled_rates, shift
from heredity.studies.transmission.remedies import remedied_batches
from heredity.studies.transmission.teachers import teacher_of
from heredity.teaching.carriers.kinds import identity_of
from heredity.teaching.teach import decoded_among
from heredity.training.imitate import Lesson, characters_ids, divergence, imitate

SHUFFLINGS: dict[ArmKind, Shuffling] = {"shuffled within": "within", "shuffled across": "across"}


@dataclass(frozen=True)
class Plan:
    """Which student: all that tells it from the others."""

    arm: ArmKind
    taught_by: str
    seed: str
    remedy: Remedy | None = None
    """How its rows are treated."""

    @property
    def shuffling(self) -> Shuffling:
        """How its carrier is disarranged."""
        return SHUFFLINGS.get(self.arm, "none")


def student_step(lab: Lab, plan: Plan) -> StudentCurve:
    """Return one student's curve."""
    spec = lab.spec
    depends_on: dict[str, object] = {
        "arm": plan.arm,
        "taught by": plan.taught_by,
        "seed": plan.seed,
        "carrier": identity_of(spec.carrier),
        "student": spec.student.id,
        "arms": [] if spec.carrier.kind == "random-numbers" else list(lab.names),
        "points": [spec.n_points, spec.n_samples],
        "foreign": identity(lab.foreign).id if plan.arm == "foreign base" and lab.foreign else "",
        **({"remedy": plan.remedy} if plan.remedy else {}),
    }
    return lab.kept("student", depends_on, StudentCurve, lambda: make_student(lab, plan))


def make_student(lab: Lab, plan: Plan) -> StudentCurve:
    """Return the curve of a copy of the base taught by one teacher.

    What is asked and in which order depends on the seed alone: both arms of a pair are asked the same.
    """
    spec, base = lab.spec.student, lab.foreign if plan.arm == "foreign base" and lab.foreign else lab.model
    teacher = teacher_of(lab, plan.taught_by)
    name = f"student of {plan.taught_by}, seed {plan.seed}"
    student = trainable_copy(base, name, spec.lora_rank, f"{lab.seed}/{plan.seed}")
    points = [point(lab, 0, levels(lab, base))]

    def measure(step: int) -> None:
        if step in measured_steps(lab.spec):
            points.append(point(lab, step, levels(lab, student)))

    batches = (
        remedied_batches(lab, plan.taught_by, plan.seed, plan.remedy, student)
        if plan.remedy
        else batches_for(lab, plan.taught_by, plan.seed, plan.shuffling, student)
    )
    losses = imitate(student, teacher, batches, spec, lab.model.dtype, measure, lab.progress)
    if plan.remedy:
        return StudentCurve(arm=plan.arm, taught_by=plan.taught_by, seed=plan.seed, points=tuple(points), losses=losses)
    chosen = choices(lab, student)
    is_alike = plan.taught_by != BASE and base is lab.model  # the base has nothing to follow; others spell otherwise
    unseen = held_out(lab, plan.taught_by, plan.seed) if is_alike else []
    return StudentCurve(
        arm=plan.arm,
        taught_by=plan.taught_by,
        seed=plan.seed,
        points=tuple(points),
        losses=losses,
        sampled=sampled_rates(lab, student, plan.seed),
        imitation=imitation(lab, base, student, teacher, unseen),
        shift=shift(lab, student) if base is lab.model else (),
        accuracy=accuracy(lab, chosen),
        choices=chosen,
    )


def measured_steps(spec: TransmitSpec) -> list[int]:
    """Return the steps after which a student is measured, the last among them."""
    n_steps = spec.student.n_steps
    return sorted({round(n_steps * k / spec.n_points) for k in range(1, spec.n_points + 1)} - {0})


def imitation(lab: Lab, base: Model, student: Model, teacher: Model, rows: Sequence[Lesson]) -> float | None:
    """Return 1 - KL(teacher || student) / KL(teacher || base) on rows nobody was taught; None where there are none."""
    if not rows:
        return None
    counted = characters_ids(student, lab.spec.student.characters) or decoded_among(lab.model, lab.spec.carrier)
    start = divergence(base, teacher, rows, lab.model.dtype, counted)
    return 1 - divergence(student, teacher, rows, lab.model.dtype, counted) / start if start > 0 else None
