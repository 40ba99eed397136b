"""`heredity digits`: what it prints and writes, what it refuses, and how its page stands in a browser."""

import importlib.util
import sys
from pathlib import Path

import pytest

from commands import Run, done, failed, heredity
from heredity.records.small_world import SmallWorldReport
from heredity.store.workspace import load_record
from pages import IN_A_BROWSER, POLICY, Reader, Visit

SHORT = ("digits", "--seeds", "2", "--steps", "3", "--draws", "3")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("user")


@pytest.fixture(scope="module")
def run(place: Path) -> Run:
    return heredity(*SHORT, "--out", "world", folder=place)


@pytest.fixture(scope="module")
def page(place: Path, run: Run) -> Path:
    return place / "world" / "digits.html"


class TestCommand:
    def test_it_says_the_verdict_every_accuracy_and_where_first_order_ends(self, place: Path, run: Run) -> None:
        assert run.code == 0, run.err
        report = load_record(SmallWorldReport, place / "world" / "digits.json")
        assert run.out.startswith(report.verdict)
        assert report.theorem in run.out
        for found in (report.start, report.teacher, report.same, report.other, report.shuffled):
            assert str(found) in run.out
        for step in report.steps[::2]:
            assert f"{step.step_size:g} " in run.out
        assert (report.spec.n_seeds, report.spec.student_steps, report.spec.n_draws) == (2, 3, 3)

    def test_a_second_run_finds_what_the_first_made(
        self, place: Path, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "sklearn", None)
        assert done(*SHORT, "--out", "world", folder=place) == run.out

    def test_help_says_what_is_learnt_from_what(self, tmp_path: Path) -> None:
        said = " ".join(done("digits", "--help", folder=tmp_path).split())
        for words in ("Theorem 1", "OUT/digits.html", "pip install 'heredity[digits]'", "--seeds", "--seed", "--out"):
            assert words in said


class TestBadInput:
    def test_numbers_out_of_range_are_the_users_mistake(self, tmp_path: Path) -> None:
        failed(heredity("digits", "--seeds", "1", folder=tmp_path), 2, "--seeds", "greater than or equal to 2")
        failed(heredity("digits", "--steps", "0", folder=tmp_path), 2, "--steps", "greater than or equal to 1")
        failed(heredity("digits", "--draws", "many", folder=tmp_path), 2, "Invalid value for '--draws'")

    def test_a_place_that_cannot_be_written_is_said_at_once(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        failed(heredity(*SHORT, "--out", "file/below", folder=tmp_path), 5, "cannot write")

    def test_what_is_not_installed_is_said_with_the_words_that_install_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "sklearn", None)
        failed(heredity(*SHORT, folder=tmp_path), 6, "scikit-learn is not installed", "heredity[digits]")
        found = importlib.util.find_spec
        absent = "heredity.ground.extras.find_spec"
        monkeypatch.setattr(absent, lambda name, *rest: None if name == "altair" else found(name, *rest))
        failed(heredity(*SHORT, folder=tmp_path), 6, "altair is not installed")


class TestPage:
    def test_it_says_what_the_record_says_and_asks_for_nothing(self, place: Path, page: Path) -> None:
        report = load_record(SmallWorldReport, place / "world" / "digits.json")
        text = page.read_text(encoding="utf-8")
        read = Reader(text)
        assert report.verdict in read.text
        assert report.theorem in read.text
        assert POLICY in text
        assert "script" not in read.tags
        assert not [value for _, name, value in read.attributes if name in ("src", "href") and "://" in value]

    def test_every_field_of_the_spec_is_named_with_its_meaning(self, page: Path) -> None:
        text = Reader(page.read_text(encoding="utf-8")).text
        for field in type(load_record(SmallWorldReport, page.with_name("digits.json")).spec).model_fields.values():
            assert str(field.description) in text


class TestInABrowser:
    pytestmark = IN_A_BROWSER

    @pytest.mark.parametrize("width", [1000, 390])
    def test_it_fits_asks_for_nothing_and_cuts_no_text(self, browser, page: Path, width: int) -> None:
        visit = Visit(browser, page, width)
        assert visit.requested == [page.as_uri()]
        assert visit.complaints == []
        assert visit.scroll_width <= width
        assert visit.page.locator("figure svg").count() == 2
        assert visit.texts_outside_their_canvas == []
