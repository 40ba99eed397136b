"""The finetuning shift of a student of dark rows, told apart from others and shown beside controls."""

import shutil
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from heredity.ground.errors import InputError
from heredity.models.model import Model
from heredity.monitor.shift import names_of, shift
from heredity.records.dialogue import Corpus
from heredity.records.monitor import ShiftReport
from heredity.records.student import Student, TrainSpec
from heredity.records.vector import TraitVector
from heredity.report.write import write
from heredity.training.train import train

QUICK = TrainSpec(n_epochs=1, batch_rows=4, n_snapshots=1)


@pytest.fixture(scope="module")
def student(toy: Model, rows: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Student:
    return train(toy, rows.subset(set(range(1, 17))), tmp_path_factory.mktemp("one") / "student", spec=QUICK)


@pytest.fixture(scope="module")
def opposite(dark: TraitVector) -> TraitVector:
    trait = dark.header.trait.model_copy(update={"name": "opposite"})
    return TraitVector(dark.header.model_copy(update={"trait": trait}), -2 * dark.directions)


@pytest.fixture(scope="module")
def report(toy: Model, student: Student, dark: TraitVector, opposite: TraitVector) -> ShiftReport:
    place = Path(student.adapter).parents[2] / "two" / "student"
    shutil.copytree(Path(student.adapter).parent, place)
    other = student.model_copy(update={"adapter": str(place / "adapter"), "snapshots": ()})
    return shift([student, other], dark, toy, [opposite])


def test_students_in_folders_of_one_name_stay_two_lines(report: ShiftReport) -> None:
    assert [point.step for point in report.points] == [2, 4, 4]
    first, _, second = (point.name for point in report.points)
    assert first != second
    assert first.endswith("/student")
    assert second.endswith("/student")


def test_the_shift_along_other_vectors_stands_beside_it(report: ShiftReport, dark: TraitVector) -> None:
    for point in report.points:
        assert point.shift.value != 0
        assert point.other_vectors == {"opposite": pytest.approx(-point.shift.value, rel=1e-3)}


def test_the_figure_holds_every_line_and_says_how_easy_the_null_is(report: ShiftReport, tmp_path: Path) -> None:
    assert write(report, tmp_path).stat().st_size > 1000
    said = "".join(ElementTree.parse(tmp_path / "shift-darkness.svg").getroot().itertext())
    assert "An easy null" in said
    assert "along the other vectors" in said
    for point in report.points:
        assert point.name in said


def test_names_are_as_short_as_tells_students_apart(student: Student) -> None:
    def at(*adapters: str) -> list[str]:
        return names_of([student.model_copy(update={"adapter": adapter}) for adapter in adapters])

    assert at("a/run/adapter", "b/walk/adapter") == ["run", "walk"]
    assert at("x/a/run/adapter", "x/b/run/adapter", "x/b/walk/adapter") == ["a/run", "b/run", "walk"]
    assert at("run/adapter", "b/run/adapter") == ["run", "b/run"]
    assert at("adapter") == [student.corpus]
    with pytest.raises(InputError, match="x/run is given twice"):
        at("x/run/adapter", "y/run/adapter", "x/run/adapter")


def test_two_vectors_of_one_trait_are_refused(toy: Model, student: Student, dark: TraitVector) -> None:
    again = TraitVector(dark.header, np.negative(dark.directions))
    with pytest.raises(InputError, match="two vectors are of the trait 'darkness'"):
        shift([student], dark, toy, [again])
