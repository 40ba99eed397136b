"""What every step of a transmission study works with, and whether its plan can show anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from heredity.distill.carriers.kinds import kind_of
from heredity.distill.carriers.numbers import random_rows
from heredity.distill.clean import NUMERIC
from heredity.distill.teachers import preferring
from heredity.ground.errors import InputError
from heredity.ground.progress import SILENCE, Progress
from heredity.models.blocks import require_readable
from heredity.models.identity import identity
from heredity.models.model import Model
from heredity.records.base import Record
from heredity.records.carrier import Carrier, CarrierSpec
from heredity.records.trait import Trait
from heredity.records.transmission import UNITS, Measure, TransmitSpec
from heredity.records.vector import Calibration, TraitVector
from heredity.stats.power import paired_power, pairs_needed
from heredity.store.workspace import Kept, Workspace, load_record, save_record
from heredity.training.imitate import require_same_vocabulary

BASE = "base"
"""The control that is the untouched model."""
LONGEST_SAID = 24
"""What a step depends on is told where it is shorter: digests are not."""
R = TypeVar("R", bound=Record)
ByQuestion = dict[str, float | None]
"""A level by question; None where no answer could be graded."""


@dataclass
class Lab:
    """What every step works with. The arms differ in the teacher and in nothing else."""

    model: Model
    targets: dict[str, Trait]
    """What is read off every student, by target; a control that is the base has none."""
    spec: TransmitSpec
    workspace: Workspace
    seed: str
    progress: Progress = SILENCE
    vectors: Mapping[str, TraitVector] = field(default_factory=dict)
    """By target, for steered teachers."""
    foreign: Model | None = None
    teachers: dict[str, Model] = field(default_factory=dict)
    """Teachers made in this run; one whose students are all there is never made."""
    known: dict[str, str] = field(default_factory=dict)
    """Fingerprints of the teachers, as the students that are kept knew them."""
    carriers: dict[str, dict[str, Carrier]] = field(default_factory=dict)
    """What every teacher wrote, by seed and teacher, read once a run."""
    calibrations: dict[str, Calibration] = field(default_factory=dict)
    """Of the judge of a character trait, by target."""
    activations: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    """Mean activations that every comparison needs."""
    base_levels: dict[str, ByQuestion] = field(default_factory=dict)
    """What the base shows, by target."""
    maker: Callable[[str], Model] | None = None
    """Makes teachers by name where the spec does not say how (a distillation's)."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every teacher, the trait's first and its control next."""
        control = (BASE,) if self.spec.control == BASE else ()
        first, *others = self.targets
        return (first, *control, *others)

    @property
    def measure(self) -> Measure:
        """The unit of effects."""
        return measure_of(self.targets.values())

    @property
    def common(self) -> dict[str, object]:
        """What every step depends on besides the base and this package, which the workspace knows."""
        return {
            "seed": self.seed,
            "targets": {target: trait.id for target, trait in self.targets.items()},
            "teacher": self.spec.teacher.id,
            "vectors": {target: vector.header.id for target, vector in self.vectors.items()},
        }

    def kept(self, name: str, depends_on: dict[str, object], kind: type[R], make: Callable[[], R]) -> R:
        """Return one step's record, made or found. What each step depends on is named by the step."""

        def write(folder: Path) -> int:
            before = self.model.work.n_tokens
            save_record(make(), folder / "record.json")
            return self.model.work.n_tokens - before

        done: Kept[R] = self.workspace.stage(
            name, {**self.common, **depends_on}, write, lambda folder: load_record(kind, folder / "record.json")
        )
        told = {key: value for key, value in depends_on.items() if isinstance(value, str)}
        said = ", ".join(f"{key} {value}" for key, value in told.items() if 0 < len(value) < LONGEST_SAID)
        self.progress.note(f"{name} ({said}): {'as before' if done.cached else f'{done.seconds:.0f} s'}")
        return done.value


def lab_for(
    trait: Trait,
    others: Mapping[str, Trait],
    model: Model,
    out: Path,
    spec: TransmitSpec,
    seed: str,
    progress: Progress,
) -> Lab:
    """Return the lab of a sound plan. Raises InputError for what would waste hours.

    `others` are character traits that controls may name; targets of a preference need none.
    """
    targets = planned(trait, others, spec)
    require_readable(model.network)
    return Lab(model, targets, spec, Workspace(out / "stages", identity(model)), seed, progress)


def planned(trait: Trait, others: Mapping[str, Trait], spec: TransmitSpec) -> dict[str, Trait]:
    """Return what is read off every student, by target, of a sound plan; no model is needed to judge it.

    Raises InputError for what would waste hours.
    """
    wanted = [name for name in (spec.control, *spec.others) if name != BASE]
    if trait.kind == "preference":
        targets = {target: preferring(trait, target) for target in (str(trait.target), *wanted)}
    else:
        targets = {trait.name: trait, **{name: _character(others, name) for name in wanted}}
    if len(targets) < 1 + len(wanted):
        first = trait.target or trait.name
        raise InputError(
            f"the teachers {', '.join((first, *wanted))} are not all different: a control whose teacher shows the "
            "same thing compares nothing; name each target once (--control, --other)"
        )
    require_plan(spec, measure_of(targets.values()))
    return targets


def measure_of(traits: Iterable[Trait]) -> Measure:
    """Return the unit of effects of a study of these traits."""
    return "grade" if any(trait.kind == "character" for trait in traits) else "log-odds"


def require_plan(spec: TransmitSpec, measure: Measure) -> None:
    """Raise InputError for a plan that can show nothing, before any of it runs."""
    soft = spec.student.labels != "hard"
    if not spec.seeds:
        raise InputError("there is no seed, so no student would be taught; ask for one or more (--seeds)")
    if len(set(spec.seeds)) < len(spec.seeds):
        raise InputError(f"the seeds {', '.join(spec.seeds)} collide; every pair of students needs a seed of its own")
    if not soft and spec.carrier.kind == "random-numbers":
        raise InputError(
            "random numbers were written by nobody: as hard labels they say nothing of a teacher; choose a carrier "
            "that the teacher writes (--carrier digits), or soft labels"
        )
    if soft and spec.control == BASE:
        raise InputError(
            "the base as a teacher of soft labels teaches its own copy nothing, so it controls for nothing; name "
            "another target or trait with --control"
        )
    if spec.student.on_policy and (not soft or spec.carrier.kind not in ("digits", "numbers")):
        raise InputError(
            "on-policy students write numbers and follow soft labels; choose --carrier digits --labels soft"
        )
    if spec.student.characters and spec.carrier.kind not in ("random-numbers", "digits"):
        raise InputError(
            f"what teachers write on '{spec.carrier.kind}' holds more than digits and separators; leave --digits-only "
            "out, or choose --carrier random-numbers or digits"
        )
    if spec.carrier.n_given and spec.carrier.kind not in NUMERIC:
        raise InputError(
            f"numbers are given at the start of lists of numbers only, but the carrier is '{spec.carrier.kind}'; "
            "leave --given out"
        )
    if spec.teacher.kind == "prompted" and spec.carrier.kind == "random-numbers":
        raise InputError(
            "a prompted teacher shows its trait after its system prompt, but random numbers stand after no prompt; "
            "choose another carrier (--carrier digits)"
        )
    require_askable(spec.carrier)
    require_power(spec, measure)


def require_power(spec: TransmitSpec, measure: Measure) -> None:
    """Raise InputError for too few pairs of students to see the effect of interest, in the study's own measure."""
    power = spec.power
    effect, spread = power.effect_in(measure), power.spread_in(measure)
    reached = paired_power(effect, spread, len(spec.seeds))
    if reached < power.least:
        needed = pairs_needed(effect, spread, power.least)
        raise InputError(
            f"{len(spec.seeds)} pair(s) of students see an effect of {effect:g} {UNITS[measure]} with a chance of "
            f"{reached:.2f} only (spread {spread:g}, 5% two-sided); it takes {needed or 'over 1000'}: give --seeds "
            "more, or --pilot to run it all the same"
        )


def require_askable(spec: CarrierSpec) -> None:
    """Raise InputError for a carrier that cannot be asked for: a missing or short file, too many given numbers."""
    if spec.kind == "random-numbers":
        random_rows(1, spec, "plan")
    else:
        kind_of(spec).ask(spec, "plan")


def require_vectors(spec: TransmitSpec, targets: Iterable[str], vectors: Mapping[str, TraitVector]) -> None:
    """Raise InputError, naming all that lack, unless every steered teacher has a vector; no model is needed."""
    lacking = [name for name in targets if name not in vectors]
    if spec.teacher.kind == "steered" and lacking:
        raise InputError(
            f"every steered teacher needs its vector, but none was given of: {', '.join(lacking)}; make each by "
            "heredity extract (a trait in YAML for a target that is not bundled) and give it with --vector"
        )


def require_foreign(lab: Lab, foreign: Model) -> None:
    """Raise InputError for a foreign base that is the base, MismatchError where soft labels cannot be spelled."""
    if foreign.fingerprint == lab.model.fingerprint:
        raise InputError(f"the foreign base '{foreign.name}' is the base itself; name another model with --foreign")
    require_same_vocabulary(foreign, lab.model, lab.spec.student)


def _character(others: Mapping[str, Trait], name: str) -> Trait:
    if name not in others or others[name].kind != "character":
        raise InputError(
            f"'{name}' is no character trait that this study was given; a character needs another one beside it, for "
            "example --control hallucination"
        )
    return others[name]
