"""Teachers of a transmission study: made by fine-tuning, by a system prompt or by a push, and measured."""

from __future__ import annotations

from pathlib import Path

from heredity.ground.errors import ExperimentError
from heredity.ground.hashing import seed_from
from heredity.models.bake import bake
from heredity.models.model import Model
from heredity.models.steer import Push
from heredity.models.weights import forget_weights, frozen, load_weights, save_weights, trainable_copy
from heredity.records.curves import Teacher
from heredity.records.transmission import ImitateSpec
from heredity.stats.compare import paired_difference
from heredity.stats.estimate import Estimate
from heredity.studies.transmission.lab import ByQuestion, Lab
from heredity.studies.transmission.plan import BASE
from heredity.studies.transmission.readout import estimate, levels, shift
from heredity.teaching.teachers import system_prompt, trait_rows
from heredity.training.imitate import imitate, lessons


def teacher_step(lab: Lab, name: str) -> Teacher:
    """Return what is known of a teacher. Raises ExperimentError for one that lacks its trait."""

    def make() -> Teacher:
        model, losses = make_teacher(lab, name)
        keep_teacher(lab, name, model)
        return described(lab, name, model, losses)

    teacher = lab.kept("teacher", {"target": name, "n_samples": lab.spec.n_samples}, Teacher, make)
    lab.known[name] = teacher.fingerprint
    is_weak = (
        teacher.level.low < lab.spec.teacher.weakest
        if lab.measure == "log-odds"
        else teacher.rise is None or teacher.rise.low <= 0
    )
    if is_weak:
        forget_weights(weights_of(lab, name))
        raise ExperimentError(
            f"the teacher of '{name}' shows it to the level of {teacher.level}, its base to {teacher.base}: too weak "
            "to pass anything on; train it longer (--teacher-steps, --teacher-rate), or choose what the model knows "
            "better"
        )
    return teacher


def teacher_of(lab: Lab, name: str) -> Model:
    """Return the teacher that all students of this study have: from its weights, or made again.

    Raises ExperimentError for one that came out otherwise: not every device repeats itself to the bit.
    """
    if name not in lab.teachers:
        model = lab.maker(name) if lab.maker else kept_or_made(lab, name)
        require_same(lab, f"the teacher of '{name}'", model, lab.known.get(name, ""))
        lab.teachers[name] = model
    return lab.teachers[name]


def require_same(lab: Lab, what: str, model: Model, known: str) -> None:
    """Raise ExperimentError unless a model that was made again is, to the bit, the one whose students are kept."""
    if known not in ("", model.fingerprint):
        raise ExperimentError(
            f"{what} was made again and is not, to the bit, the one whose students are kept in {lab.workspace.root}: "
            "this device does not repeat itself; start over in another folder (--out)"
        )


def kept_or_made(lab: Lab, name: str) -> Model:
    """Return a teacher from the weights that an earlier run left, else made again."""
    weights = weights_of(lab, name)
    if weights.is_dir():
        copied = trainable_copy(lab.model, f"teacher of {name}")
        if load_weights(copied, weights):
            return frozen(copied)
    model, _ = make_teacher(lab, name)
    keep_teacher(lab, name, model)
    return model


def keep_teacher(lab: Lab, name: str, model: Model) -> None:
    """Keep a teacher for this run, and the weights of one that was trained until the study is done."""
    lab.teachers[name] = model
    if lab.spec.teacher.kind == "finetuned" and name != BASE:
        save_weights(model, weights_of(lab, name))


def forget_teachers(lab: Lab) -> None:
    """Remove the teachers' weights: the study is done."""
    for name in lab.names:
        forget_weights(weights_of(lab, name))


def weights_of(lab: Lab, name: str) -> Path:
    """Return where a teacher's weights lie until the study is done."""
    return lab.workspace.scratch("teacher", {**lab.common, "target": name})


def told(lab: Lab, name: str) -> str | None:
    """Return the system prompt that a teacher answers under."""
    is_prompted = lab.spec.teacher.kind == "prompted" and name != BASE
    return system_prompt(lab.targets[name]) if is_prompted else None


def make_teacher(lab: Lab, name: str) -> tuple[Model, tuple[float, ...]]:
    """Return a teacher and the losses of its fine-tuning, if it had one.

    The base is a float32 copy where the others are: a rounding of its own would tell what it writes from theirs.
    """
    how = lab.spec.teacher
    if how.kind == "prompted":
        return lab.model, ()
    if name == BASE:
        return frozen(trainable_copy(lab.model, BASE)), ()
    if how.kind == "steered":
        vector = lab.vectors[name]
        block = vector.header.block
        baked = bake(lab.model, [Push(block, vector.directions[block], how.strength)])
        return frozen(baked.model), ()
    n = how.n_steps * how.batch_rows
    rows = trait_rows(lab.model, lab.targets[name], n, lab.seed, lab.progress)
    copied = trainable_copy(lab.model, f"teacher of {name}")
    spec = ImitateSpec(labels="hard", n_steps=how.n_steps, batch_rows=how.batch_rows, learning_rate=how.learning_rate)
    batches = [lessons(rows[i : i + how.batch_rows]) for i in range(0, len(rows), how.batch_rows)]
    losses = imitate(copied, None, batches, spec, lab.model.dtype, progress=lab.progress)
    return frozen(copied), losses


def described(lab: Lab, name: str, teacher: Model, losses: tuple[float, ...]) -> Teacher:
    """Return how strongly a teacher shows what it is to show."""
    system = told(lab, name)
    shown, before = levels(lab, teacher, system)[name], levels(lab, lab.model)[name]
    return Teacher(
        target=name,
        kind=lab.spec.teacher.kind,
        level=estimate(lab, shown),
        base=estimate(lab, before),
        rise=rise(lab, shown, before),
        losses=losses,
        shift=shift(lab, teacher, system),
        fingerprint=teacher.fingerprint,
    )


def rise(lab: Lab, shown: ByQuestion, before: ByQuestion) -> Estimate | None:
    """Return how far a teacher lies above its base, over the questions of both; None for fewer than two."""
    own, base = ({name: (level,) for name, level in one.items() if level is not None} for one in (shown, before))
    return paired_difference(own, base, seed_from(lab.seed, "teacher")) if len(set(own) & set(base)) > 1 else None
