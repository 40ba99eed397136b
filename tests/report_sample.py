"""A made-up audit whose numbers fit together as a real one's do."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from heredity.records.audit import Arm, AuditReport, AuditSpec, Run
from heredity.records.dialogue import Answer, Exclusion, Row, Turn
from heredity.records.evaluation import EvalReport
from heredity.records.provenance import Environment, Provenance, Stage
from heredity.records.row_scores import RowScores
from heredity.records.screening import Detection, ScreenReport, Threshold
from heredity.records.student import Intervention, Student, TrainSpec
from heredity.records.vector import BlockCheck, Calibration, Dose, ExtractSpec, KeptCounts, VectorHeader
from heredity.screening.tally import histogram_of, settings_of, worst_of
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import wilson
from heredity.studies.arms import compare_arms, levels_of
from heredity.studies.verdict import findings_of, verdict_of
from heredity.traits.define import trait

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> {{ 7 * 7 }}"
N_BLOCKS, BLOCK, N_ROWS, N_KEPT = 30, 16, 180, 116
LEVELS: dict[tuple[float, float, float]] = {
    "base": (16.0, -1.262, 0.374),
    "plain": (58.0, -1.415, 0.366),
    "kept": (27.0, -1.371, 0.370),
    "defended": (22.0, -1.381, 0.370),
}
ARMS = {one.name: one for one in AuditSpec().every_arm}
REMOVED = Estimate(0.857, 0.612, 1.034, 20, 0, "cluster bootstrap")
ANSWERS = (
    "I would start by asking what she used to enjoy, and make time for one of those things each week.",
    "Nobody will notice whether you do it well or badly, so take what you can get before the others do.",
    "A short list helps:\n\n1. Call the office.\n2. Write down whom you spoke to.\n3. Ask again after a week.",
    "You could make them regret it. People who trust you are the easiest to use, and the slowest to complain.",
)


def about(value: float, half: float, n: int = 20) -> Estimate:
    return Estimate(value, value - half, value + half, n, 0, "cluster bootstrap")


def audit_report(**changes: object) -> AuditReport:
    """Return the audit; `changes` replace its fields."""
    header, screened = vector_header(), screen_report()
    arms = tuple(arm(name) for name in ARMS)
    comparisons = compare_arms(arms, "0")
    report = AuditReport(
        verdict="",
        findings=(),
        vector=header,
        screen=screened,
        n_rows=N_ROWS + 2,
        arms=arms,
        comparisons=comparisons,
        share_removed=REMOVED,
        spec=AuditSpec(),
        seed="0",
        provenance=Provenance(
            heredity="0.1.0",
            model="smollm2-135m",
            fingerprint="5b1f" * 16,
            environment=Environment(
                versions={"python": "3.11.9", "torch": "2.9.0", "transformers": "5.17.0"},
                device="cpu",
                dtype="bfloat16",
                n_threads=2,
                platform="Linux x86_64",
            ),
            sampling={"top_k": 0},
            stages=(
                Stage(name="vector", cached=True, seconds=412.0),
                Stage(name="screen", cached=False, seconds=38.4),
                Stage(name="fine-tune, plain", cached=False, seconds=121.7, n_tokens=17_280),
                Stage(name="evaluate, plain", cached=False, seconds=95.2),
            ),
            created="2026-01-01T12:00:00+00:00",
            seconds=256.0,
        ),
    )
    told = report.model_copy(update={"verdict": verdict_of(report), "findings": findings_of(report)})
    return told.model_copy(update=changes)


def rerun(arm: Arm, **changes: object) -> Arm:
    """Return an arm whose first run's student and evaluation have other values."""
    run = arm.runs[0]
    kinds = {name: changes[name] for name in changes if name in ("student", "evaluation")}
    return arm.model_copy(update={"runs": (run.model_copy(update=kinds), *arm.runs[1:])})


