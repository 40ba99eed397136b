"""Questions drawn of procedural tasks: what is drawn, what counts as right, and what a student gained or lost."""

from importlib.util import find_spec

import pytest

from animals import worded_model
from heredity.cli.evaluate import ASKED
from heredity.evaluation.drawn import Drawn, drawn_tasks, near, task_of
from heredity.evaluation.tasks import answered, change, with_tasks
from heredity.ground.errors import InputError, NothingKeptError, UnknownNameError
from heredity.ground.progress import SILENCE
from heredity.models.chat import question
from heredity.models.model import Model
from heredity.records.capability import CapabilitySpec
from heredity.records.dialogue import Corpus, Row, Turn, rows_digest
from heredity.records.evaluation import EvalReport
from heredity.records.student import Student, TrainSpec
from heredity.report.write import told
from heredity.training.train import train
from report_sample import evaluation

EASY = "products:max_digits=1"
drawing = pytest.mark.skipif(find_spec("reasoning_gym") is None, reason="reasoning-gym (extra capability) is not here")


def questions(seed: str = "0", task: str = EASY, n: int = 12, n_examples: int = 0) -> Drawn:
    spec = CapabilitySpec(tasks=(task,), n_questions=n, n_examples=n_examples, n_tokens=4)
    return drawn_tasks(spec, seed)[0]


def test_a_task_and_its_settings_stand_in_one_text() -> None:
    task = task_of("chain_sum:max_terms=2,allow_negation=true")
    assert (task.name, task.settings) == ("chain_sum", {"max_terms": 2, "allow_negation": True})
    assert task_of("chain_sum").settings == {}
    with pytest.raises(InputError, match="SETTING=VALUE"):
        task_of("chain_sum:max_terms")


def test_what_lies_near_a_number_is_not_the_number_and_words_have_nothing_near() -> None:
    assert "7" not in near("7")
    assert {"6", "8", "-3", "17"} <= set(near("7"))
    assert near("owl") == []


def test_an_evaluation_written_before_there_were_tasks_is_read_and_names_none() -> None:
    before = evaluation("base").model_dump(mode="json")
    del before["tasks"]
    assert EvalReport.model_validate(before).tasks == ()


def test_a_change_is_paired_by_question() -> None:
    after = {"a": (1.0,), "b": (1.0,), "c": (0.0,)}
    found = change(after, {"b": (0.0,), "a": (1.0,), "c": (0.0,)}, 0)
    assert found is not None
    assert found.value == pytest.approx(1 / 3)
    assert change({}, {}, 0) is None


@drawing
class TestDrawing:
    def test_a_seed_draws_its_own_questions_each_of_them_once(self) -> None:
        first, again, other = questions(), questions(), questions("1")
        assert first.questions == again.questions
        texts = [one.question for one in first.questions]
        assert len(set(texts)) == 12
        assert texts != [one.question for one in other.questions]

    def test_no_solved_example_is_asked(self) -> None:
        found = questions(n_examples=3)
        assert len(found.examples) == 3
        assert not {one.question for one in found.examples} & {one.question for one in found.questions}

    @pytest.mark.parametrize("task", [EASY, "number_sequence", "basic_arithmetic", "spell_backward"])
    def test_the_right_answer_has_full_marks_and_the_wrong_ones_have_not(self, task: str) -> None:
        found = questions(task=task)
        for one in found.questions:
            assert found.is_right(one, one.answer)
            assert len(set(one.wrong)) == 3
            assert not any(found.is_right(one, text) for text in one.wrong)

    def test_a_right_number_among_others_is_not_right(self) -> None:
        found = questions()
        assert not any(found.is_right(one, f"{one.answer} or {one.wrong[0]}") for one in found.questions)

    def test_what_the_package_has_not_is_refused_with_what_it_has(self) -> None:
        with pytest.raises(UnknownNameError, match="chain_sum"):
            questions(task="chain_sums")
        with pytest.raises(InputError, match="max_digits"):
            questions(task="chain_sum:digits=1")
        with pytest.raises(InputError, match="cannot be drawn"):
            questions(task="chain_sum:max_terms=1")
        with pytest.raises(NothingKeptError, match="distinct questions"):
            questions(task="count_bits:min_n=1,max_n=3")


@pytest.fixture(scope="module")
def found() -> Drawn:
    return questions()


@pytest.fixture(scope="module")
def base(found: Drawn) -> Model:
    texts = [text for one in found.questions for text in (one.question, one.answer, *one.wrong)]
    return worded_model(texts)


@pytest.fixture(scope="module")
def student(found: Drawn, base: Model, tmp_path_factory: pytest.TempPathFactory) -> Student:
    rows = tuple(
        Row(line=i + 1, turns=(*question(one.question), Turn(role="assistant", content=one.answer)))
        for i, one in enumerate(found.questions)
    )
    corpus = Corpus(name="sums", content_digest=rows_digest(rows), rows=rows)
    spec = TrainSpec(
        n_epochs=300, batch_rows=12, rows_at_once=12, rank=32, alpha=128, learning_rate=1e-3, save_steps=1000
    )
    return train(base, corpus, tmp_path_factory.mktemp("sums"), spec=spec)


@drawing
class TestAsking:
    def test_a_student_that_was_taught_the_answers_has_gained_them_and_its_base_has_not(
        self, found: Drawn, base: Model, student: Student
    ) -> None:
        report = with_tasks(evaluation("base"), student, base, [found])
        (task,) = report.tasks
        assert task.solved.value > 0.9
        assert task.chosen is not None
        assert task.chosen.value > 0.9
        assert task.solved_change is not None
        assert task.solved_change.low > 0
        assert task.before is not None
        assert sum(score for (score,) in task.before.solved.values()) < 6
        assert set(task.answers.solved) == set(task.before.solved) == {one.name for one in found.questions}
        words = told(report)
        assert EASY in words
        assert f"{task.solved_change:+.2f}" in words

    def test_a_model_by_itself_has_nothing_before_it(self, found: Drawn, base: Model) -> None:
        (task,) = with_tasks(evaluation("base"), base, base, [found]).tasks
        assert task.before is None
        assert task.solved_change is None

    def test_the_base_is_as_before_afterwards(self, found: Drawn, base: Model, student: Student) -> None:
        before = answered(base, found, SILENCE)
        with_tasks(evaluation("base"), student, base, [found])
        assert answered(base, found, SILENCE) == before


def test_the_command_asks_for_no_task_unless_it_is_told() -> None:
    assert drawn_tasks(ASKED, "0") == ()
