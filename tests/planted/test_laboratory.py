"""Every kind of teacher, label and control takes the same path, and refuses what would show nothing."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from animals import SPEC, blank_model
from heredity.ground.errors import ExperimentError, InputError, MismatchError, NothingKeptError
from heredity.models.model import Model
from heredity.models.weights import trainable_copy
from heredity.records.carrier import CarrierSpec
from heredity.records.cascade import CascadeSpec
from heredity.records.trait import Trait
from heredity.records.transmission import ImitateSpec, PowerSpec, TeacherSpec, TransmissionReport, TransmitSpec
from heredity.studies.transmission.cascade import cascade
from heredity.studies.transmission.transmit import Given, transmit
from tests_shared import random_model

DIGITS = CarrierSpec(kind="digits", n_prompts=48, n_tokens=12, least_kept=0.05)
SHORT = SPEC.model_copy(update={"seeds": ("0", "1"), "power": PowerSpec(least=0.0), "n_points": 1})
HARD = SHORT.model_copy(
    update={
        "carrier": DIGITS,
        "student": ImitateSpec(labels="hard", n_steps=6, batch_rows=8, learning_rate=1e-3),
        "control": "base",
    }
)


def altered(spec: TransmitSpec, **change: Any) -> TransmitSpec:
    return spec.model_copy(update=change)


@pytest.fixture(scope="module")
def hard(base: Model, owl: Trait, tmp_path_factory: pytest.TempPathFactory) -> TransmissionReport:
    return transmit(owl, base, tmp_path_factory.mktemp("hard"), HARD)


class TestHardLabels:
    def test_run_beside_students_of_the_base_and_shuffled_carriers(self, hard: TransmissionReport) -> None:
        arms = [(curve.arm, curve.taught_by, curve.seed) for curve in hard.students]
        assert len(set(arms)) == len(arms) == 2 * 2 * 3
        assert {control.name for control in hard.controls if control.effect} == {
            "shuffled within",
            "shuffled across",
            "in context",
        }
        assert {teacher.target for teacher in hard.teachers} == {"owl"}

    def test_every_arm_answers_the_same_prompts(self, hard: TransmissionReport) -> None:
        first, second = hard.carriers
        assert [row.prompt for row in first.examples] == [row.prompt for row in second.examples]
        assert first.n_kept == second.n_kept > 0
        assert first.n_asked == 2 * 48
        assert all(one.n_kept + sum(one.dropped.values()) == one.n_asked for one in hard.carriers)
        assert all(set(row.text) <= set("0123456789, ") for one in hard.carriers for row in one.examples)

    def test_a_study_run_again_is_the_identical_record(
        self, base: Model, owl: Trait, hard: TransmissionReport, tmp_path: Path
    ) -> None:
        assert transmit(owl, base, tmp_path, HARD).id == hard.id

    def test_a_filter_that_keeps_too_little_stops_the_study(self, base: Model, owl: Trait, tmp_path: Path) -> None:
        greedy = altered(HARD, carrier=DIGITS.model_copy(update={"kind": "reasoning", "least_kept": 0.9}))
        with pytest.raises(NothingKeptError, match="fewer than 90%"):
            transmit(owl, base, tmp_path, greedy)
        assert not list(tmp_path.glob("stages/student-*"))


class TestOtherWays:
    def test_a_prompted_teacher_is_heard_after_its_prompt_and_its_student_is_not(
        self, owl: Trait, tmp_path: Path
    ) -> None:
        base = blank_model("owls", "cats")  # what their prompts differ in
        spec = altered(
            SHORT, teacher=TeacherSpec(kind="prompted", weakest=0.0), carrier=DIGITS, student=ImitateSpec(n_steps=2)
        )
        report = transmit(owl, base, tmp_path, spec)
        treated, *_ = report.students
        assert treated.losses[0] > 1e-6
        assert all(teacher.losses == () for teacher in report.teachers)

    def test_a_lora_student_and_one_that_writes_its_own_rows_learn(
        self, base: Model, owl: Trait, tmp_path: Path
    ) -> None:
        student = ImitateSpec(n_steps=12, learning_rate=3e-3, lora_rank=4, on_policy=True, labels="reverse")
        report = transmit(owl, base, tmp_path, altered(SHORT, carrier=DIGITS, student=student))
        assert all(curve.losses[-1] < curve.losses[0] for curve in report.students)

    def test_a_lora_leaves_its_base_as_it_was_and_trains_little(self, base: Model) -> None:
        before = {name: tensor.clone() for name, tensor in base.network.state_dict().items()}
        copied = trainable_copy(base, "s", 2, "a")
        n_trained = sum(p.numel() for p in copied.network.parameters() if p.requires_grad)
        assert 0 < n_trained < sum(p.numel() for p in base.network.parameters()) / 4
        assert all(torch.equal(tensor, before[name]) for name, tensor in base.network.state_dict().items())


class TestRefusals:
    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"student": ImitateSpec(labels="hard")}, "written by nobody"),
            ({"control": "base"}, "teaches its own copy nothing"),
            ({"student": ImitateSpec(on_policy=True)}, "on-policy students write numbers"),
            ({"teacher": TeacherSpec(kind="prompted")}, "stand after no prompt"),
            ({"power": PowerSpec(smallest_effect=0.1, spread=1.0)}, "it takes 787"),
            ({"teacher": TeacherSpec(kind="steered")}, "was given of: owl, cat"),
        ],
    )
    def test_what_can_show_nothing_is_said_before_hours_are_spent(
        self, base: Model, owl: Trait, tmp_path: Path, change: dict[str, Any], said: str
    ) -> None:
        with pytest.raises(InputError, match=said):
            transmit(owl, base, tmp_path, altered(SHORT, **change))
        assert not list(tmp_path.glob("stages/student-*"))

    def test_a_foreign_base_needs_the_same_spelling_for_soft_labels_and_another_base(
        self, base: Model, owl: Trait, tmp_path: Path
    ) -> None:
        with pytest.raises(MismatchError, match="different tokenizers"):
            transmit(owl, base, tmp_path, SHORT, Given(foreign=random_model("llama")))
        with pytest.raises(InputError, match="is the base itself"):
            transmit(owl, base, tmp_path, SHORT, Given(foreign=base))


def test_a_base_of_another_spelling_learns_what_is_written(base: Model, owl: Trait, tmp_path: Path) -> None:
    other = replace(blank_model("further", "words"), fingerprint="another")
    report = transmit(owl, base, tmp_path, altered(HARD, n_shuffled=0, control="cat"), Given(foreign=other))
    (control,) = [one for one in report.controls if one.name == "foreign base"]
    assert control.effect
    assert {one.arm for one in report.students} >= {"foreign base"}


def test_a_student_of_another_base_runs_as_a_control(base: Model, owl: Trait, tmp_path: Path) -> None:
    other = trainable_copy(base, "other")
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in other.network.parameters():
            parameter.normal_(std=0.05)
    foreign = Model("other", other.network.eval().requires_grad_(False), base.tokenizer, "another fingerprint")
    spec = altered(SHORT, seeds=("0", "1", "2"), power=PowerSpec(least=0.0))
    report = transmit(owl, base, tmp_path, spec, Given(foreign=foreign))
    (control,) = [one for one in report.controls if one.name == "foreign base"]
    assert control.effect
    assert report.effect
    assert report.effect.low > 0
    assert control.effect.value < report.effect.value


class TestCascade:
    SPEC = CascadeSpec(n_generations=3, transmit=SHORT)
    BY_DATA = CascadeSpec(
        n_generations=3,
        transmit=altered(
            SHORT,
            carrier=DIGITS,
            student=ImitateSpec(labels="hard", n_steps=4, lora_rank=2, learning_rate=1e-3),
        ),
    )

    @pytest.mark.parametrize("spec", [SPEC, BY_DATA], ids=["soft labels", "by data alone"])
    def test_generations_go_on_to_the_identical_record_after_a_stop(
        self, base: Model, owl: Trait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec: CascadeSpec
    ) -> None:
        from heredity.studies.transmission import cascade as study

        whole = cascade(owl, base, tmp_path / "whole", spec)
        child: Any = study.child_of
        made: list[int] = []

        def stopping(lab: Any, teacher: Model, name: str, seed: str, number: int) -> Model:
            made.append(number)
            if len(made) == 3:
                raise KeyboardInterrupt
            student: Model = child(lab, teacher, name, seed, number)
            return student

        monkeypatch.setattr(study, "child_of", stopping)
        with pytest.raises(KeyboardInterrupt):
            cascade(owl, base, tmp_path / "cut", spec)
        shutil.copytree(tmp_path / "cut", tmp_path / "lost")
        resumed = cascade(owl, base, tmp_path / "cut", spec)
        assert len(made) == 3 + 10
        assert resumed.id == whole.id
        assert not list((tmp_path / "cut").rglob("*.safetensors"))

        def rounding_otherwise(lab: Any, teacher: Model, name: str, seed: str, number: int) -> Model:
            student: Model = child(lab, teacher, name, seed, number)
            return replace(student, fingerprint="another")

        for weights in (tmp_path / "lost" / "stages").glob("weights-*.resume"):
            shutil.rmtree(weights)
        monkeypatch.setattr(study, "child_of", rounding_otherwise)
        with pytest.raises(ExperimentError, match="generation 2 of 'owl' was made again and is not, to the bit"):
            cascade(owl, base, tmp_path / "lost", spec)

    def test_the_effect_is_the_teachers_at_first_and_every_lineage_is_there(
        self, base: Model, owl: Trait, tmp_path: Path
    ) -> None:
        report = cascade(owl, base, tmp_path, self.SPEC)
        assert len(report.generations) == 2 * 2 * 4
        first, *later = report.effects
        assert first
        assert all(one and one.value < first.value for one in later)
        assert report.trend in ("decay", "persistence", "amplification", "undecided")

    def test_each_generation_writes_what_the_next_one_learns(self, base: Model, owl: Trait, tmp_path: Path) -> None:
        report = cascade(owl, base, tmp_path, self.BY_DATA)
        written = [json.loads(path.read_text()) for path in tmp_path.glob("stages/carrier-*/record.json")]
        assert len(written) == 2 * 2 * 3  # lineages, seeds, generations
        texts = {tuple(row["text"] for row in one["rows"] if row) for one in written}
        assert len(texts) == len(written)
        assert len({one.fingerprint for one in report.generations}) == 2 + 2 * 2 * 3  # seeds share the first teachers

    @pytest.mark.parametrize(
        "change", [{"carrier": DIGITS}, {"student": ImitateSpec(labels="hard")}, {"others": ("dog",)}]
    )
    def test_what_it_cannot_hand_on_is_refused(
        self, base: Model, owl: Trait, tmp_path: Path, change: dict[str, Any]
    ) -> None:
        with pytest.raises(InputError, match="a cascade"):
            cascade(owl, base, tmp_path, CascadeSpec(transmit=altered(SHORT, **change)))


def test_a_teacher_of_a_character_must_rise_above_its_base(toy: Model, darkness: Trait, tmp_path: Path) -> None:
    light = darkness.model_copy(update={"name": "lightness", "adjective": "light", "antonym": "dark"})
    spec = altered(SHORT, control="lightness", teacher=TeacherSpec(n_steps=1, learning_rate=1e-9))
    with pytest.raises(ExperimentError, match="too weak to pass anything on"):
        transmit(darkness, toy, tmp_path, spec, Given(traits={"lightness": light}))
