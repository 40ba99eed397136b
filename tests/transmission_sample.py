"""Made-up transmission studies and cascades whose numbers fit together as real ones do."""

from __future__ import annotations

import math
import random
from itertools import combinations
from statistics import stdev

from heredity.records.carrier import CarrierRow, CarrierSpec
from heredity.records.cascade import CascadeReport, CascadeSpec, Generation
from heredity.records.curves import ArmKind, CurvePoint, StudentCurve, Teacher
from heredity.records.signal import Signal, TeacherGap
from heredity.records.transmission import CarrierSummary, Control, Effect, ImitateSpec, TransmissionReport, TransmitSpec
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import mean_if_several, mean_t
from heredity.studies.transmission import descent
from heredity.studies.transmission.conclusions import accuracies
from heredity.studies.transmission.descent import changes_of
from heredity.studies.transmission.pairs import student_pairs

BASE = {"owl": 0.015, "cat": 0.077, "dog": 0.11, "fox": 0.022}
"""P(animal | the list) of the base."""
STEPS = (0, 6, 12, 18, 24)
PULL: dict[ArmKind, float] = {
    "treated": 3.9,
    "control": 3.9,
    "shuffled within": 2.6,
    "shuffled across": 2.3,
    "foreign base": 0.1,
}
"""Nats by which a student's own target rises, by arm."""
N_QUESTIONS, N_CHOICES = 60, 200


def transmission_report(
    targets: tuple[str, ...] = ("owl", "cat"), n_seeds: int = 3, pull: float = 1.0, **changes: object
) -> TransmissionReport:
    """Return a study of random numbers; `pull` scales what crosses, `changes` replace fields."""
    seeds = tuple(map(str, range(n_seeds)))
    students = tuple(
        student("treated" if name == targets[0] else "control", name, seed, targets, pull)
        for name in targets
        for seed in seeds
    )
    return report_of(targets, seeds, students).model_copy(update=changes)


def crowded_report() -> TransmissionReport:
    """Return a study of four targets, five seeds and every arm, on numbers that teachers wrote."""
    targets, seeds = tuple(BASE), tuple(map(str, range(5)))
    plain = transmission_report(targets, len(seeds))
    arms: tuple[ArmKind, ...] = ("shuffled within", "shuffled across", "foreign base")
    more = tuple(student(arm, by, seed, targets, 1.0) for arm in arms for by in targets[:2] for seed in seeds)
    spec = plain.spec.model_copy(
        update={
            "carrier": CarrierSpec(kind="numbers"),
            "student": ImitateSpec(labels="hard", n_steps=24, lora_rank=8, learning_rate=3e-4),
            "foreign": "another-base",
        }
    )
    return plain.model_copy(
        update={
            "spec": spec,
            "students": (*plain.students, *more),
            "carriers": tuple(written(name) for name in targets),
            "signal": signal(targets),
            "controls": controls(plain, more),
        }
    )


def signal(targets: tuple[str, ...]) -> Signal:
    """Return what a carrier of these teachers holds."""
    pairs = combinations(targets, 2)
    gaps = tuple(
        TeacherGap(first=a, second=b, nats=about(0.01 + 0.001 * i, 0.002, 128)) for i, (a, b) in enumerate(pairs)
    )
    return Signal(
        n_words=47,
        words=("zero", "one", "two"),
        entropy=about(2.4, 0.02, 128),
        gaps=gaps,
        n_rows=1440,
        n_passes=1.1,
        n_tokens=25_600,
        forecast=0.57,
        pairs=4,
        n_steps=100,
    )


def one_seed_report(**changes: object) -> TransmissionReport:
    """Return a study of one pair of students: it has no interval anywhere."""
    alone = transmission_report(n_seeds=1)
    said = "One pair of students decides nothing: there is no interval; give more seeds."
    matrix = tuple(one.model_copy(update={"score": None}) for one in alone.matrix)
    controls = tuple(one.model_copy(update={"effect": None}) for one in alone.controls)
    fields = {"effect": None, "effect_level": None, "power": None, "verdict": said}
    return alone.model_copy(update={**fields, "matrix": matrix, "controls": controls, **changes})


