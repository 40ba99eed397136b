"""What is read off a base, a teacher or a student: the same questions, seeds and judge for all of them."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from heredity.evaluation.ask import ask
from heredity.evaluation.capability import choice_questions, choice_scores
from heredity.evaluation.grade import by_question, grades_of
from heredity.ground.errors import ExperimentError
from heredity.ground.hashing import seed_from
from heredity.ground.progress import Progress
from heredity.judges.calibrated import calibrate_on
from heredity.judges.preference import option_probabilities
from heredity.models.chat import question, render
from heredity.models.generate import GenerateSpec
from heredity.models.model import Model
from heredity.models.read import ReadSpec, read
from heredity.models.weights import at_rest, mixed_precision
from heredity.records.curves import CurvePoint
from heredity.records.evaluation import EvalSpec, Scores
from heredity.records.trait import Trait
from heredity.records.vector import Calibration
from heredity.stats.arrays import Floats, log_odds
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import cluster_mean
from heredity.store.questions import everyday_questions
from heredity.studies.transmission.lab import ByQuestion, Lab

N_CHOICES = 80
"""Four-choice questions that show what a student can still do."""
N_UNRELATED = 40
"""Everyday questions over which activations are averaged."""
SAMPLING = EvalSpec(n_samples=2, n_tokens=48, n_benign=2)
"""How answers are sampled: to be judged (character) or searched for the target (preference)."""
N_TOKENS_OF_A_NAME = 12


def levels(lab: Lab, subject: Model, system: str | None = None) -> dict[str, ByQuestion]:
    """Return, by target, P(target | the list) or the judge's grade / 100 of every evaluation question.

    With `system` the subject answers under a system prompt: a prompted teacher. The base is asked once.
    """
    if subject is lab.model and not system:
        if not lab.base_levels:
            lab.base_levels = _levels(lab, subject, None)
        return lab.base_levels
    return _levels(lab, subject, system)


def _levels(lab: Lab, subject: Model, system: str | None) -> dict[str, ByQuestion]:
    traits = list(lab.targets.values())
    with at_rest(subject) as resting, mixed_precision(subject, lab.model.dtype):
        if lab.measure == "log-odds":
            first = traits[0]
            options, asked = (str(first.target), *first.alternatives), first.questions.evaluation
            before = question("", system)[:-1] if system else ()
            shares = option_probabilities(resting, options, asked, before, lab.progress)
            return {
                target: dict(zip(asked, map(float, shares[:, options.index(target)]), strict=True))
                for target in lab.targets
            }
        return {target: _mean_grades(lab, resting, trait, system) for target, trait in lab.targets.items()}


def point(lab: Lab, step: int, found: Mapping[str, ByQuestion]) -> CurvePoint:
    """Return a student's point on its curve from its levels."""
    return CurvePoint(
        step=step,
        level={target: estimate(lab, values) for target, values in found.items()},
        score={target: score(lab, values) for target, values in found.items()},
        by_question=dict(found),
    )


def score(lab: Lab, values: ByQuestion) -> float:
    """Return the mean in the study's measure: log-odds (nats), or points of grade (0-100) of what could be graded."""
    scored = np.array([value for value in values.values() if value is not None])
    if lab.measure == "grade":
        return float(100 * scored.mean())
    return float(log_odds(scored).mean())


def estimate(lab: Lab, values: ByQuestion) -> Estimate:
    """Return the mean level with an interval over questions: how well one model was measured, not how students vary."""
    scored = [[value] for value in values.values() if value is not None]
    return cluster_mean(scored, seed_from(lab.seed, "transmission"), len(values) - len(scored))


