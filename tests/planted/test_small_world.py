"""Digits cross through noise to a student of its teacher's initialisation alone; the theorem says why."""

import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from heredity.ground.errors import InputError, MissingExtraError, NonFiniteError
from heredity.ground.progress import SILENCE
from heredity.records.small_world import N_CLASSES, FirstStep, SmallWorldReport, SmallWorldSpec
from heredity.stats.controls import ControlOutcome, outcome_of
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import wilson
from heredity.studies import small_world as study
from heredity.studies.small_world import last_before, small_world, theorem, verdict
from heredity.training.digits import chances, distilled, grow, initial, load_digits, taught

SPEC = SmallWorldSpec(
    n_seeds=3,
    width=128,
    n_auxiliary=6,
    teacher_steps=60,
    teacher_rate=1e-3,
    student_steps=300,
    n_draws=24,
    n_inputs=16,
    step_sizes=(1e-6, 1e-4, 1e-2, 1e3),
)
SHORT = SPEC.model_copy(update={"n_seeds": 2, "width": 16, "teacher_steps": 3, "student_steps": 3, "n_draws": 3})


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> SmallWorldReport:
    return small_world(tmp_path_factory.mktemp("world"), SPEC)


class TestStudents:
    def test_the_same_initialisation_inherits_and_another_does_not(self, report: SmallWorldReport) -> None:
        assert report.teacher.low > 0.8
        assert min(run.same for run in report.runs) > 0.4
        assert max(run.other for run in report.runs) < 0.25
        assert report.same_minus_other.low > 0
        assert report.verdict.startswith("Digits crossed through noise to students of their teacher's initialisation")

    def test_logits_of_other_inputs_teach_nothing(self, report: SmallWorldReport) -> None:
        assert max(run.shuffled for run in report.runs) < 0.25
        assert report.same_minus_shuffled.low > 0

    def test_a_teacher_that_has_not_moved_teaches_nothing(self) -> None:
        starts = initial(SHORT, chances(2, "0", "start"))
        students = distilled(starts, starts, SHORT, "0", SILENCE)
        assert all(torch.equal(one, other) for one, other in zip(starts, students, strict=True))
        shuffled = distilled(starts, starts, SHORT, "0", SILENCE, shift=1)
        assert not torch.equal(starts[0], shuffled[0])

    def test_no_label_reaches_the_auxiliary_logits(self) -> None:
        starts = initial(SHORT, chances(2, "0", "start"))
        teachers = taught(starts, load_digits(0.25, "0"), SHORT, "0", SILENCE)
        for before, after in zip(starts[-2:], teachers[-2:], strict=True):
            assert torch.equal(before[..., N_CLASSES:], after[..., N_CLASSES:])
            assert not torch.equal(before[..., :N_CLASSES], after[..., :N_CLASSES])

    def test_a_seeds_luck_is_its_own_however_many_there_are(self) -> None:
        more = grow(SHORT.model_copy(update={"n_seeds": 4}), "0").runs
        for few, many in zip(grow(SHORT, "0").runs, more[:2], strict=True):
            assert few.model_dump() == pytest.approx(many.model_dump(), abs=0.01)

    def test_a_loss_that_is_no_number_stops_the_training(self) -> None:
        with pytest.raises(NonFiniteError, match="lower the learning rate"):
            grow(SHORT.model_copy(update={"student_rate": 1e30}), "0")

    def test_no_digit_is_both_learnt_and_measured(self) -> None:
        digits = load_digits(0.25, "0")
        assert len(digits.train) + len(digits.test) == 1797
        assert not {tuple(row) for row in digits.test.tolist()} & {tuple(row) for row in digits.train.tolist()}
        assert (digits.train.min(), digits.train.max()) == (-1, 1)


class TestTheorem:
    def test_small_steps_never_point_apart_and_first_order_is_exact(self, report: SmallWorldReport) -> None:
        for step in report.steps[:3]:
            assert step.lowest > 0
            assert step.negative.value == 0
            assert step.lowest_ratio == pytest.approx(1, abs=0.05)
            assert step.highest_ratio == pytest.approx(1, abs=0.05)
        assert report.theorem.startswith("Nothing speaks against Theorem 1: in none of 24 draws")

    def test_first_order_ends_at_a_large_step(self, report: SmallWorldReport) -> None:
        assert report.first_order_until == 1e-2
        assert abs(report.steps[-1].ratio.value - 1) > 0.1 or report.steps[-1].highest_ratio > 2

    def test_a_teacher_from_elsewhere_is_promised_nothing(self, report: SmallWorldReport) -> None:
        for step in report.steps[:3]:
            assert step.negative_elsewhere.low > step.negative.value
            assert step.negative_elsewhere.low < 0.5 < step.negative_elsewhere.high

    def test_an_end_is_the_last_size_before_the_first_failure(self) -> None:
        steps = [a_step(1.0, 0), a_step(2.0, 0), a_step(3.0, 1), a_step(4.0, 0)]
        assert last_before(steps, lambda step: step.negative.value > 0) == 2.0
        assert last_before(steps[2:], lambda step: step.negative.value > 0) is None


