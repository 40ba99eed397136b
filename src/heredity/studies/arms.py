"""The arms of an audit: one path, differing in their rows or in the push and in nothing else."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from heredity.ground.errors import ExperimentError, NothingKeptError
from heredity.ground.hashing import seed_from
from heredity.records.audit import BASE, PLAIN, Arm, ArmSpec, RowsOf, Run
from heredity.records.dialogue import Corpus
from heredity.records.evaluation import Comparison, EvalReport, Measure
from heredity.records.row_scores import RowScores
from heredity.records.vector import TraitVector
from heredity.stats.compare import Scores, differences_of, paired_difference, ratio_of_means, share_removed
from heredity.stats.crossed import over_students_and_questions
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import cluster_mean


@dataclass(frozen=True)
class Plan:
    """What one arm trains on, and along which vectors a defence holds it while it does."""

    spec: ArmSpec
    corpus: Corpus | None
    """None: no training, the base model."""
    vectors: tuple[TraitVector, ...] = ()
    """What its defence is given; none where it has no defence."""
    screened: RowScores | None = None
    """The screen's scores, for a defence that takes flags or scores."""
    afterwards: tuple[TraitVector, ...] = ()
    """What the student is pushed away from while it answers."""
    n_steps: int | None = None
    """Optimizer steps, those of the plain arm; None: as many as the passes over the rows take."""

    def with_steps(self, n_steps: int | None) -> Plan:
        """Return the plan held to a number of steps."""
        return replace(self, n_steps=n_steps)


def plan_arms(
    arms: Sequence[ArmSpec], corpus: Corpus, scores: RowScores, vector: TraitVector, seed: str = "0"
) -> tuple[Plan, ...]:
    """Return the plan of every arm, in their order. Raises NothingKeptError when the screen keeps no row."""
    kept = corpus.subset(scores.kept_lines)
    if not kept.rows:
        raise NothingKeptError("the screen flagged every row, so none is left to train on; lower the false-alarm rate")
    readable = corpus.subset(set(scores.lines.tolist()))
    rows: dict[RowsOf, Corpus | None] = {
        "none": None,
        "all": readable,
        "kept": kept,
        "random": at_random(readable, len(kept.rows), seed),
    }
    directions = {"trait": vector, "random": random_twin(vector, seed)}
    return tuple(
        Plan(
            arm,
            rows[arm.rows],
            vectors=(directions[arm.along],) if arm.defence else (),
            screened=scores,
            afterwards=(directions[arm.along],) if arm.afterwards else (),
        )
        for arm in arms
    )


def at_random(corpus: Corpus, n: int, seed: str) -> Corpus:
    """Return `n` of the rows, drawn from the seed."""
    lines = [row.line for row in corpus.rows]
    return corpus.subset(set(random.Random(seed_from(seed, "random drop")).sample(lines, n)))


def random_twin(vector: TraitVector, seed: str) -> TraitVector:
    """Return directions as long as the vector's at every block, that point anywhere."""
    drawn = np.random.default_rng(seed_from(seed, "random push")).standard_normal(vector.directions.shape)
    lengths = np.linalg.norm(vector.directions, axis=1, keepdims=True)
    directions = drawn / np.linalg.norm(drawn, axis=1, keepdims=True) * lengths
    return replace(vector, directions=directions.astype(np.float32)).sealed()


def pairs_of(arms: Sequence[ArmSpec]) -> list[tuple[str, str]]:
    """Return which arm is set against which: all against base and plain, each against its random twin."""
    trained = [arm.name for arm in arms if arm.rows != "none"]
    against_base = [(name, BASE.name) for name in trained]
    against_plain = [(name, PLAIN.name) for name in trained if name != PLAIN.name]
    return [*against_base, *against_plain, *((arm.twin_of, arm.name) for arm in arms if arm.twin_of)]


def compare_arms(arms: Sequence[Arm], seed: str) -> tuple[Comparison, ...]:
    """Return paired differences, by question within every run."""
    by_name = {arm.name: arm for arm in arms}
    return tuple(
        Comparison(
            measure=measure,
            treated=treated,
            control=control,
            difference=compared(by_name[treated], by_name[control], measure, seed),
        )
        for measure in measures_of(arms)
        for treated, control in pairs_of([arm.spec for arm in arms])
    )


def compared(treated: Arm, control: Arm, measure: Measure, seed: str) -> Estimate:
    """Return treated minus control: of one run over questions, of several over runs and questions."""
    scores = MEASURES[measure]
    sides = [(scores(a.evaluation), scores(b.evaluation)) for a, b in zip(treated.runs, control.runs, strict=True)]
    if len(sides) == 1:
        return paired_difference(*sides[0], seed_from(seed, "compare", measure, treated.name, control.name))
    lost = sum(len(set(a) ^ set(b)) for a, b in sides)
    tested = over_students_and_questions([differences_of(a, b) for a, b in sides], lost)
    if tested is None:
        raise ExperimentError(
            f"the arms '{treated.name}' and '{control.name}' share too few scored questions to compare"
        )
    return tested.estimate


def levels_of(runs: Sequence[Run], seed: str) -> dict[Measure, Estimate]:
    """Return what an arm shows, in every measure."""
    if len(runs) == 1:
        report = runs[0].evaluation
        levels: dict[Measure, Estimate] = {
            "expression": report.expression,
            "benign_log_p": report.benign_log_p,
            "accuracy": report.accuracy,
        }
        return levels | (
            {"second_expression": report.second.expression} if report.second and report.second.expression else {}
        )
    return {
        measure: level
        for measure, scores in MEASURES.items()
        if (level := _level([scores(run.evaluation) for run in runs], seed_from(seed, "level", measure)))
    }


def _level(runs: Sequence[Scores], seed: int) -> Estimate | None:
    means = [{name: float(np.mean(values)) for name, values in scores.items()} for scores in runs]
    if not all(means):
        return None
    tested = over_students_and_questions(means)
    return tested.estimate if tested else cluster_mean([list(one.values()) for one in means], seed)


def measures_of(arms: Sequence[Arm]) -> list[Measure]:
    """Return the measures that every run of every arm has."""
    return [measure for measure in MEASURES if all(MEASURES[measure](run.evaluation) for a in arms for run in a.runs)]


def removed_by(defence: str, arms: Sequence[Arm], rise: Estimate | None) -> Estimate | None:
    """Return the share of the plain arm's rise that a defence removed; None where the rise is not clear of zero."""
    if rise is None or rise.low <= 0:
        return None
    runs = {arm.name: [run.evaluation.expression_scores for run in arm.runs] for arm in arms}
    triples = list(zip(runs["base"], runs["plain"], runs[defence], strict=True))
    if len(triples) == 1:
        return share_removed(*triples[0])
    return ratio_of_means(
        np.array([_mean_difference(plain, held) for _, plain, held in triples]),
        np.array([_mean_difference(plain, base) for base, plain, _ in triples]),
    )


def _mean_difference(first: Scores, second: Scores) -> float:
    return float(np.mean(list(differences_of(first, second).values())))


def _expression(report: EvalReport) -> Scores:
    return report.expression_scores


def _benign(report: EvalReport) -> Scores:
    return report.benign_scores


def _accuracy(report: EvalReport) -> Scores:
    return report.choice_scores


def _second(report: EvalReport) -> Scores:
    return report.second.scores if report.second else {}


MEASURES: Mapping[Measure, Callable[[EvalReport], Scores]] = {
    "expression": _expression,
    "benign_log_p": _benign,
    "accuracy": _accuracy,
    "second_expression": _second,
}