def sampled_rates(lab: Lab, subject: Model, seed: str) -> dict[str, Estimate]:
    """Return, by target, the share of sampled answers that name it; nothing for character traits."""
    if lab.measure == "grade" or not lab.spec.n_samples:
        return {}
    how = SAMPLING.model_copy(update={"n_samples": lab.spec.n_samples, "n_tokens": N_TOKENS_OF_A_NAME})
    with at_rest(subject) as resting, mixed_precision(subject, lab.model.dtype):
        answers = ask(resting, next(iter(lab.targets.values())), how, f"{lab.seed}/sampled/{seed}", lab.progress)
    rates = {}
    for target in lab.targets:
        named = re.compile(rf"\b{re.escape(target)}s?\b", re.IGNORECASE)
        hits = by_question(answers, [float(bool(named.search(a.text))) if a.is_reached else None for a in answers])
        rates[target] = cluster_mean(list(hits.values()), seed_from(lab.seed, "sampled"))
    return rates


def choices(lab: Lab, subject: Model) -> dict[str, float]:
    """Return 1 for every four-choice question that a model gets right, 0 for every other."""
    with at_rest(subject) as resting, mixed_precision(subject, lab.model.dtype):
        scores = choice_scores(resting, choice_questions(N_CHOICES), lab.progress)
    return {name: float(np.mean(values)) for name, values in scores.items()}


def accuracy(lab: Lab, chosen: Mapping[str, float]) -> Estimate:
    """Return the share of four-choice questions that a model gets right, with an interval over questions."""
    return cluster_mean([[value] for value in chosen.values()], seed_from(lab.seed, "accuracy"))


def shift(lab: Lab, subject: Model, system: str | None = None) -> tuple[float, ...]:
    """Return how far the mean activation of a model lies from the base's, `[width]`."""
    if "base" not in lab.activations:
        lab.activations["base"] = mean_activation(lab, lab.model)
    return tuple(float(x) for x in mean_activation(lab, subject, system) - lab.activations["base"])


def mean_activation(lab: Lab, subject: Model, system: str | None = None) -> Floats:
    """Return the mean over everyday questions of the last prompt token's stream, half way up, `[width]`."""
    with at_rest(subject) as resting, mixed_precision(subject, lab.model.dtype):
        return np.asarray(unrelated_states(resting, subject.n_blocks // 2, system, lab.progress).mean(axis=0))


def unrelated_states(subject: Model, block: int, system: str | None, progress: Progress) -> Floats:
    """Return the stream after a block at the last token of everyday questions' prompts, `[questions, width]`."""
    asked = everyday_questions("activation difference")[:N_UNRELATED]
    rows = [render(subject, question(text, system), ".") for text in asked]
    readings = read(subject, rows, [block], ReadSpec(positions=("last_prompt",)), progress)
    return np.asarray(readings.at("last_prompt", block), dtype=np.float64)


def calibration(lab: Lab, trait: Trait) -> Calibration:
    """Return the contrast judge's calibration for a character trait, made once."""
    if trait.name not in lab.calibrations:
        how = GenerateSpec(n_tokens=SAMPLING.n_tokens, temperature=SAMPLING.temperature)
        lab.calibrations[trait.name] = lab.kept(
            "calibration",
            {"trait": trait.id},
            Calibration,
            lambda: calibrate_on(lab.model, trait, how, lab.seed, lab.progress),
        )
    return lab.calibrations[trait.name]


def graded(lab: Lab, subject: Model, trait: Trait, system: str | None = None) -> Scores:
    """Return the grades (0-100) of sampled answers, by evaluation question; those with none left are missing."""
    how = SAMPLING.model_copy(update={"n_samples": max(1, lab.spec.n_samples)})
    answers = ask(subject, trait, how, f"{lab.seed}/graded", lab.progress, system)
    grades = grades_of(answers, trait, lab.model, calibration(lab, trait), lab.progress)
    return by_question(answers, grades)


def _mean_grades(lab: Lab, subject: Model, trait: Trait, system: str | None) -> ByQuestion:
    """Return the mean grade / 100 of each evaluation question, None where no answer to it could be graded."""
    by = graded(lab, subject, trait, system)
    if not by:
        raise ExperimentError(f"no answer about '{trait.name}' could be graded; the student's answers are empty")
    return {asked: float(np.mean(by[asked])) / 100 if asked in by else None for asked in trait.questions.evaluation}