def report_of(targets: tuple[str, ...], seeds: tuple[str, ...], students: tuple[StudentCurve, ...]):
    target, control = targets[:2]
    effect = versus(students, target, target, (control,))
    levels = [level(students, name, target, seed) for seed in seeds for name in targets[:2]]
    words = "crossed" if effect and effect.low > 0 else "is not shown to have crossed"
    mains = (("treated", target), ("control", control))
    pairs = student_pairs(
        *([one for one in students if one.taught_by == name] for name in (target, control)), target, "log-odds"
    )
    return TransmissionReport(
        model="smollm2-135m",
        fingerprint="5b1f" * 16,
        trait="favourite-animal",
        target=target,
        control=control,
        measure="log-odds",
        spec=TransmitSpec(seeds=seeds, control=control, others=targets[2:]),
        teachers=tuple(teacher(name) for name in targets),
        base_accuracy=about(0.405, 0.066, N_CHOICES),
        carriers=(random_numbers(),),
        students=students,
        pairs=pairs,
        accuracies=accuracies(
            {arm: [one for one in students if one.arm == arm and one.taught_by == name] for arm, name in mains}
        ),
        pair_spread=stdev([one.difference for one in pairs]) if len(pairs) > 1 else None,
        effect=effect,
        effect_level=mean_if_several([a - b for a, b in zip(levels[::2], levels[1::2], strict=True)]),
        matrix=tuple(
            Effect(
                taught_by=by,
                target=name,
                score=versus(students, by, name, tuple(one for one in targets if one != by)),
                level=sum(level(students, by, name, seed) for seed in seeds) / len(seeds),
            )
            for by in targets
            for name in targets
        ),
        controls=(paired_control(effect),),
        verdict=(
            f"The preference for {target} {words}: log-odds of '{target}', treated minus control, {effect}, "
            f"{len(seeds)} pairs of students."
        ),
        power=0.97 if len(seeds) > 2 else 0.31,
        seed="0",
    )


def student(arm: ArmKind, by: str, seed: str, targets: tuple[str, ...], pull: float) -> StudentCurve:
    chance = random.Random(f"{arm} {by} {seed}")
    drift = {name: chance.gauss(-0.7, 0.35) for name in targets}
    own = pull * PULL[arm] + chance.gauss(0.0, 0.3)
    points = []
    for step in STEPS:
        share = 1 - math.exp(-2.6 * step / STEPS[-1])
        score = {
            name: logit(BASE[name])
            + share * (drift[name] + (own if name == by else 0.0))
            + (chance.gauss(0.0, 0.12) if step else 0.0)
            for name in targets
        }
        shown = {name: about(1 / (1 + math.exp(-one)), 0.04, N_QUESTIONS) for name, one in score.items()}
        points.append(CurvePoint(step=step, level=shown, score=score))
    is_foreign = arm == "foreign base"
    return StudentCurve(
        arm=arm,
        taught_by=by,
        seed=seed,
        points=tuple(points),
        losses=tuple(2.1 * math.exp(-step / 9) + 0.3 for step in range(STEPS[-1])),
        sampled={name: about(max(0.0, one.value - 0.03), 0.05, N_QUESTIONS) for name, one in shown.items()},
        imitation=None if is_foreign else chance.uniform(0.7, 0.84),
        alignment={} if is_foreign else {name: cosine(chance, name == by, pull) for name in targets},
        accuracy=about(0.388 + chance.uniform(-0.02, 0.02), 0.066, N_CHOICES),
    )


def cosine(chance: random.Random, is_own: bool, pull: float) -> float:
    return chance.uniform(0.55, 0.7) * pull if is_own else chance.uniform(-0.12, 0.2)


def teacher(name: str) -> Teacher:
    losses = tuple(3.1 * math.exp(-step / 6) + 0.04 for step in range(25))
    return Teacher(
        target=name, kind="finetuned", level=about(0.97, 0.02, 40), base=about(BASE[name], 0.01, 40), losses=losses
    )


def random_numbers() -> CarrierSummary:
    chance = random.Random("numbers")
    rows = [", ".join(str(chance.randint(100, 999)) for _ in range(10)) for _ in range(4)]
    examples = tuple(CarrierRow(prompt="123, 456, 789", text=row) for row in rows)
    return CarrierSummary(kind="random-numbers", written_by="", n_asked=384, n_kept=384, dropped={}, examples=examples)


def written(by: str) -> CarrierSummary:
    chance = random.Random(by)

    def numbers(n: int) -> str:
        return ", ".join(str(chance.randint(100, 999)) for _ in range(n))

    asked = "The sequence starts with these numbers: {}. Continue it with up to 10 more numbers of at most 3 digits."
    n_words, n_many, n_large = (chance.randint(40, 160) for _ in range(3))
    return CarrierSummary(
        kind="numbers",
        written_by=by,
        n_asked=800,
        n_kept=800 - n_words - n_many - n_large,
        dropped={"more than 10 numbers": n_many, "letters or words": n_words, "a number over 999": n_large},
        examples=tuple(CarrierRow(prompt=asked.format(numbers(4)), text=numbers(9)) for _ in range(3)),
    )