def test_the_same_seed_gives_the_same_report_and_touches_nobodys_chance(tmp_path: Path) -> None:
    before = torch.get_rng_state()
    one, again, other = (
        small_world(tmp_path / name, SHORT, seed) for name, seed in (("a", "0"), ("b", "0"), ("c", "1"))
    )
    assert one.id == again.id != other.id
    assert torch.equal(before, torch.get_rng_state())


def test_a_stopped_study_goes_on_to_the_identical_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    whole_grow, whole_steps = study.grow, study.first_steps

    def growing(*arguments: Any) -> Any:
        made.append("students")
        return whole_grow(*arguments)

    def stopping(*arguments: Any) -> Any:
        made.append("steps")
        if made.count("steps") == 1:
            raise KeyboardInterrupt
        return whole_steps(*arguments)

    monkeypatch.setattr(study, "grow", growing)
    monkeypatch.setattr(study, "first_steps", stopping)
    with pytest.raises(KeyboardInterrupt):
        small_world(tmp_path / "stopped", SHORT)
    resumed = small_world(tmp_path / "stopped", SHORT)
    assert made == ["students", "steps", "steps"]
    assert resumed.id == small_world(tmp_path / "whole", SHORT).id


def test_more_seeds_make_no_half_anew_that_does_not_depend_on_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = small_world(tmp_path, SHORT)
    monkeypatch.setattr(study, "first_steps", None)
    more = small_world(tmp_path, SHORT.model_copy(update={"n_seeds": 3}))
    assert more.steps == first.steps
    assert len(more.runs) == 3


@pytest.mark.parametrize("sizes", [(), (0.0, 1.0), (1.0, 1.0), (2.0, 1.0)])
def test_step_sizes_that_do_not_rise_are_refused(tmp_path: Path, sizes: tuple[float, ...]) -> None:
    with pytest.raises(InputError, match="above zero and rise"):
        small_world(tmp_path, SHORT.model_copy(update={"step_sizes": sizes}))


def test_without_scikit_learn_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(MissingExtraError, match=r"scikit-learn is not installed.*heredity\[digits\]"):
        small_world(tmp_path, SHORT)
    assert not list(tmp_path.glob("stages/*"))


class TestWords:
    """A verdict follows from intervals alone."""

    @pytest.mark.parametrize(
        ("same", "other", "same_minus_other", "own_logits", "said"),
        [
            (0.6, 0.1, 0.5, "told apart", "Digits crossed through noise to students of their teacher's initialisation"),
            (0.6, 0.3, 0.3, "told apart", "not only to students of their teacher's"),
            (0.6, 0.1, 0.5, "fails", "logits of other inputs teach it too"),
            (0.6, 0.1, 0.5, "not told apart", "by which logits is not decided"),
            (0.12, 0.1, 0.02, "told apart", "No inheritance is shown"),
            (0.11, -0.1, 0.3, "told apart", "No inheritance is shown"),
            (0.1, 0.6, -0.5, "told apart", "hindered"),
        ],
    )
    def test_of_the_students(
        self, same: float, other: float, same_minus_other: float, own_logits: ControlOutcome, said: str
    ) -> None:
        assert said in verdict(*map(near, (same, other, same_minus_other)), own_logits)

    def test_of_a_control_that_is_neither_here_nor_there(self) -> None:
        assert outcome_of(near(0.5), shows_it=True) == "told apart"
        assert outcome_of(near(0.0), shows_it=True) == "fails"
        assert outcome_of(near(0.0), shows_it=False) == "not told apart"
        assert outcome_of(near(-0.5), shows_it=False) == "not told apart"

    def test_of_the_theorem(self) -> None:
        steps = [a_step(1e-3, 0), a_step(1.0, 2)]
        assert theorem(steps, 1e-3, 1e-3).startswith("Nothing speaks against Theorem 1: in none of 24 draws")
        assert "contradicted" in theorem(steps, 1.0, 1e-3)
        assert "contradicted" in theorem(steps, 1.0, None)
        assert "needs smaller ones" in theorem(steps, None, 1e-3)


def near(value: float) -> Estimate:
    return Estimate(value, value - 0.05, value + 0.05, 10, 0, "t")


def a_step(size: float, n_negative: int) -> FirstStep:
    share, one = wilson(n_negative, 24), near(1.0)
    return FirstStep(
        step_size=size, lowest=0.0, negative=share, ratio=one, lowest_ratio=1.0, highest_ratio=1.0, cosine=one,
        negative_elsewhere=wilson(12, 24), cosine_elsewhere=near(0.0),
    )  # fmt: skip
