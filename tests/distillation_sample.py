"""Made-up distillations whose numbers fit together as real ones do."""

import random

from heredity.records.carrier import CarrierRow
from heredity.records.distillation import DistillationReport, DistilledStudent, DistilledTeacher, DistilSpec, Shown
from heredity.stats.estimate import Estimate
from heredity.studies.distillation.outcome import concluded
from heredity.studies.distillation.qualities import ABILITY, CONTROL, SKILL, opposite
from heredity.studies.distillation.teachers import Role, roles

BASE = {"impoliteness": 0.19, "hallucination": 0.3, "gender-bias": 0.74, CONTROL: 0.01, SKILL: 0.3, ABILITY: 0.46}
GAIN = {"impoliteness": 0.45, "hallucination": 0.3, "gender-bias": 0.24, CONTROL: 0.95, SKILL: 0.45}
LOSS = {"impoliteness": 0.0, "hallucination": 0.15, "gender-bias": 0.6}
"""By which a teacher of the opposite falls below the base."""
PART = {"chat": 0.4, "random-numbers": 0.2}
N_ASKED = 20


def showing(levels: dict[str, float], luck: str) -> Shown:
    """Return what a model of these levels shows, question by question."""
    chance = random.Random(luck)
    scores = {
        what: {f"question {i}": (value + chance.gauss(0, 0.01),) for i in range(N_ASKED)}
        for what, value in levels.items()
    }
    about = {
        what: Estimate(value, value - 0.06, value + 0.06, N_ASKED, 0, "bootstrap") for what, value in levels.items()
    }
    return Shown(levels=about, scores=scores)


def levels_of(role: Role, part: float) -> dict[str, float]:
    """Return the levels of a model that shows a part of a role."""
    moved = dict(BASE)
    if role.has_skill:
        moved[SKILL] += part * GAIN[SKILL]
    moved[role.trait] += part * (GAIN[role.trait] if role.pole == "positive" else -LOSS[role.trait])
    return moved


def distillation_report(n_seeds: int = 3) -> DistillationReport:
    """Return a study in which a part of every trait and of the skill cross; one teacher could not be graded."""
    spec = DistilSpec(seeds=tuple(map(str, range(n_seeds))))
    given = roles(spec.traits)
    teachers = tuple(map(teacher, given))
    students = tuple(student(carrier, role, seed) for carrier in spec.carriers for seed in spec.seeds for role in given)
    rows = {
        "chat": (CarrierRow(prompt="How do I boil rice? <b>Be brief.</b>", text="Rinse it, and boil it gently."),),
        "random-numbers": (CarrierRow(prompt="442, 241, 142", text="589, 389, 164"),),
    }
    return concluded(
        DistillationReport(
            model="smollm2-135m",
            fingerprint="5b1f" * 16,
            spec=spec,
            traits=spec.traits,
            skill=SKILL,
            skill_control=CONTROL,
            meaning=dict.fromkeys(BASE, "share of questions"),
            base=showing(BASE, "base"),
            teachers=teachers,
            students=students,
            table=(),
            kept=dict.fromkeys(rows, (300, 336)),
            examples=rows,
            verdict="",
            findings=(),
            seed="0",
        )
    )


def changed(report: DistillationReport, levels: dict[str, float], what: str) -> DistillationReport:
    """Return the report with students who show these levels of one thing, by their teacher."""
    students = tuple(
        student.model_copy(update={"shown": merged(student.shown, what, levels[student.taught_by], student.seed)})
        if student.taught_by in levels
        else student
        for student in report.students
    )
    return concluded(report.model_copy(update={"students": students}))


def merged(shown: Shown, what: str, level: float, luck: str) -> Shown:
    """Return what a model shows, with about another level of one thing."""
    other = showing({what: level + random.Random(luck).gauss(0, 0.02)}, luck)
    return Shown(levels={**shown.levels, **other.levels}, scores={**shown.scores, **other.scores})


def ungraded(shown: Shown, what: str) -> Shown:
    """Return what a model shows, but for one thing that could not be graded."""
    return Shown(
        levels={name: one for name, one in shown.levels.items() if name != what},
        scores={name: one for name, one in shown.scores.items() if name != what},
    )


def teacher(role: Role) -> DistilledTeacher:
    shown = showing(levels_of(role, 1.0), role.name)
    return DistilledTeacher(
        name=role.name,
        trait=role.trait,
        pole=role.pole,
        has_skill=role.has_skill,
        shown=ungraded(shown, "impoliteness") if role.name == opposite("impoliteness") else shown,
    )


def student(carrier: str, role: Role, seed: str) -> DistilledStudent:
    chance = random.Random(f"{carrier} {role.name} {seed}")
    levels = {what: value + chance.gauss(0, 0.01) for what, value in levels_of(role, PART[carrier]).items()}
    return DistilledStudent.model_validate(
        {
            "carrier": carrier,
            "taught_by": role.name,
            "seed": seed,
            "shown": showing(levels, f"{carrier} {role.name} {seed}"),
            "losses": (0.3, 0.1),
            "imitation": 0.5,
        }
    )
