"""What every step of a transmission study works with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from heredity.ground.errors import InputError, MismatchError
from heredity.ground.progress import Progress
from heredity.models.blocks import require_readable
from heredity.models.model import Model
from heredity.models.spelling import unspelled
from heredity.records.base import Record
from heredity.records.carrier import Carrier
from heredity.records.trait import Trait
from heredity.records.transmission import Measure, TransmitSpec
from heredity.records.vector import Calibration, TraitVector
from heredity.store.workspace import Workspace
from heredity.studies.bench import Bench, bench_in
from heredity.studies.transmission.plan import BASE, measure_of, planned
from heredity.teaching.carriers.kinds import CARRIERS
from heredity.training.imitate import require_same_vocabulary

LONGEST_SAID = 24
"""What a step depends on is told where it is shorter: digests are not."""
R = TypeVar("R", bound=Record)
ByQuestion = dict[str, float | None]
"""A level by question; None where no answer could be graded."""


@dataclass
class Lab:
    """What every step works with. The arms differ in the teacher and in nothing else."""

    bench: Bench
    targets: dict[str, Trait]
    """What is read off every student, by target; a control that is the base has none."""
    spec: TransmitSpec
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
    def model(self) -> Model:
        """The base of every teacher and student."""
        return self.bench.model

    @property
    def workspace(self) -> Workspace:
        """Where steps are kept."""
        return self.bench.workspace

    @property
    def seed(self) -> str:
        """What all chance is drawn from."""
        return self.bench.seed

    @property
    def progress(self) -> Progress:
        """What is told while steps run."""
        return self.bench.progress

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
        told = {key: value for key, value in depends_on.items() if isinstance(value, str)}
        said = ", ".join(f"{key} {value}" for key, value in told.items() if 0 < len(value) < LONGEST_SAID)
        return self.bench.record(name, {**self.common, **depends_on}, kind, make, f"{name} ({said})")


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
    return Lab(bench_in(out, model, seed, progress), targets, spec)


def require_foreign(lab: Lab, foreign: Model) -> None:
    """Raise InputError for a foreign base that is the base, MismatchError where it cannot spell what is taught."""
    if foreign.fingerprint == lab.model.fingerprint:
        raise InputError(f"the foreign base '{foreign.name}' is the base itself; name another model with --foreign")
    require_same_vocabulary(foreign, lab.model, lab.spec.student)
    spec = lab.spec.carrier
    words = CARRIERS[spec.kind].words if spec.kind in CARRIERS else None
    lost = unspelled(foreign, words(spec)) if words else []
    if lost:
        raise MismatchError(
            f"'{foreign.name}' cannot spell {len(lost)} of the words of '{spec.kind}' ({', '.join(lost[:5])}): its "
            "students would be taught something else; name another model, or other words"
        )