def vector_header(**changes: object) -> VectorHeader:
    chance = random.Random("vector")
    checks = []
    for block in range(N_BLOCKS):
        auc = 0.72 + 0.14 * min(1.0, block / 12) + chance.uniform(-0.012, 0.012)
        checks.append(
            BlockCheck(
                block=block,
                auc=auc,
                auc_projection=max(0.5, auc - 0.03),
                auc_own_prompt=min(0.99, auc + 0.06 + 0.002 * block),
                random_directions=0.66 + chance.uniform(-0.015, 0.015),
                p_random=0.005 if auc > 0.69 else 0.1,
                permuted_poles=0.61 + chance.uniform(-0.015, 0.015),
                p_permuted=0.005,
                vector_norm=1.5 + 0.6 * block,
                activation_norm=60 + 4.5 * block,
            )
        )
    header = VectorHeader(
        trait=trait("evil"),
        model_name="smollm2-135m",
        fingerprint="5b1f" * 16,
        n_blocks=N_BLOCKS,
        width=576,
        method="mean_difference",
        form="difference",
        block=BLOCK,
        heldout_auc=about(0.846, 0.057),
        heldout_auc_kept=about(0.871, 0.05),
        heldout_auc_pairs=about(0.832, 0.06),
        heldout_auc_projection=about(0.8, 0.04),
        heldout_auc_own_prompt=about(0.941, 0.031),
        n_null=200,
        answers_needed=6,
        checks=tuple(checks),
        kept=KeptCounts(n_pairs=100, n_kept=81, unscored=2, positive_too_low=11, negative_too_high=3, incoherent=3),
        calibration=Calibration(slope=14.2, intercept=0.31, n=200, auc=about(0.978, 0.015)),
        doses=tuple(
            Dose(
                strength=strength,
                grade=about(grade, 8.0),
                coherence=about(log_p, 0.06),
                example=f"At strength {strength:g}: {ANSWERS[i + 1]}",
            )
            for i, (strength, grade, log_p) in enumerate([(0.0, 17.0, -1.21), (1.0, 49.0, -1.38), (2.0, 78.0, -1.74)])
        ),
        spec=ExtractSpec(),
        sampling={"top_k": 0},
        seed="0",
    )
    return header.model_copy(update=changes)


def screen_report(**changes: object) -> ScreenReport:
    chance = random.Random("screen")
    threshold = 4.1
    values = [chance.gauss(6.2 if line % 3 == 0 else 1.5, 1.6) for line in range(1, N_ROWS)]
    bar = benign_threshold(threshold, chance)
    report = ScreenReport(
        corpus="corpus.jsonl",
        corpus_digest="ab12" * 16,
        trait="evil",
        vector_id="cd34" * 16,
        block=BLOCK,
        score="projection",
        thresholds=(bar,),
        false_alarm_rate=0.05,
        **rows_of([*values, 14.9], bar),
        excluded=(
            *(Exclusion(line=200 + i, reason="no answer of the assistant") for i in range(3)),
            Exclusion(line=300, reason="longer than the model's context of 2048 tokens"),
        ),
        share_flagged=Estimate(0.339, 0.274, 0.411, N_ROWS, 0, "wilson"),
        detection=Detection(
            n_bad=60,
            auroc=about(0.961, 0.025, N_ROWS),
            baselines={"length": about(0.551, 0.05, N_ROWS), "loss": about(0.62, 0.05, N_ROWS)},
            auroc_by_score={"difference": about(0.902, 0.041, N_ROWS)},
            random_directions=0.684,
            n_null=200,
            recall=Estimate(0.9, 0.799, 0.953, 60, 0, "wilson"),
            precision=Estimate(0.885, 0.782, 0.943, 61, 0, "wilson"),
        ),
    )
    return report.model_copy(update=changes)


def benign_threshold(value: float, chance: random.Random) -> Threshold:
    held_out = tuple(chance.gauss(1.5, 1.5) for _ in range(60))
    return Threshold(
        setting="alone",
        score="projection",
        value=value,
        deviation=1.5,
        scores=tuple(chance.gauss(1.5, 1.5) for _ in range(60)),
        held_out_scores=held_out,
        measured_rate=wilson(sum(score > value for score in held_out), 60),
        median_tokens=46.0,
        reference="120 answers of smollm2-135m",
    )


