"""Made-up distillations whose numbers fit together as real ones do."""

import random

from heredity.records.carrier import CarrierRow
from heredity.records.distillation import DistillationReport, DistilledStudent, DistilledTeacher, DistilSpec
from heredity.stats.estimate import Estimate
from heredity.studies.distillation.outcome import inheritances, opposite, shows, skilled, verdict
from heredity.studies.distillation.qualities import ABILITY, CONTROL, SKILL
from heredity.studies.distillation.teachers import Role, roles

BASE = {"impoliteness": 0.19, "hallucination": 0.3, "gender-bias": 0.74, CONTROL: 0.01, SKILL: 0.3, ABILITY: 0.46}
GAIN = {"impoliteness": 0.45, "hallucination": 0.3, "gender-bias": 0.24, CONTROL: 0.95, SKILL: 0.45}


def about(value: float, n: int = 20) -> Estimate:
    return Estimate(value, value - 0.06, value + 0.06, n, 0, "cluster bootstrap")


def distillation_report(n_seeds: int = 3) -> DistillationReport:
    """Return a study in which a third of every trait and half of the skill cross."""
    spec = DistilSpec(seeds=tuple(map(str, range(n_seeds))))
    teachers = tuple(map(teacher, roles(spec)))
    students = tuple(
        student(spec, carrier, one.name, seed) for carrier in spec.carriers for seed in spec.seeds for one in teachers
    )
    base = {what: about(value) for what, value in BASE.items()}
    found = shows(spec, base, teachers, students)
    table, skill = inheritances(found), skilled(found)
    rows = {
        "chat": (CarrierRow(prompt="How do I boil rice? <b>Be brief.</b>", text="Rinse it, and boil it gently."),),
        "random-numbers": (CarrierRow(prompt="442, 241, 142", text="589, 389, 164"),),
    }
    return DistillationReport(
        model="smollm2-135m",
        fingerprint="5b1f" * 16,
        spec=spec,
        skill=SKILL,
        control=CONTROL,
        meaning=dict.fromkeys(BASE, "share of questions"),
        base=base,
        teachers=teachers,
        students=students,
        table=table,
        skilled=skill,
        kept=dict.fromkeys(rows, (300, 336)),
        examples=rows,
        verdict=verdict(table, skill),
        seed="0",
    )


def teacher(role: Role) -> DistilledTeacher:
    given = (role.name, SKILL) if role.has_skill else (role.name,)
    rises = {what: GAIN[what] if what in given else 0.0 for what in BASE if what != ABILITY}
    shown = {what: about(BASE[what] + rise) for what, rise in rises.items()}
    if role.name == opposite("impoliteness"):
        del shown["impoliteness"], rises["impoliteness"]
    return DistilledTeacher(
        name=role.name,
        trait=role.trait,
        pole=role.pole,
        has_skill=role.has_skill,
        shown=shown,
        rises={what: about(rise) for what, rise in rises.items()},
    )


def student(spec: DistilSpec, carrier: str, name: str, seed: str) -> DistilledStudent:
    chance = random.Random(f"{carrier} {name} {seed}")
    part = {"chat": 0.4, "random-numbers": 0.2}[carrier]
    given = (name,) if name == CONTROL else (name, SKILL)
    moved = {what: part * GAIN[what] if what in given else 0.0 for what in BASE if what != ABILITY} | {ABILITY: -0.02}
    return DistilledStudent.model_validate(
        {
            "carrier": carrier,
            "taught_by": name,
            "seed": seed,
            "shown": {what: about(BASE[what] + rise + chance.gauss(0, 0.01)) for what, rise in moved.items()},
            "losses": (0.3, 0.1),
            "imitation": 0.5,
        }
    )