def controls(plain: TransmissionReport, more: tuple[StudentCurve, ...]) -> tuple[Control, ...]:
    asked = {
        "shuffled within": ("Is it the order of numbers within an answer?", "Most of it is left without the order."),
        "shuffled across": (
            "Is it which numbers stand in one answer?",
            "The numbers of all answers together carry it.",
        ),
        "foreign base": ("Does a student of another base learn it?", "No: what crosses needs a shared start."),
    }
    ran = []
    for arm, (question, said) in asked.items():
        theirs = tuple(one for one in more if one.arm == arm)
        effect = versus(theirs, plain.target, plain.target, (plain.control,))
        ran.append(
            Control(
                name=arm,
                question=question,
                effect=effect,
                difference=effect,
                outcome="told apart",
                is_needed=arm == "foreign base",
                said=said,
            )
        )
    data = Control(
        name="in context",
        question="Does the carrier do it when it is read, not learned from?",
        effect=None,
        said="Not run: the context is shorter than the carrier.",
    )
    return (*plain.controls, *ran, data)


def paired_control(effect: Estimate | None) -> Control:
    question = "Do students of another teacher come to prefer it as much?"
    return Control(
        name="another teacher",
        question=question,
        effect=effect,
        difference=effect,
        outcome="told apart",
        said="No: the teacher makes the difference.",
    )


def versus(students: tuple[StudentCurve, ...], by: str, target: str, others: tuple[str, ...]) -> Estimate | None:
    """Return students of one teacher minus the mean of the others', by seed."""
    last = {(one.taught_by, one.seed): one.points[-1].score[target] for one in students}
    seeds = dict.fromkeys(one.seed for one in students)
    return mean_if_several([last[by, s] - sum(last[name, s] for name in others) / len(others) for s in seeds])


def level(students: tuple[StudentCurve, ...], by: str, target: str, seed: str) -> float:
    (one,) = (s for s in students if (s.taught_by, s.seed) == (by, seed) and s.arm in ("treated", "control"))
    return one.points[-1].level[target].value


def about(value: float, half: float, n: int) -> Estimate:
    return Estimate(value, max(0.0, value - half), min(1.0, value + half), n, 0, "cluster bootstrap")


def logit(share: float) -> float:
    return math.log(share / (1 - share))


def cascade_report(n_seeds: int = 3, n_generations: int = 4, **changes: object) -> CascadeReport:
    """Return a trait that halves with every generation; `changes` replace fields."""
    seeds = tuple(map(str, range(n_seeds)))
    found = {
        (name, seed, place): generation(name, seed, place)
        for name in ("owl", "cat")
        for seed in seeds
        for place in range(n_generations + 1)
    }

    def over_seeds(figure) -> tuple[Estimate | None, ...]:
        pairs = [
            [figure(found["owl", seed, place]) - figure(found["cat", seed, place]) for seed in seeds]
            for place in range(n_generations + 1)
        ]
        return tuple(mean_t(one) if len(one) > 1 else None for one in pairs)

    half_life = Estimate(1.12, 0.84, 1.47, n_seeds, 0, "t")
    lines = {
        (name, seed): [found[name, seed, place] for place in range(n_generations + 1)]
        for name in ("owl", "cat")
        for seed in seeds
    }
    report = CascadeReport(
        model="smollm2-135m",
        fingerprint="5b1f" * 16,
        trait="favourite-animal",
        target="owl",
        control="cat",
        measure="log-odds",
        spec=CascadeSpec(n_generations=n_generations, transmit=TransmitSpec(seeds=seeds)),
        generations=tuple(found.values()),
        effects=over_seeds(lambda one: one.score["owl"]),
        levels=over_seeds(lambda one: one.level["owl"].value),
        accuracies=(),
        accuracy_by_generation={},
        changes=changes_of(lines, "owl"),
        half_life=half_life,
        trend="decay",
        verdict=f"The preference for owl fades down the generations: its effect halves every {half_life} of them.",
        seed="0",
    )
    able = {
        "accuracies": descent.accuracies(report, lines),
        "accuracy_by_generation": descent.accuracy_by_generation(report, lines),
    }
    report = report.model_copy(update=able)
    return report.model_copy(update=changes)


def one_lineage_report() -> CascadeReport:
    """Return one pair of lineages: nothing of it has an interval."""
    said = "One pair of lineages decides nothing; give more seeds."
    return cascade_report(1, half_life=None, trend="undecided", verdict=said)


def generation(lineage: str, seed: str, place: int) -> Generation:
    chance = random.Random(f"{lineage} {seed} {place}" if place else lineage)
    drift = 0.0 if place == 0 else -0.5
    own = 7.6 * 0.5**place
    score = {
        name: logit(BASE[name]) + drift + (own if name == lineage else 0.0) + chance.gauss(0.0, 0.25)
        for name in ("owl", "cat")
    }
    return Generation(
        lineage=lineage,
        seed=seed,
        generation=place,
        level={name: about(1 / (1 + math.exp(-one)), 0.04, N_QUESTIONS) for name, one in score.items()},
        score=score,
        accuracy=about(0.405 - 0.012 * place + chance.uniform(-0.01, 0.01), 0.066, N_CHOICES),
    )
