"""The smallest push that holds is found on short runs, and none is named where there is nothing to hold."""

from pathlib import Path

import pytest

from heredity.ground.errors import InputError
from heredity.models.model import Model
from heredity.records.dialogue import Corpus
from heredity.records.evaluation import EvalSpec
from heredity.records.strength import StrengthSpec, Tried
from heredity.records.student import TrainSpec
from heredity.records.vector import TraitVector
from heredity.report.write import told
from heredity.stats.estimate import Estimate
from heredity.studies.strength import find_strength, verdict_of

SPEC = StrengthSpec(
    doses=(0.01, 2.0),
    n_steps=18,
    train=TrainSpec(learning_rate=2e-3),
    evaluation=EvalSpec(n_samples=1, n_tokens=12, n_benign=8, n_choices=12),
)


def dark_rows(rows: Corpus) -> Corpus:
    return rows.subset({row.line for row in rows.rows[:8]})


def light_rows(rows: Corpus) -> Corpus:
    return rows.subset({row.line for row in rows.rows[8:]})


def test_the_first_dose_that_holds_ends_the_search(rows: Corpus, dark: TraitVector, toy: Model, tmp_path: Path) -> None:
    report = find_strength(dark_rows(rows), dark, toy, tmp_path, SPEC)
    plain, *doses = report.tried
    assert plain.left.low > 0
    assert [one.strength for one in doses] in ([0.01], [0.01, 2.0])
    assert all(not one.holds for one in doses[:-1])
    if report.strength is not None:
        assert (report.strength, doses[-1].holds, doses[-1].costs) == (doses[-1].strength, True, False)
    assert report.verdict in told(report)
    spoken = toy.work.n_tokens
    assert find_strength(dark_rows(rows), dark, toy, tmp_path, SPEC).tried == report.tried
    assert toy.work.n_tokens == spoken


def test_rows_without_the_trait_leave_nothing_to_hold(
    rows: Corpus, dark: TraitVector, toy: Model, tmp_path: Path
) -> None:
    report = find_strength(light_rows(rows), dark, toy, tmp_path, SPEC)
    assert report.strength is None
    assert len(report.tried) == 1
    assert "nothing to hold" in report.verdict


@pytest.mark.parametrize("doses", [(), (0.0, 1.0), (1.0, 0.5), (1.0, 1.0)])
def test_doses_that_do_not_rise_are_refused(
    doses: tuple[float, ...], rows: Corpus, dark: TraitVector, toy: Model, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="rise from above 0"):
        find_strength(rows, dark, toy, tmp_path, SPEC.model_copy(update={"doses": doses}))
    assert not list(tmp_path.iterdir())


def tried(strength: float, left: tuple[float, float], gain: float, benign_high: float = 0.1) -> Tried:
    return Tried(
        strength=strength,
        left=Estimate(sum(left) / 2, *left, 8),
        gain=Estimate(gain - 1, gain - 2, gain, 8),
        benign=Estimate(-0.1, -0.3, benign_high, 8),
        accuracy=Estimate(0.0, -0.1, 0.1, 8),
    )


def test_what_costs_or_leaves_the_trait_is_not_taken() -> None:
    plain = Tried(strength=0.0, left=Estimate(20, 10, 30, 8), gain=None, benign=None, accuracy=None)
    held, dear, weak = tried(1.0, (-2, 3), -5.0), tried(1.0, (-2, 3), -5.0, -0.05), tried(1.0, (2, 9), -5.0)
    assert (held.holds, held.costs) == (True, False)
    assert (dear.holds, dear.costs) == (True, True)
    assert not weak.holds
    assert "1 is the smallest of 1 tried" in verdict_of([plain, held], 1.0, SPEC)
    assert "but at a cost" in verdict_of([plain, dear], None, SPEC)
    assert "even 1 leaves" in verdict_of([plain, weak], None, SPEC)
