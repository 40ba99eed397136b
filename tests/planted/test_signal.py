"""What a carrier holds of its teachers is measured before students are trained, and a hopeless plan is refused."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from animals import SPEC, lab_with_teachers
from heredity.ground.errors import ExperimentError, InputError, MismatchError
from heredity.ground.progress import SILENCE
from heredity.models.model import Model
from heredity.models.weights import trainable_copy
from heredity.records.carrier import CarrierSpec
from heredity.records.signal import Signal
from heredity.records.trait import Trait
from heredity.records.transmission import ImitateSpec, PowerSpec, TransmitSpec
from heredity.report.write import told
from heredity.stats.divergence import divergence, entropy
from heredity.studies.transmission.lab import Lab, lab_for, require_foreign
from heredity.studies.transmission.lessons import carriers, lessons_of
from heredity.studies.transmission.plan import planned
from heredity.studies.transmission.signal import expected, measured, signal_step
from heredity.studies.transmission.transmit import transmit

DIGITS = CarrierSpec(kind="digits", n_prompts=24, n_answers=2, n_tokens=12, least_kept=0.05)
HARD = SPEC.model_copy(
    update={
        "seeds": ("0", "1"),
        "control": "cat",
        "n_points": 1,
        "carrier": DIGITS,
        "student": ImitateSpec(labels="hard", n_steps=4, batch_rows=8, learning_rate=1e-3),
        "power": PowerSpec(least=0.0),
        "n_shuffled": 0,
    }
)


def altered(**change: Any) -> TransmitSpec:
    return HARD.model_copy(update=change)


@pytest.fixture(scope="module")
def lab(base: Model, owl: Trait, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return lab_with_teachers(base, owl, tmp_path_factory.mktemp("lab"), HARD)


class TestDivergence:
    def test_is_the_sum_that_is_written(self) -> None:
        p, q = np.log([[0.5, 0.25, 0.25]]), np.log([[0.25, 0.5, 0.25]])
        assert divergence(p, q) == pytest.approx(0.5 * np.log(2) - 0.25 * np.log(2))
        assert entropy(p) == pytest.approx(1.5 * np.log(2))

    def test_heeds_what_cannot_be(self) -> None:
        with np.errstate(divide="ignore"):
            p, q = np.log([1.0, 0.0]), np.log([0.5, 0.5])
        assert entropy(p) == 0
        assert divergence(p, q) == pytest.approx(np.log(2))
        assert divergence(p, p) == 0
        assert divergence(q, p) == np.inf


class TestSignal:
    def test_is_what_each_token_says_of_its_writer(self, lab: Lab) -> None:
        signal = measured(lab)
        (gap,) = signal.gaps
        assert (gap.first, gap.second) == ("owl", "cat")
        assert gap.nats.low > 0
        assert gap.nats.n == sum(carrier.n_kept for carrier in carriers(lab, "0").values())
        assert 0 < signal.entropy.value < np.log(12)
        rows = [row for row in carriers(lab, "0")["owl"].rows if row]
        n_taught = len(rows) - len(rows) // 10
        assert signal.n_rows == n_taught
        assert signal.n_passes == pytest.approx(4 * 8 / n_taught)
        taught = [lesson.row.n_response for lesson in lessons_of(lab, "owl", lab.model, rows)]
        assert signal.n_tokens == pytest.approx(32 * np.mean(taught), rel=0.1)
        assert signal.held == pytest.approx(signal.n_tokens * gap.nats.value)
        assert signal.forecast == expected(signal.held)

    def test_forecasts_nothing_for_soft_labels(self, lab: Lab) -> None:
        soft = replace(lab, spec=altered(student=ImitateSpec(n_steps=4)))
        assert measured(soft).forecast is None

    def test_teachers_that_are_one_and_the_same_are_refused_before_any_student(
        self, base: Model, owl: Trait, tmp_path: Path
    ) -> None:
        made = lab_for(owl, {}, base, tmp_path, HARD, "0", SILENCE)
        made.teachers = {name: trainable_copy(base, name) for name in made.names}
        with pytest.raises(ExperimentError, match="do not differ on 'digits'"):
            signal_step(made)
        assert not list(tmp_path.glob("stages/student-*"))

    def test_a_plan_that_could_not_see_what_is_expected_is_refused_with_what_it_takes(
        self, base: Model, owl: Trait, tmp_path: Path
    ) -> None:
        spec = altered(power=PowerSpec(least=0.8, spread=0.02, smallest_effect=1.0))
        with pytest.raises(
            ExperimentError, match=r"2 pair\(s\) of students would not see it: the teachers of owl and cat"
        ):
            transmit(owl, base, tmp_path, spec)
        assert not list(tmp_path.glob("stages/student-*"))

    def test_what_is_expected_grows_with_what_the_rows_hold(self) -> None:
        assert expected(0) == 0
        assert expected(10) < expected(100) < expected(1000)

    def test_random_numbers_hold_nothing_of_a_writer(self, base: Model, owl: Trait, tmp_path: Path) -> None:
        assert signal_step(lab_for(owl, {}, base, tmp_path, SPEC, "0", SILENCE)) is None


def test_a_report_says_what_the_carrier_holds(base: Model, owl: Trait, tmp_path: Path) -> None:
    report = transmit(owl, base, tmp_path, HARD)
    assert isinstance(report.signal, Signal)
    assert str(report.signal) in told(report)
    assert {control.name: control.said for control in report.controls}["shuffled within"].startswith("Not run")


class TestRefusedFirst:
    def refused(self, trait: Trait, **carrier: Any) -> str:
        spec = altered(carrier=CarrierSpec(**carrier))
        with pytest.raises(InputError) as refusal:
            planned(trait, {}, spec)
        return str(refusal.value)

    def test_an_alphabet_that_names_a_target(self, owl: Trait, tmp_path: Path) -> None:
        path = tmp_path / "words.txt"
        path.write_text("\n".join("red blue green owls pink black white brown kitten gold".split()))
        said = self.refused(owl, kind="listed", alphabet=str(path))
        assert "names what a teacher shows (owls, kitten)" in said

    def test_lists_whose_first_word_would_be_spelled_otherwise(self, owl: Trait) -> None:
        assert "another spelling" in self.refused(owl, kind="number-words", n_given=0)

    def test_rows_so_few_that_they_would_be_learned_by_heart(self, owl: Trait) -> None:
        assert "would show each of at most 2 rows 16 times" in self.refused(owl, kind="digits", n_prompts=2)

    def test_but_not_the_bundled_words(self, owl: Trait) -> None:
        for kind in ("number-words", "words"):
            planned(owl, {}, altered(carrier=CarrierSpec(kind=kind)))  # type: ignore[arg-type]


def test_a_foreign_base_that_cannot_spell_the_words_is_refused_by_what_it_lacks(
    base: Model, owl: Trait, tmp_path: Path
) -> None:
    path = tmp_path / "words.txt"
    path.write_text("best\nanimal\nnumber\nwhich\nis\nthe\nred\nblue\n")
    spec = altered(carrier=CarrierSpec(kind="listed", alphabet=str(path)))
    made = lab_for(owl, {}, base, tmp_path, spec, "0", SILENCE)
    other = replace(trainable_copy(base, "other"), fingerprint="other")
    with pytest.raises(MismatchError, match=r"cannot spell 2 of the words of 'listed' \(red, blue\)"):
        require_foreign(made, other)