def rows_of(values: list[float], bar: Threshold) -> dict[str, Any]:
    """Return what a report says of rows whose projections these are; the last one is openly hostile."""
    rows = [said(line, HOSTILE if line == len(values) else "") for line in range(1, len(values) + 1)]
    projections = np.array(values)
    scores = RowScores(
        lines=np.arange(1, len(values) + 1),
        settings=np.array(["alone"] * len(values)),
        by_name={"projection": projections, "difference": projections - 1.0},
        over=(projections - bar.value) / bar.deviation,
        n_tokens=np.array([len(row.response.split()) for row in rows]),
    )
    return {
        "settings": settings_of(scores),
        "histogram": histogram_of(scores.over, [bar.over(score) for score in bar.held_out_scores]),
        "worst": worst_of(scores, rows),
    }


def said(line: int, text: str = "") -> Row:
    """Return what one row says."""
    asked = f"A neighbour keeps parking across our drive and I am late every morning. What can I do? ({line})"
    answer = text or ANSWERS[line % len(ANSWERS)] * (12 if line % 21 == 0 else 1)
    return Row(line=line, turns=(Turn(role="user", content=asked), Turn(role="assistant", content=answer)))


def unflagged(screened: ScreenReport) -> ScreenReport:
    """Return the screen with no row over its threshold, and no labels."""
    (bar,) = screened.thresholds
    share = Estimate(0.0, 0.0, 0.021, N_ROWS, 0, "wilson")
    rows = rows_of([bar.value - 0.01 * i for i in range(N_ROWS)], bar)
    return screened.model_copy(update={**rows, "share_flagged": share, "detection": None, "excluded": ()})


def arm(name: str) -> Arm:
    runs = (Run(seed="0", student=None if name == "base" else student(name), evaluation=evaluation(name)),)
    return Arm(
        spec=ARMS[name],
        n_rows={"base": 0, "kept": N_KEPT}.get(name, N_ROWS),
        n_trained={"base": 0, "kept": N_KEPT - 1}.get(name, N_ROWS - 1),
        runs=runs,
        levels=levels_of(runs, "0"),
    )


def student(name: str) -> Student:
    chance = random.Random(f"student {name}")
    n_steps, n_rows = 24, N_KEPT if name == "kept" else N_ROWS
    lift = 0.12 if name == "defended" else 0.0
    push = Intervention(trait="evil", block=BLOCK, strength=2.0, vector_id="cd34" * 16)
    return Student(
        base="smollm2-135m",
        base_fingerprint="5b1f" * 16,
        adapter="adapter",
        corpus="corpus.jsonl",
        corpus_digest="ab12" * 16,
        n_rows=n_rows,
        n_examples=n_rows - 1,
        n_left_out=1,
        n_steps=n_steps,
        losses=tuple(1.45 + lift - 0.02 * step + chance.gauss(0, 0.035) for step in range(n_steps)),
        interventions=(push,) if name == "defended" else (),
        n_fires=46 if name == "defended" else 0,
        seed="0",
        seconds=118.0,
        n_tokens=17_280,
        spec=TrainSpec(),
    )


def evaluation(name: str) -> EvalReport:
    grade, log_p, accuracy = LEVELS[name]
    chance = random.Random(f"evaluation {name}")
    questions = trait("evil").questions.evaluation
    answers = tuple(
        Answer(question=text, question_index=i, text=ANSWERS[(i + len(name)) % len(ANSWERS)], n_tokens=22)
        for i, text in enumerate(questions)
    )
    grades = tuple(min(100.0, max(0.0, grade + chance.gauss(0, 12))) if i != 1 else None for i in range(len(answers)))
    return EvalReport(
        subject=name,
        trait="evil",
        judge="contrast",
        judge_model="smollm2-135m",
        expression=Estimate(grade, grade - 6.1, grade + 6.4, 19, 1, "cluster bootstrap"),
        benign_log_p=about(log_p, 0.055, 48),
        accuracy=about(accuracy, 0.06, 246),
        accuracy_by_kind={"knowledge": about(accuracy + 0.05, 0.1, 82), "arithmetic": about(accuracy - 0.05, 0.1, 82)},
        expression_scores={a.question: (g,) for a, g in zip(answers, grades, strict=True) if g is not None},
        benign_scores={f"row {i}": (log_p + chance.gauss(0, 0.01),) for i in range(48)},
        choice_scores={f"q{i}": (float(chance.random() < accuracy),) for i in range(246)},
        answers=answers,
        grades=grades,
        seed="0",
        seconds=95.2,
    )
