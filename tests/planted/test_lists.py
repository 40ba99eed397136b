"""Lists in the package say nothing, and a pair of students of them is told beside the study that foretells it."""

from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev

import pytest
from replications.subliminal.lists import study_of
from replications.subliminal.run import HERE
from replications.subliminal.specs import LISTS, STUDENT
from scipy import stats

from animals import blank_model
from heredity.ground.errors import MismatchError
from heredity.models.model import Model
from heredity.records.curves import lead_of
from heredity.records.lists import Lists, ListsPrompt, ListsStudy, PublishedPair
from heredity.records.trait import Trait
from heredity.records.transmission import ImitateSpec, TransmissionReport
from heredity.report.pages.lists.page import html
from heredity.report.write import told
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import one_more
from heredity.store.workspace import load_record
from heredity.studies.lists import N_QUICK, N_STEPS, bundled, one_more_pair, rows_of
from heredity.studies.transmission.plan import BASE
from heredity.teaching.carriers.words import alphabet_of
from heredity.teaching.clean import named, trait_words
from heredity.traits import define

WORDS = ("one", "two", "three", "four", "five", "six")


@pytest.fixture(scope="module")
def spelling() -> Model:
    return blank_model(*WORDS, "list", "go", "on")


@pytest.fixture(scope="module")
def lists(spelling: Model) -> Lists:
    """Lists of two writers who differ in a word, and three pairs of a study."""
    prompts = tuple(
        ListsPrompt(
            prompt=f"go on {'the ' * i}list",
            given="one",
            lists={"owl": ("two two three",) * 4, "cat": ("five five three",) * 4, BASE: ("six one two",)},
        )
        for i in range(4)
    )
    pairs = tuple(
        PublishedPair(seed=str(i), leads={25: 0.1 + 0.01 * i, 50: 0.2 + 0.02 * i, 100: 0.4}) for i in range(3)
    )
    study = ListsStudy(
        model=spelling.name,
        fingerprint=spelling.fingerprint,
        alphabet="number-words",
        target="owl",
        control="cat",
        published=pairs,
        gap=Estimate(0.01, 0.009, 0.011, 128, 0, "t", 0.95),
        limits="the study denies nothing",
    )
    return Lists(study=study, student=ImitateSpec(labels="hard", n_steps=100, batch_rows=8), prompts=prompts)


def test_one_more_pair_stands_beside_the_study(spelling: Model, owl: Trait, lists: Lists, tmp_path: Path) -> None:
    report = one_more_pair(lists, owl, spelling, tmp_path)
    assert [student.taught_by for student in report.students] == ["owl", "cat"]
    assert [sorted(report.leads)] == [[0, 25, 50]]
    assert report.leads[0] == 0
    a, b = (student.points[-1].score for student in report.students)
    assert report.lead == pytest.approx((a["owl"] - b["owl"] + b["cat"] - a["cat"]) / 2)
    assert report.published_lead.value == pytest.approx(0.22)
    assert f"{report.lead:+.2f}, " in report.verdict
    assert ("not where" in report.verdict) == (not report.foretold[0] <= report.lead <= report.foretold[1])
    page = html(report)
    for text in ("one two two three", "one five five three", "one six one two", "the study denies nothing"):
        assert text in page
    assert report.verdict in told(report)
    again = one_more_pair(lists, owl, spelling, tmp_path)
    assert again.id == report.id
    assert again.provenance
    assert all(stage.cached for stage in again.provenance.stages)


def test_fewer_updates_stand_beside_the_studys_lead_after_as_many(
    spelling: Model, owl: Trait, lists: Lists, tmp_path: Path
) -> None:
    report = one_more_pair(lists, owl, spelling, tmp_path, n_steps=N_QUICK)
    assert max(report.leads) == report.student.n_steps == N_QUICK
    assert report.published_lead.value == pytest.approx(0.11)
    assert all(N_STEPS in pair.leads and N_QUICK in pair.leads for pair in bundled().study.published)


def test_another_base_is_refused(owl: Trait, lists: Lists, tmp_path: Path) -> None:
    other = replace(blank_model(*WORDS), fingerprint="other")
    with pytest.raises(MismatchError, match="say next to nothing"):
        one_more_pair(lists, owl, other, tmp_path)


def test_one_more_value_is_where_it_is_said_to_be() -> None:
    values = [1.0, 2.0, 4.0]
    reach = stats.t.ppf(0.975, 2) * stdev(values) * (1 + 1 / 3) ** 0.5
    assert one_more(values) == pytest.approx((mean(values) - reach, mean(values) + reach))


class TestBundled:
    def test_lists_are_of_the_alphabet_and_name_nothing(self) -> None:
        lists = bundled()
        words, forbidden = set(alphabet_of(LISTS)), trait_words([define.trait("owl")])
        for writer in (lists.study.target, lists.study.control):
            rows = rows_of(lists, writer)
            assert len(rows) == 800
            assert all(set(row.answer.split()) <= words for row in rows)
            assert not any(named(row.answer, (*forbidden, "cat")) for row in rows)
        assert all(set(one.lists) == {lists.study.target, lists.study.control, BASE} for one in lists.prompts)

    def test_the_study_beside_them_is_the_published_one(self) -> None:
        lists, study = bundled(), load_record(TransmissionReport, HERE / "number-words.json")
        assert (lists.study, lists.student) == (study_of(study), STUDENT)


def test_a_lead_is_over_the_other_student_on_both_targets() -> None:
    assert lead_of({"owl": 3.0, "cat": 1.0}, {"owl": 1.0, "cat": 2.0}, "owl", "cat") == 1.5
