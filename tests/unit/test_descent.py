"""What is said of a trait down the generations: the effect's own change, and no luck of the one teacher's."""

import numpy as np
import pytest

from heredity.records.cascade import CascadeReport
from heredity.report.pages.cascade.words import are_they_able, what_becomes
from heredity.studies.transmission.descent import concluded
from transmission_sample import cascade_report, one_lineage_report


def test_the_effects_change_is_paired_by_seed_and_stands_in_the_verdict() -> None:
    report = concluded(cascade_report())
    assert report.change
    assert report.effects[1]
    assert report.effects[-1]
    assert report.change.value == pytest.approx(report.effects[-1].value - report.effects[1].value)
    assert f"pair by pair, it changes by {report.change}" in report.verdict
    assert report.change in [figure.estimate for figure in what_becomes(report).figures]
    assert report.trend == "decay"
    assert report.verdict.startswith("The trait fades from student to student: it halves in")


def test_an_effect_that_is_not_clear_at_the_end_is_not_said_to_be_gone() -> None:
    report = cascade_report()
    last = max(one.generation for one in report.generations)
    noisy = tuple(
        one.model_copy(update={"score": {**one.score, "owl": one.score["owl"] + 6 * (int(one.seed) - 1)}})
        if one.generation == last and one.lineage == "owl"
        else one
        for one in report.generations
    )
    report = concluded(report.model_copy(update={"generations": noisy}))
    assert "after 4 generations, not clear of zero; from the one to the other, pair by pair" in report.verdict
    assert "no longer" not in report.verdict
    assert report.change
    assert not report.change.is_clear_of_zero


def test_one_pair_of_lineages_concludes_nothing() -> None:
    assert "no conclusion is drawn" in concluded(one_lineage_report()).verdict


def answered(report: CascadeReport, lost: float) -> CascadeReport:
    """Return the report with 80 answers kept, where a teacher was lucky and its students lost a share of them."""
    rng = np.random.default_rng(0)
    knows = rng.random(80)

    def right(generation: int) -> dict[str, float]:
        chance = np.clip(knows - lost * (generation > 0), 0, 1)
        return {str(i): float(x) for i, x in enumerate(rng.random(80) < chance)}

    teacher = right(0)
    every = tuple(
        one.model_copy(update={"choices": right(one.generation) if one.generation else teacher})
        for one in report.generations
    )
    return concluded(report.model_copy(update={"generations": every}))


def test_students_are_called_less_able_only_where_lineages_and_questions_say_so() -> None:
    assert "It has no interval" in are_they_able(concluded(cascade_report())).reason
    same, fallen = answered(cascade_report(), 0.0), answered(cascade_report(), 0.5)
    assert are_they_able(same).answer == "No change shown"
    assert fallen.accuracy_change
    assert fallen.accuracy_change.high < 0
    assert are_they_able(fallen).answer.startswith("-")
