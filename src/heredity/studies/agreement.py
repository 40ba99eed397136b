"""Do different judges see the same? Answers of both poles, graded by each, and their rank correlations.

The answers are called up with other contrast pairs than those that the contrast judge compares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

import numpy as np
from scipy import stats as scipy_stats

from heredity.ground.errors import ExperimentError, InputError, NonFiniteError, NothingKeptError
from heredity.ground.progress import SILENCE, Progress
from heredity.judges.contrast import Asked, contrast_scores
from heredity.judges.elicit import elicit
from heredity.judges.language_model import commonest_reason, rubric_grades
from heredity.models.generate import GenerateSpec
from heredity.models.model import Model
from heredity.models.remote.endpoint import Endpoint
from heredity.records.agreement import AgreementReport, JudgeFigures, PairFigures, TraitAgreement
from heredity.records.dialogue import Answer, Grade, Unscored
from heredity.records.trait import Trait
from heredity.stats.correlation import correlation, within_conditions
from heredity.stats.discrimination import auc_estimate
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import mean_if_several

N_PAIRS = 2
"""Contrast pairs that call the answers up; the contrast judge compares others."""
MIN_SHARED = 8
"""Fewer answers graded by both judges say nothing of their agreement."""
Scores = list[float | None]
Judge = Callable[[Trait, Sequence[Asked]], tuple[Scores, Sequence[Unscored]]]
"""From answers to scores (None where there is none) and the reasons for those."""


def contrast_judge(model: Model, progress: Progress = SILENCE) -> Judge:
    """Return the contrast judge on a model; raw scores, which rank as grades do."""

    def judge(trait: Trait, answers: Sequence[Asked]) -> tuple[Scores, Sequence[Unscored]]:
        scores = contrast_scores(model, trait, answers, progress)
        kept: Scores = [None if isinstance(one, Unscored) else one for one in scores]
        return kept, [one for one in scores if isinstance(one, Unscored)]

    return judge


def rubric_judge(judge_model: Model | Endpoint, progress: Progress = SILENCE) -> Judge:
    """Return the rubric judge, local or remote; one that grades nothing of a trait is told, not raised.

    NaN in a judge's logits is no verdict on a trait: NonFiniteError is raised.
    """

    def judge(trait: Trait, answers: Sequence[Asked]) -> tuple[Scores, Sequence[Unscored]]:
        try:
            grades = rubric_grades(judge_model, trait.rubric, answers, progress)
        except NonFiniteError:
            raise
        except ExperimentError as error:
            return [None] * len(answers), [Unscored(reason=str(error))] * len(answers)
        kept: Scores = [one.value if isinstance(one, Grade) else None for one in grades]
        return kept, [one for one in grades if isinstance(one, Unscored)]

    return judge


def agreement(
    traits: Sequence[Trait],
    model: Model,
    judges: Mapping[str, Judge],
    seed: str = "0",
    progress: Progress = SILENCE,
) -> AgreementReport:
    """Return how far the judges agree on the model's answers for every trait.

    Raises InputError for fewer than two judges, or a trait with too few contrast pairs to keep the two uses apart.
    """
    if len(judges) < 2:
        raise InputError("agreement is between judges; name at least two")
    compared = [_on_trait(trait, model, judges, seed, progress) for trait in traits]
    return AgreementReport(
        model=model.name,
        judges=tuple(judges),
        traits=tuple(compared),
        mean_pooled=_means(compared, lambda pair: pair.pooled),
        mean_within=_means(compared, lambda pair: pair.within_poles),
        seed=seed,
    )


def _on_trait(trait: Trait, model: Model, judges: Mapping[str, Judge], seed: str, progress: Progress) -> TraitAgreement:
    if trait.is_judged_by_its_maker:
        raise InputError(f"'{trait.name}' has one contrast pair; one that makes and one that judges are two")
    answers = elicit(trait, model, 1, GenerateSpec(), seed, progress, trait.making[:N_PAIRS])
    asked = [Asked(answer.question, answer.text, answer.thought) for answer in answers]
    graded = {name: judge(trait, asked) for name, judge in judges.items()}
    return TraitAgreement(
        trait=trait.name,
        n_answers=len(answers),
        judges=tuple(_figures(name, *graded[name], answers) for name in judges),
        pairs=tuple(
            _pair(first, second, graded[first][0], graded[second][0], answers)
            for first, second in combinations(judges, 2)
        ),
    )


def _figures(name: str, scores: Scores, unscored: Sequence[Unscored], answers: Sequence[Answer]) -> JudgeFigures:
    kept = [i for i, score in enumerate(scores) if score is not None]
    is_positive = np.array([answers[i].pole == "positive" for i in kept], dtype=bool)
    has_both = bool(len(kept)) and 0 < is_positive.sum() < len(kept)
    values = np.array([scores[i] for i in kept], dtype=np.float64)
    return JudgeFigures(
        judge=name,
        auc=auc_estimate(values, is_positive, [answers[i].question for i in kept]) if has_both else None,
        n_unscored=len(unscored),
        commonest_reason=commonest_reason(unscored)[0] if unscored else "",
    )


def _pair(first: str, second: str, one: Scores, other: Scores, answers: Sequence[Answer]) -> PairFigures:
    kept = [i for i in range(len(answers)) if one[i] is not None and other[i] is not None]
    x, y = np.array([one[i] for i in kept], dtype=np.float64), np.array([other[i] for i in kept], dtype=np.float64)
    poles, questions = [answers[i].pole or "" for i in kept], [answers[i].question for i in kept]
    pooled, within = None, None
    if len(kept) >= MIN_SHARED:
        try:
            pooled = correlation(x, y, questions, by_rank=True)
            within = within_conditions(_ranked(x, poles), _ranked(y, poles), poles, questions)
        except NothingKeptError:
            pooled = None
    return PairFigures(first=first, second=second, pooled=pooled, within_poles=within)


def _ranked(values: np.ndarray, conditions: Sequence[str]) -> np.ndarray:
    """Return each value's rank inside its condition, as a share."""
    names, ranks = np.asarray(conditions), np.empty(len(values))
    for name in np.unique(names):
        inside = names == name
        ranks[inside] = scipy_stats.rankdata(values[inside]) / inside.sum()
    return ranks


def _means(compared: Sequence[TraitAgreement], figure: Callable[[PairFigures], Estimate | None]) -> dict[str, Estimate]:
    """Return the mean of one figure over traits, by pair of judges, of two or more; others count as unscored."""
    values: dict[str, list[Estimate | None]] = {}
    for trait in compared:
        for pair in trait.pairs:
            values.setdefault(f"{pair.first} / {pair.second}", []).append(figure(pair))
    means = {
        name: mean_if_several(
            [estimate.value for estimate in found if estimate], unscored=sum(estimate is None for estimate in found)
        )
        for name, found in values.items()
    }
    return {name: mean for name, mean in means.items() if mean}
