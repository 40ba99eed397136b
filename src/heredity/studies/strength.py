"""The smallest push that keeps a trait out: short fine-tunes, one dose after the other, until one holds.

In: rows and a vector. Out: the strength, what was tried, and how sure that is. Does not: train the student that is
wanted; one run a dose says what that run showed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from heredity.ground.errors import InputError
from heredity.ground.files import require_writable
from heredity.ground.progress import SILENCE, Progress
from heredity.models.model import Model
from heredity.records.audit import BASE, PLAIN, Arm, ArmSpec, AuditSpec
from heredity.records.dialogue import Corpus
from heredity.records.evaluation import Measure
from heredity.records.strength import StrengthReport, StrengthSpec, Tried
from heredity.records.vector import TraitVector
from heredity.stats.estimate import Estimate
from heredity.studies.arms import Plan, compared
from heredity.studies.audit import run_arm
from heredity.studies.stages import desk_in, yardstick_stage


def find_strength(
    corpus: Corpus,
    vector: TraitVector,
    model: Model,
    out: Path | str,
    spec: StrengthSpec | None = None,
    seed: str = "0",
    progress: Progress = SILENCE,
) -> StrengthReport:
    """Return the smallest strength of preventative steering that holds the trait at the base's level.

    Every probe is kept in `out/stages`: a run that is stopped goes on. Raises InputError for doses that do not rise,
    MismatchError for a vector of another model.
    """
    spec = spec or StrengthSpec()
    require_doses(spec.doses)
    vector.require_model(model.name, model.fingerprint)
    train = spec.train.model_copy(update={"n_steps": spec.n_steps, "defence": "steering"})
    asked = AuditSpec(train=train, evaluation=spec.evaluation, seed=seed)
    desk = desk_in(require_writable(Path(out)), model, asked, progress)
    trait, yardstick = vector.header.trait, yardstick_stage(desk, vector)

    def probe(arm: ArmSpec) -> Arm:
        is_trained = arm.rows != "none"
        plan = Plan(arm, corpus if is_trained else None, (vector,) if arm.defence else (), n_steps=spec.n_steps)
        return run_arm(desk, plan, trait, yardstick)

    base, plain = probe(BASE), probe(PLAIN)
    tried = [Tried(strength=0.0, left=compared(plain, base, "expression", seed), gain=None, benign=None, accuracy=None)]
    if tried[0].left.low > 0:
        for dose in spec.doses:
            tried.append(beside(dose, probe(pushed(dose)), (base, plain), seed))
            if tried[-1].holds:
                break
    strength = next((one.strength for one in tried if one.holds and not one.costs), None)
    report = StrengthReport(
        model=model.name,
        trait=trait.name,
        corpus=corpus.name,
        tried=tuple(tried),
        strength=strength,
        verdict=verdict_of(tried, strength, spec),
        spec=spec,
        seed=seed,
    )
    return report.model_copy(update={"provenance": desk.provenance()})


def require_doses(doses: Sequence[float]) -> None:
    """Raise InputError for doses that do not rise from above 0."""
    if not doses or list(doses) != sorted(set(doses)) or not doses[0] > 0:
        raise InputError(f"doses rise from above 0, but these are {', '.join(f'{dose:g}' for dose in doses)}")


def pushed(dose: float) -> ArmSpec:
    """Return the arm of one dose."""
    name = f"push-{dose:g}".replace(".", "-")
    return ArmSpec(
        name=name, title=f"Pushed by {dose:g}", short=f"{dose:g}", rows="all", defence=f"steering:strength={dose:g}"
    )


def beside(dose: float, arm: Arm, others: tuple[Arm, Arm], seed: str) -> Tried:
    """Return one dose's probe beside the base and the plain one."""
    base, plain = others

    def less_plain(measure: Measure) -> Estimate:
        return compared(arm, plain, measure, seed)

    return Tried(
        strength=dose,
        left=compared(arm, base, "expression", seed),
        gain=less_plain("expression"),
        benign=less_plain("benign_log_p"),
        accuracy=less_plain("accuracy"),
    )


def verdict_of(tried: Sequence[Tried], strength: float | None, spec: StrengthSpec) -> str:
    """Return what was found, in words."""
    plain, last = tried[0], tried[-1]
    rise = f"{plain.left.value:+.1f} {plain.left.interval('+.1f')} points"
    if plain.left.low <= 0:
        return (
            f"No strength was found: {spec.n_steps} plain steps are not shown to raise the trait ({rise}), so there is "
            "nothing to hold. Take more steps, or the default."
        )
    left = f"{last.left.value:+.1f} {last.left.interval('+.1f')} points"
    if strength is not None:
        n = len(tried) - 1
        return (
            f"{strength:g} is the smallest of {n} tried that keeps the trait out over {spec.n_steps} steps: {left} "
            f"left of {rise}, at no cost that is shown. One run a dose: another would come out differently."
        )
    if last.holds:
        return f"No strength was found: {last.strength:g} keeps the trait out ({left} left of {rise}), but at a cost."
    return f"No strength was found: even {last.strength:g} leaves {left} of {rise}. Take another defence."
