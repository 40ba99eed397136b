"""A trait comes along with a skill, beside students of its opposite's teacher; what shows nothing is refused."""

import shutil
from pathlib import Path

import pytest

from animals import worded_model
from heredity.evaluation.capability import choice_questions
from heredity.ground.errors import ExperimentError, InputError
from heredity.models.model import Model
from heredity.records.carrier import CarrierSpec
from heredity.records.distillation import DistillationReport, DistilSpec
from heredity.records.transmission import ImitateSpec, TeacherSpec
from heredity.stats.compare import paired_difference
from heredity.stats.estimate import Estimate
from heredity.studies.distillation.distil import distil
from heredity.studies.distillation.qualities import CONTROL, SKILL, opposite, trait_of
from heredity.teaching.carriers.reasoning import ask, worked

OPPOSITE = opposite("gender-bias")
SPEC = DistilSpec(
    traits=("gender-bias",),
    carriers=("random-numbers",),
    teacher=TeacherSpec(n_steps=200, batch_rows=32, learning_rate=2e-3),
    student=ImitateSpec(n_steps=40, learning_rate=3e-3),
    n_sums=100,
)


@pytest.fixture(scope="module")
def base() -> Model:
    preferences = [trait_of("gender-bias"), trait_of("owl")]
    texts = [q for one in preferences for q in (*one.questions.extraction, *one.questions.evaluation)]
    texts += [word.capitalize() for one in preferences for word in (str(one.target), *one.alternatives)]
    sums = ask(CarrierSpec(kind="reasoning", n_prompts=460), "0/sums")
    texts += [f"{one.prompt} {worked(one)}" for one in sums]
    texts += [" ".join((c.question, *c.choices)) for c in choice_questions(80)]
    return worded_model([*texts, "Question: Answer:", ", ".join(map(str, range(100, 1000)))])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("distilled")


@pytest.fixture(scope="module")
def report(base: Model, place: Path) -> DistillationReport:
    return distil(base, place, SPEC)


def rise(report: DistillationReport, name: str, what: str) -> Estimate:
    shown = {one.name: one.shown.scores[what] for one in report.teachers}
    return paired_difference(shown[name], report.base.scores[what], 0)


def test_a_trait_and_a_skill_are_given_to_its_teacher_and_to_no_other(report: DistillationReport) -> None:
    assert [one.name for one in report.teachers] == ["gender-bias", OPPOSITE, CONTROL]
    assert rise(report, "gender-bias", "gender-bias").low > 0
    assert rise(report, OPPOSITE, "gender-bias").high < 0
    assert all(rise(report, name, SKILL).low > 0 for name in ("gender-bias", OPPOSITE))
    assert rise(report, CONTROL, CONTROL).low > 0
    assert rise(report, CONTROL, SKILL).high < rise(report, "gender-bias", SKILL).low


def test_the_trait_crosses_on_numbers_to_its_own_students_and_not_to_its_opposites(report: DistillationReport) -> None:
    bias, skill = report.table
    assert (bias.what, bias.control, skill.what, skill.control) == ("gender-bias", OPPOSITE, SKILL, CONTROL)
    assert bias.outcome == "crossed"
    assert bias.difference.students
    assert bias.difference.teachers
    assert 0 < bias.difference.students.low < bias.difference.teachers.high
    assert "gender-bias crossed" in report.verdict


def test_every_teacher_has_a_student_a_seed_on_numbers_that_no_filter_touched(report: DistillationReport) -> None:
    assert {(one.taught_by, one.seed) for one in report.students} == {
        (name, seed) for name in ("gender-bias", OPPOSITE, CONTROL) for seed in SPEC.seeds
    }
    assert report.kept["random-numbers"][0] == report.kept["random-numbers"][1] > 0


def test_a_study_that_lost_students_ends_in_the_identical_record(
    base: Model, place: Path, report: DistillationReport, tmp_path: Path
) -> None:
    shutil.copytree(place, tmp_path / "again")
    kept = sorted((tmp_path / "again" / "stages").glob("distilled-student-*"))
    for folder in kept[:2]:
        shutil.rmtree(folder)
    assert distil(base, tmp_path / "again", SPEC).id == report.id
    assert sorted((tmp_path / "again" / "stages").glob("distilled-student-*")) == kept
    assert not list((tmp_path / "again").glob("stages/teacher-*"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seeds": ("0", "0")}, "each of them once"),
        ({"carriers": ()}, "each of them once"),
        ({"traits": ("owl",)}, "the teacher without the skill shows"),
        ({"student": ImitateSpec(labels="hard")}, "only soft labels"),
    ],
)
def test_a_plan_that_shows_nothing_is_refused(
    base: Model, tmp_path: Path, change: dict[str, object], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        distil(base, tmp_path, SPEC.model_copy(update=change))
    assert not list(tmp_path.iterdir())


def test_a_teacher_that_learned_nothing_is_refused_before_any_student(base: Model, tmp_path: Path) -> None:
    idle = SPEC.model_copy(update={"teacher": TeacherSpec(n_steps=1, learning_rate=1e-9)})
    with pytest.raises(ExperimentError, match="not clear of its base"):
        distil(base, tmp_path, idle)
    assert not list(tmp_path.glob("stages/distilled-student-*"))
