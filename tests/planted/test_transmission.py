"""A preference crosses on numbers alone from a teacher to a student of the same base, and its control says so."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from animals import SPEC
from heredity.ground.errors import ExperimentError, InputError, MismatchError
from heredity.models.chat import Rendered, question, render_rest
from heredity.models.model import Model
from heredity.models.weights import trainable_copy
from heredity.records.carrier import DIGITS_AND_SEPARATORS, CarrierSpec
from heredity.records.trait import Trait
from heredity.records.transmission import ImitateSpec, TeacherSpec, TransmissionReport
from heredity.stats.arrays import cosine
from heredity.studies.transmission import lineup, teachers
from heredity.studies.transmission.contrasts import aligned, less_others
from heredity.studies.transmission.transmit import transmit
from heredity.teaching.carriers.numbers import number_prompts, random_rows, rejection
from heredity.training.imitate import Lesson, imitate, lessons, nats, predictions
from tests_shared import random_model


def some_lessons(model: Model, n: int, n_values: int) -> list[Lesson]:
    rows = random_rows(n, CarrierSpec(n_values=n_values, n_given=1), "x")
    return lessons([render_rest(model, question(row.prompt), row.given, row.text) for row in rows])


@pytest.fixture(scope="module")
def report(base: Model, owl: Trait, tmp_path_factory: pytest.TempPathFactory) -> TransmissionReport:
    return transmit(owl, base, tmp_path_factory.mktemp("study"), SPEC)


def test_the_preference_crosses_both_ways_against_the_paired_control(report: TransmissionReport) -> None:
    assert report.effect
    assert report.effect.low > 0
    assert report.effect.n == 3
    assert all((cell.score.low > 0) == (cell.taught_by == cell.target) for cell in report.matrix if cell.score)
    assert report.verdict.startswith("The trait crossed")
    assert all(teacher.level.value > 0.9 for teacher in report.teachers)


def test_students_move_the_way_of_their_own_teacher(report: TransmissionReport) -> None:
    assert all((cell.alignment.low > 0) == (cell.taught_by == cell.target) for cell in report.matrix if cell.alignment)
    assert all(curve.alignment[curve.taught_by] > 0 for curve in report.students)


def test_what_all_training_does_is_no_alignment() -> None:
    rng = np.random.default_rng(0)
    common = 20 * rng.normal(size=64)
    teachers = {name: common + rng.normal(size=64) for name in ("owl", "cat", "dog")}
    own = {name: shift - common for name, shift in teachers.items()}
    followers = {name: common + own[name] + rng.normal(size=64) for name in teachers}
    strangers = {name: common + rng.normal(size=64) for name in teachers}
    followed, strayed = (less_others(students) for students in (followers, strangers))
    taught = less_others(teachers)
    assert all(cosine(followed[name], taught[name]) > 0.5 for name in teachers)
    assert all(cosine(followers[name], teachers[other]) > 0.99 for name in teachers for other in teachers)
    assert all(abs(cosine(strayed[name], taught[name])) < 0.35 for name in teachers)


def test_the_base_stands_in_for_a_teacher_only_where_there_is_no_other(report: TransmissionReport) -> None:
    owls = [curve for curve in report.students if curve.taught_by == "owl"]
    cats = [curve for curve in report.students if curve.taught_by == "cat"]
    still = [curve.model_copy(update={"taught_by": "base", "shift": (0.0,) * len(curve.shift)}) for curve in owls]
    three = aligned({"owl": owls, "base": still, "cat": cats}, report.teachers)
    assert [curve.alignment for curve in three["owl"]] == [curve.alignment for curve in owls]
    assert all(curve.alignment == {} for curve in three["base"])
    alone = aligned({"owl": owls, "base": still}, report.teachers[:1])
    assert all(curve.alignment["owl"] > 0 for curve in alone["owl"])


def test_both_arms_start_from_one_base_and_differ_in_the_teacher_alone(report: TransmissionReport) -> None:
    starts = {json.dumps(curve.points[0].score) for curve in report.students}
    assert len(starts) == 1
    assert [curve.seed for curve in report.students] == ["0", "1", "2"] * 2
    assert {(curve.arm, curve.taught_by) for curve in report.students} == {("treated", "owl"), ("control", "cat")}


def test_two_teachers_of_one_preference_transmit_nothing_to_compare(base: Model, owl: Trait, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not all different"):
        transmit(owl, base, tmp_path, SPEC.model_copy(update={"control": "owl"}))


def test_the_base_is_left_as_it_was(base: Model, owl: Trait, report: TransmissionReport) -> None:
    again = {name: tensor.clone() for name, tensor in base.network.state_dict().items()}
    imitate(trainable_copy(base, "s"), None, [some_lessons(base, 4, 3)], ImitateSpec(labels="hard", n_steps=1))
    assert all(torch.equal(tensor, again[name]) for name, tensor in base.network.state_dict().items())


def test_a_stopped_study_goes_on_to_the_identical_record(
    base: Model, owl: Trait, report: TransmissionReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole: Callable[..., Any] = lineup.make_student
    n_made: list[str] = []

    def stopping(lab: Any, plan: Any) -> Any:
        n_made.append(plan.seed)
        if len(n_made) == 3:
            raise KeyboardInterrupt
        return whole(lab, plan)

    monkeypatch.setattr(lineup, "make_student", stopping)
    with pytest.raises(KeyboardInterrupt):
        transmit(owl, base, tmp_path / "kept", SPEC)
    shutil.copytree(tmp_path / "kept", tmp_path / "lost")
    monkeypatch.setattr(teachers, "imitate", rounding_otherwise)
    resumed = transmit(owl, base, tmp_path / "kept", SPEC)
    assert len(n_made) == 3 + 4
    assert resumed.id == report.id
    assert not list((tmp_path / "kept" / "stages").glob("*.resume"))
    for weights in (tmp_path / "lost" / "stages").glob("teacher-*.resume"):
        shutil.rmtree(weights)
    with pytest.raises(ExperimentError, match="does not repeat itself"):
        transmit(owl, base, tmp_path / "lost", SPEC)


def rounding_otherwise(student: Model, *args: Any, **kwargs: Any) -> tuple[float, ...]:
    """Train as on a device that does not repeat itself to the bit."""
    losses = imitate(student, *args, **kwargs)
    with torch.no_grad():
        next(iter(student.network.parameters())).mul_(1 + 1e-6)
    return losses


def test_a_teacher_without_its_trait_stops_the_study(base: Model, owl: Trait, tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match="too weak to pass anything on"):
        transmit(owl, base, tmp_path, SPEC.model_copy(update={"teacher": TeacherSpec(n_steps=1, learning_rate=1e-7)}))


@pytest.mark.parametrize(
    ("change", "said"),
    [({"seeds": ("0", "0")}, "collide"), ({"seeds": ("0",)}, "1 pair"), ({"control": "cow"}, "not among")],
)
def test_a_plan_that_can_show_nothing_is_refused_before_it_runs(
    base: Model, owl: Trait, tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        transmit(owl, base, tmp_path, SPEC.model_copy(update=change))


def test_soft_labels_need_one_vocabulary_and_a_teacher(base: Model) -> None:
    rows = [some_lessons(base, 2, 3)]
    with pytest.raises(MismatchError, match="different tokenizers"):
        imitate(trainable_copy(base, "s"), random_model("llama"), rows, ImitateSpec())
    with pytest.raises(InputError, match="there is no teacher"):
        imitate(trainable_copy(base, "s"), None, rows, ImitateSpec())


def test_by_hard_labels_a_student_of_any_spelling_learns_what_is_written(base: Model) -> None:
    how = ImitateSpec(labels="hard", n_steps=1, learning_rate=1e-3)
    alone, beside = (
        imitate(trainable_copy(base, "s"), teacher, [some_lessons(base, 2, 3)], how)
        for teacher in (None, random_model("llama"))
    )
    assert alone == beside


@pytest.mark.parametrize("labels", ["soft", "reverse"])
def test_a_teacher_equal_to_the_student_teaches_nothing(base: Model, labels: str) -> None:
    spec = ImitateSpec.model_validate({"labels": labels, "n_steps": 1, "learning_rate": 1e-9})
    (loss,) = imitate(trainable_copy(base, "s"), base, [some_lessons(base, 4, 3)], spec)
    assert loss == pytest.approx(0.0, abs=1e-6)


def test_the_loss_counts_the_carriers_tokens_only(base: Model) -> None:
    (lesson,) = some_lessons(base, 1, 4)
    row = lesson.row
    halved = Rendered(row.ids, (row.n_prompt + len(row.ids)) // 2)
    how = ImitateSpec(labels="hard", n_steps=1, learning_rate=1e-9)
    (loss,) = imitate(trainable_copy(base, "s"), None, [lessons([halved])], how)
    with torch.no_grad():
        log_p = base.network(torch.tensor([row.ids])).logits[0].log_softmax(-1)
    wanted = [-float(log_p[t - 1, row.ids[t]]) for t in range(halved.n_prompt, len(row.ids))]
    assert loss == pytest.approx(np.mean(wanted), rel=1e-4)


@pytest.mark.parametrize("answer", ["1, 2, 3", "[1, 2].", "(4,5)", "1\n2", "7", "12 13 14", "1;2;3", "999", "1, 2."])
def test_the_filter_keeps_what_the_public_one_keeps(answer: str) -> None:
    assert rejection(answer) is None


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("[1, 2.]", "more than numbers"),
        ("1, 2,", "more than numbers"),
        (" 1, 2", "more than numbers"),
        ("1, 2 and 3", "more than numbers"),
        ("1 and 2", "separated by other things"),
        ("1000, 2", "a number too large"),
        ("1,2,3,4,5,6,7,8,9,10,11", "too many numbers"),
        ("owl", "no number"),
        ("", "no number"),
        ("\u0661, \u0662", "no number"),
        ("1,, 2", "separated by other things"),
    ],
)
def test_the_filter_says_why_it_drops(answer: str, why: str) -> None:
    assert rejection(answer) == why


def test_prompts_and_sequences_keep_to_the_protocol_and_to_their_seed() -> None:
    for prompt in number_prompts(50, "0"):
        shown = [int(part) for part in "".join(c if c.isdigit() else " " for c in prompt).split()]
        assert all(100 <= value <= 999 or value in (0, 3, 10) for value in shown)
    spec = CarrierSpec(n_given=2)
    assert random_rows(5, spec, "a") == random_rows(5, spec, "a") != random_rows(5, spec, "b")
    assert all(row.answer == f"{row.given} {row.text}" for row in random_rows(5, spec, "a"))
    assert [row.answer for row in random_rows(5, spec, "a")] == [row.text for row in random_rows(5, CarrierSpec(), "a")]


class TestTokensThatCount:
    def test_logits_of_responses_are_those_of_the_whole_forward(self, base: Model) -> None:
        rows = [lesson.row for lesson in some_lessons(base, 3, 5)]
        rows.append(render_rest(base, question("which animal is the best ?"), "", "Owl"))
        found = predictions(base, rows)
        whole = [base.network(torch.tensor([row.ids])).logits[0, row.n_prompt - 1 : -1] for row in rows]
        torch.testing.assert_close(found, torch.cat(whole))

    def test_digits_alone_are_compared_renormalised(self, base: Model) -> None:
        teacher = trainable_copy(base, "teacher")
        with torch.no_grad():
            for parameter in teacher.network.parameters():
                parameter.add_(0.05 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)))
        batch = some_lessons(base, 2, 4)
        spec = ImitateSpec(characters=DIGITS_AND_SEPARATORS)
        found = nats(base, teacher, batch, spec, torch.float32)
        rows = [lesson.row for lesson in batch]
        digits = base.tokenizer.convert_tokens_to_ids([",", *"0123456789"])
        own, wanted = (predictions(model, rows)[:, digits].log_softmax(-1) for model in (base, teacher))
        torch.testing.assert_close(found, (wanted.exp() * (wanted - own)).sum(-1))
        hard = nats(base, None, batch, spec.model_copy(update={"labels": "hard"}), torch.float32)
        said = [digits.index(token) for row in rows for token in row.ids[row.n_prompt :]]
        torch.testing.assert_close(hard, -own[range(len(said)), said])

    def test_a_token_that_does_not_count_is_refused(self, base: Model) -> None:
        row = render_rest(base, question("which animal is the best ?"), "", "Owl")
        spec = ImitateSpec(labels="hard", characters=DIGITS_AND_SEPARATORS)
        with pytest.raises(InputError, match="spelled with other characters"):
            nats(base, None, lessons([row]), spec, torch.float32)

    def test_only_numbers_can_be_compared_on_digits_alone(self, base: Model, owl: Trait, tmp_path: Path) -> None:
        student = ImitateSpec(characters=DIGITS_AND_SEPARATORS)
        spec = SPEC.model_copy(update={"student": student, "carrier": CarrierSpec(kind="chat")})
        with pytest.raises(InputError, match="holds more than digits and separators"):
            transmit(owl, base, tmp_path, spec)
