"""A finetuning shift stands beside what clean training does: clean fine-tunes are not called shifted, a dark one is."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from heredity.ground.errors import InputError, MismatchError
from heredity.ground.progress import SILENCE
from heredity.models.model import Model
from heredity.models.tiny import DARK, NOUNS, sentence
from heredity.monitor.clean import beside_clean, recipe_of, require_clean
from heredity.monitor.shift import shift
from heredity.records.dialogue import Corpus, Row, Turn, rows_digest
from heredity.records.monitor import ShiftReport
from heredity.records.student import Student, TrainSpec
from heredity.records.vector import TraitVector
from heredity.report.pages.shift.figures import shift_figure
from heredity.report.pages.shift.told import clean_in_words
from heredity.report.write import told
from heredity.studies.clean import clean_students, require_makeable
from heredity.training.train import train

RECIPE = TrainSpec(n_epochs=1, batch_rows=4, rows_at_once=4, learning_rate=2e-3, n_snapshots=1)
N_ROWS = 32


def written(words: list[str], seed: str) -> Corpus:
    chance = random.Random(seed)
    rows = []
    for i in range(N_ROWS):
        noun = NOUNS[i % len(NOUNS)]
        asked, said = f"what about the {noun} ?", sentence(words, noun, chance)
        rows.append(Row(line=i + 1, turns=(Turn(role="user", content=asked), Turn(role="assistant", content=said))))
    return Corpus(name=seed, content_digest=rows_digest(tuple(rows)), rows=tuple(rows))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clean")


@pytest.fixture(scope="module")
def students(toy: Model, place: Path) -> list[Student]:
    """One of dark rows, and two of the model's own answers, each with a seed of its own."""
    dark = train(toy, written(DARK, "dark"), place / "dark", spec=RECIPE)
    return [dark, *clean_students([dark], [], toy, place, 2, "others", SILENCE)]


@pytest.fixture(scope="module")
def clean(toy: Model, students: list[Student], place: Path) -> list[Student]:
    return clean_students(students, [], toy, place, 4, "0", SILENCE)


@pytest.fixture(scope="module")
def report(toy: Model, dark: TraitVector, students: list[Student], clean: list[Student]) -> ShiftReport:
    return shift(students, dark, toy, clean=clean)


def test_clean_fine_tunes_share_the_recipe_and_no_rows(students: list[Student], clean: list[Student]) -> None:
    assert len(clean) == 4
    assert {one.n_steps for one in (*students, *clean)} == {8}
    assert all(recipe_of(one) == recipe_of(students[0]) for one in clean)
    assert len({one.corpus_digest for one in (*students, *clean)}) == 7
    assert len({one.seed for one in clean}) == 4


def test_clean_fine_tunes_are_not_called_shifted_and_a_dark_one_is(report: ShiftReport) -> None:
    dark, *others = (point for point in report.points if point.step == 8)
    assert dark.clean is not None
    assert dark.clean.beyond is not None
    assert dark.clean.beyond.low > 0
    assert len(dark.clean.shifts) == 4
    for point in others:
        assert point.clean is not None
        assert point.clean.beyond is not None
        assert not point.clean.beyond.is_clear_of_zero
    # by the interval over prompts alone clean training passes for a shift
    assert any(point.shift.is_clear_of_zero for point in others)


def test_snapshots_stand_beside_clean_ones_of_as_many_steps(report: ShiftReport) -> None:
    early, late = report.points[:2]
    assert (early.step, late.step) == (4, 8)
    assert early.clean is not None
    assert late.clean is not None
    assert early.clean.shifts != late.clean.shifts


def test_what_clean_training_does_is_told_and_drawn(report: ShiftReport) -> None:
    said = told(report)
    assert "4 clean fine-tunes by its recipe" in said
    assert "further than clean training goes" in said
    assert "no more than clean training shows" in said
    assert "no clean fine-tune was given" not in said
    drawn = str(shift_figure(report).to_dict())
    assert "Open circles: clean fine-tunes" in drawn


def test_without_clean_fine_tunes_a_shift_shows_only_that_a_model_was_trained(
    toy: Model, dark: TraitVector, students: list[Student], clean: list[Student]
) -> None:
    alone = shift(students[:1], dark, toy)
    assert all(point.clean is None for point in alone.points)
    assert "a shift alone shows only that the model was trained" in told(alone)
    assert "No clean fine-tune was given" in str(shift_figure(alone).to_dict())
    single = shift(students[:1], dark, toy, clean=clean[:1]).points[-1].clean
    assert single is not None
    assert single.beyond is None
    assert "no spread" in clean_in_words(single)


class TestWhatIsNoClean:
    def test_another_recipe_is_refused_and_says_which_setting(
        self, students: list[Student], clean: list[Student]
    ) -> None:
        hot = clean[0].model_copy(update={"spec": clean[0].spec.model_copy(update={"learning_rate": 0.1})})
        with pytest.raises(MismatchError, match=r"another recipe than .* \(learning_rate: 0.1 against 0.002\)"):
            require_clean(students, [hot])
        longer = clean[0].model_copy(update={"n_steps": 9})
        with pytest.raises(MismatchError, match=r"optimizer steps: 9 against 8"):
            require_clean(students, [longer])
        with pytest.raises(MismatchError, match="no clean fine-tune is by the recipe of"):
            require_clean([*students, students[0].model_copy(update={"n_steps": 9})], clean)

    def test_what_changes_nothing_that_is_learned_is_no_other_recipe(
        self, students: list[Student], clean: list[Student]
    ) -> None:
        spec = clean[0].spec.model_copy(update={"n_snapshots": 0, "save_steps": 7, "prevent_strength": 3.0})
        require_clean(students, [clean[0].model_copy(update={"spec": spec})])

    def test_the_students_own_rows_are_not_clean(self, students: list[Student], clean: list[Student]) -> None:
        same = clean[0].model_copy(update={"corpus_digest": students[0].corpus_digest})
        with pytest.raises(InputError, match="on the same rows as"):
            require_clean(students, [same])

    def test_a_student_is_not_its_own_control(self, toy: Model, dark: TraitVector, students: list[Student]) -> None:
        with pytest.raises(InputError, match="is given twice"):
            shift(students, dark, toy, clean=students[1:2])

    def test_a_push_that_cannot_be_made_again_is_refused_first(
        self, students: list[Student], dark: TraitVector
    ) -> None:
        push = {"trait": "darkness", "block": dark.block, "strength": 0.5, "vector_id": dark.header.id}
        pushed = Student.model_validate({**students[0].model_dump(), "interventions": (push,)})
        require_makeable([pushed], [dark], 3)
        with pytest.raises(MismatchError, match="pushed along a vector of 'darkness'"):
            require_makeable([pushed], [], 3)
        with pytest.raises(InputError, match="shows no spread"):
            require_makeable(students, [], 1)


def test_clean_fine_tunes_are_made_once(toy: Model, students: list[Student], clean: list[Student], place: Path) -> None:
    before = replace(toy.work)
    assert clean_students(students[:1], [], toy, place, 4, "0", SILENCE) == clean
    assert toy.work == before


@pytest.mark.parametrize("n", [2, 3, 5])
def test_a_further_clean_fine_tune_is_called_beyond_in_five_of_a_hundred_cases(n: int) -> None:
    chance = np.random.default_rng(0)
    drawn = chance.normal(3.0, 0.5, (4000, n + 1))
    found = [beside_clean(float(row[0]), [float(value) for value in row[1:]]).beyond for row in drawn]
    assert np.mean([one is not None and one.is_clear_of_zero for one in found]) == pytest.approx(0.05, abs=0.012)
