"""The pages of a transmission study and of a cascade: what they draw and claim, and what they never let through."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from heredity.records.carrier import CarrierRow
from heredity.records.cascade import CascadeReport
from heredity.records.transmission import TransmissionReport
from heredity.report.kit.curves import INK, LETTERS, WHOLE, Axes, Curves, curves_figure, dashes_of
from heredity.report.kit.measures import wording
from heredity.report.kit.tint import NOTHING
from heredity.report.pages.cascade import page as cascades
from heredity.report.pages.cascade import words as lineages
from heredity.report.pages.cascade.figures import course_figure
from heredity.report.pages.transmission import page as transmissions
from heredity.report.pages.transmission import tables as taught
from heredity.report.pages.transmission import words as crossing
from heredity.report.pages.transmission.figures import dose_figure, pairs_figure
from heredity.report.pages.transmission.words import did_it_cross, groups, what_it_cost
from heredity.report.write import write
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import mean_t
from heredity.studies.transmission.conclusions import concluded
from heredity.studies.transmission.descent import trend_of
from pages import POLICY, Reader, rows_of
from report_sample import HOSTILE
from transmission_sample import cascade_report, crowded_report, one_lineage_report, one_seed_report, transmission_report


@pytest.fixture(scope="module")
def report() -> TransmissionReport:
    return crowded_report()


@pytest.fixture(scope="module")
def page(report) -> str:
    return transmissions.html(report)


@pytest.fixture(scope="module")
def text(page) -> str:
    return Reader(page).text


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> list[Path]:
    """Return the pages of studies of one pair, as they were written to one folder."""
    folder = tmp_path_factory.mktemp("pages")
    return [write(one_seed_report(), folder), write(one_lineage_report(), folder)]


@pytest.fixture(scope="module")
def alone(written) -> str:
    return Reader(written[0].read_text(encoding="utf-8")).text


@pytest.fixture(scope="module")
def bare() -> TransmissionReport:
    """Return a study of grades in which little was measured."""
    plain = transmission_report(n_seeds=2, base_accuracy=None, measure="grade")
    fields = {"sampled": {}, "imitation": None, "alignment": {}, "accuracy": None}
    return plain.model_copy(update={"students": tuple(one.model_copy(update=fields) for one in plain.students)})


@pytest.fixture(scope="module")
def bare_text(bare) -> str:
    return Reader(transmissions.html(bare)).text


@pytest.fixture(scope="module")
def cascade() -> CascadeReport:
    return cascade_report()


@pytest.fixture(scope="module")
def cascade_page(cascade) -> str:
    return cascades.html(cascade)


def hostile() -> TransmissionReport:
    plain = transmission_report(n_seeds=2)
    row = CarrierRow(prompt=HOSTILE, text=HOSTILE)
    carrier = plain.carriers[0].model_copy(update={"written_by": HOSTILE, "dropped": {HOSTILE: 1}, "examples": (row,)})
    control = plain.controls[0].model_copy(update={"name": HOSTILE, "question": HOSTILE, "said": HOSTILE})
    students = tuple(one.model_copy(update={"taught_by": HOSTILE}) for one in plain.students)
    fields = {"model": HOSTILE, "trait": HOSTILE, "verdict": HOSTILE, "control": HOSTILE, "carriers": (carrier,)}
    return plain.model_copy(update={**fields, "controls": (control,), "students": students})


def thin_lines(figure) -> list[list[float]]:
    """Return the heights of every thin line of a drawn panel."""
    spec = figure.to_dict()
    thin = next(part for part in spec["vconcat"][0]["layer"] if part.get("mark", {}).get("strokeWidth") == 1)
    lines: dict[int, list[float]] = {}
    for row in rows_of(spec, thin):
        lines.setdefault(row["line"], []).append(row["y"])
    return list(lines.values())


def links_out(page: str) -> list[str]:
    own = re.sub(r' xmlns(:xlink)?="[^"]*"', "", page)
    return [word for word in ("http://", "https://", "@import", "url(", "src=") if word in own]


class TestNothingGetsThrough:
    def test_hostile_text_is_shown_and_makes_no_element(self):
        read = Reader(transmissions.html(hostile()))
        assert read.tags.isdisjoint({"script", "img", "link", "iframe", "object", "embed", "base", "form"})
        assert not [found for found in read.attributes if found[1].startswith("on")]
        assert read.text.count(HOSTILE) > 6

    def test_the_pages_ask_nothing_of_the_network(self, page, cascade_page):
        assert not links_out(page)
        assert not links_out(cascade_page)
        assert ("meta", "content", POLICY) in Reader(page).attributes

    def test_every_figure_has_its_text(self, page, cascade_page):
        for each in (page, cascade_page):
            labels = [value for tag, name, value in Reader(each).attributes if (tag, name) == ("div", "aria-label")]
            assert each.count("<figure>") == 2
            assert sum(":" in label for label in labels) == 2


class TestWhatIsDrawn:
    def test_every_student_is_a_line_of_the_dose_curve(self, report):
        drawn = thin_lines(dose_figure(report))
        curves = [[point.level["owl"].value for point in one.points] for one in report.students]
        assert sorted(drawn) == sorted(curves)

    def test_a_bold_line_is_the_mean_of_its_students(self):
        curves = Curves("both", INK, WHOLE, (((0, 1.0), (5, 2.0)), ((0, 3.0), (5, 4.0), (9, 8.0))))
        assert curves.mean == ((0, 2.0), (5, 3.0))

    def test_every_group_is_named_and_told_apart_without_colour(self, report):
        spec = str(dose_figure(report).to_dict())
        assert all(f"{group.name} " in spec for group in groups(report))
        assert len({dashes_of(place) for place in range(len(groups(report)))}) == len(groups(report))

    def test_names_never_overlap_and_none_lies_below_the_panel(self):
        axes = Axes("x", "y", 0.0, 1.0, ".1%", (0, 1), height=200)
        ends = (0.0, 0.001, 0.002, 0.9)
        spec = curves_figure([Curves(str(y), INK, WHOLE, (((0, 0.0), (1, y)),)) for y in ends], axes).to_dict()
        heights = sorted(row["y"] for row in rows_of(spec, spec["layer"][-1]))
        gaps = [above - below for below, above in pairwise(heights)]
        assert heights[0] >= 0
        assert min(gaps) >= LETTERS / axes.height - 1e-9
        assert heights[-1] == 0.9

    def test_every_pair_is_a_dot_and_their_mean_is_the_effect(self, report):
        found = report.pairs
        assert [one.seed for one in found] == list(report.spec.seeds)
        assert sum(one.difference for one in found) / len(found) == pytest.approx(report.effect.value)
        spec = pairs_figure(report).to_dict()
        dots = rows_of(spec, spec["hconcat"][1]["layer"][1])
        assert [row["value"] for row in dots] == [one.difference for one in found]

    def test_a_study_without_its_control_says_so_instead_of_drawing_pairs(self, report):
        lone = report.model_copy(update={"pairs": ()})
        assert "No treated student has a control of its seed." in str(pairs_figure(lone).to_dict())


class TestWhatItSays:
    def test_the_verdict_and_the_number_of_pairs_are_on_the_page(self, text, report):
        assert report.verdict in text
        assert f"the interval is over {report.effect.n} of them, not over questions" in text
        assert report.fingerprint in text

    @pytest.mark.parametrize(
        ("effect", "answer"),
        [
            (Estimate(1.0, 0.2, 1.8, 3), "Yes"),
            (Estimate(1.0, -0.2, 2.2, 3), "Not shown"),
            (Estimate(-1.0, -1.8, -0.2, 3), "The wrong way round"),
            (None, "Not decided"),
        ],
    )
    def test_crossing_is_claimed_only_where_the_interval_is_clear_of_zero(self, report, effect, answer):
        assert did_it_cross(report.model_copy(update={"effect": effect})).answer == answer

    def test_one_pair_of_students_has_no_interval_and_the_page_says_so(self, alone):
        assert "One pair of students has no interval" in alone
        assert "No cell is tinted" in alone
        assert "95% interval over" not in alone
        assert "Power 9" not in alone

    def test_power_below_what_was_asked_is_named(self):
        weak = transmission_report(n_seeds=2)
        said = crossing.could_it_be_seen(weak)
        assert said.answer == "Power 31%"
        assert "below the 80% asked for" in said.reason

    def test_filters_show_all_they_dropped_beside_examples(self, text, report):
        for carrier in report.carriers:
            assert all(f"{reason}{count}" in text.replace("\n", "") for reason, count in carrier.dropped.items())
            assert all(row.text in text for row in carrier.examples)

    def test_what_the_rows_hold_of_their_writers_is_told_where_it_was_measured(self, text, report):
        assert report.signal
        for figure in ("47 words: zero one two ...", "25,600 tokens: each of 1,440 rows 1.1 times", "256 nats", "0.57"):
            assert figure in text
        assert text.count("differ by (nats a token)") == len(report.signal.gaps) == 6
        assert "Written with" not in Reader(transmissions.html(transmission_report())).text

    def test_what_was_not_measured_is_left_out_by_name(self, bare, bare_text):
        assert "Not measured: the sampled rate, imitation, alignment, accuracy." in bare_text
        assert "Sampled rate" not in bare_text
        assert what_it_cost(bare) is None

    def test_grades_are_written_as_grades(self, bare, bare_text):
        words = wording(bare)
        assert (words.unit, words.level) == ("points", "grade of owl / 100")
        assert "nats" not in bare_text


class TestTheMatrix:
    def test_a_cell_is_tinted_exactly_where_its_interval_is_clear_of_zero(self, report):
        found = {(one.taught_by, one.target): one for one in report.matrix}
        for teacher, cells in taught.matrix(report):
            for target, cell in zip(taught.targets(report), cells, strict=True):
                effect = found[teacher, target]
                assert cell.is_own == (teacher == target) == ("own" in cell.classes)
                assert cell.is_clear == effect.score.is_clear_of_zero == ("luck" not in cell.classes)
                assert (cell.tint > NOTHING) == (cell.is_clear and effect.score.value > 0)
                assert cell.text == f"{effect.level:.1%}"

    def test_the_diagonal_runs_from_the_target_and_missing_cells_are_holes(self, report):
        gone = tuple(one for one in report.matrix if (one.taught_by, one.target) != ("dog", "fox"))
        rows = taught.matrix(report.model_copy(update={"matrix": gone}))
        assert [teacher for teacher, _ in rows] == list(taught.targets(report)) == ["owl", "cat", "dog", "fox"]
        assert [cell is None for cell in rows[2][1]] == [False, False, False, True]

    def test_students_stand_in_the_table_once_each_with_their_own_teacher_apart(self, report):
        lines = taught.student_lines(report)
        assert sorted(map(id, report.students)) == sorted(id(line.student) for line in lines)
        first = lines[0]
        assert first.own == first.student.alignment["owl"]
        assert [name for name, _ in first.others] == sorted(("cat", "dog", "fox"), key=lambda n: -dict(first.others)[n])


class TestTheCascade:
    def test_every_lineage_is_a_line_and_every_generation_a_row(self, cascade, cascade_page):
        drawn = thin_lines(course_figure(cascade))
        curves = [[one.level["owl"].value for one in line.generations] for line in lineages.lineages(cascade)]
        assert len(curves) == 6
        assert sorted(drawn) == sorted(curves)
        rows = re.findall(r"\d: (?:Teacher|Student \d)", Reader(cascade_page).text)
        assert len(rows) == len(cascade.effects) + len(cascade.generations)

    def test_the_verdict_and_the_half_life_are_on_the_page(self, cascade, cascade_page):
        said = Reader(cascade_page).text
        assert cascade.verdict in said
        assert "Half in 1.1 generations" in said
        assert "no spread: one teacher" in said

    def test_the_mean_of_the_pairs_is_the_effect(self, cascade):
        found = lineages.differences(cascade).values()
        for place, effect in enumerate(cascade.effects):
            assert sum(line[place] for line in found) / len(found) == pytest.approx(effect.value)

    def test_one_pair_of_lineages_has_no_interval_and_no_half_life(self, written):
        said = Reader(written[1].read_text(encoding="utf-8")).text
        assert "One pair of lineages has no interval" in said
        assert "No half-life" in said
        assert "95% interval over seeds" not in said


class TestTheTrend:
    RATES = (0.3, 0.31, 0.29)

    @pytest.mark.parametrize(
        ("own", "trend"),
        [((-1.2, -1.1, -1.3), "decay"), ((-0.1, 0.1, 0.0), "undecided"), ((0.9, 1.0, 1.1), "undecided")],
    )
    def test_a_trait_fades_only_where_its_own_lineages_lose_it(self, own, trend):
        assert trend_of(self.RATES, mean_t(own)) == trend

    def test_it_grows_only_where_its_own_lineages_gain_it(self):
        falling = [-rate for rate in self.RATES]
        assert trend_of(falling, mean_t((1.2, 1.1, 1.3))) == "amplification"
        assert trend_of(falling, mean_t((-0.1, 0.1, 0.0))) == "undecided"


class TestControls:
    def test_a_teacher_of_something_else_that_does_it_as_well_forbids_the_claim(self, report):
        concluded_on = concluded(report.model_copy(update={"controls": ()}))
        assert [(one.name, one.outcome) for one in concluded_on.controls] == [
            ("taught by dog", "told apart"),
            ("taught by fox", "told apart"),
        ]
        assert "The trait crossed" in concluded_on.verdict
        owls = {one.seed: one for one in report.students if (one.arm, one.taught_by) == ("treated", "owl")}
        copied = tuple(
            owls[one.seed].model_copy(update={"arm": "control", "taught_by": "dog"}) if one.taught_by == "dog" else one
            for one in report.students
        )
        alike = concluded(report.model_copy(update={"students": copied, "controls": ()}))
        assert alike.controls[0].fails
        assert "a control shows as much (taught by dog): it is not the trait alone" in alike.verdict
        page = Reader(transmissions.html(alike)).text
        assert "Something did" in page
        assert "Not shown to be this trait: taught by dog shows as much." in page

    def test_every_control_stands_with_its_outcome_and_with_what_tells_it_apart(self, report):
        found = concluded(report)
        shown = " ".join(Reader(transmissions.html(found)).text.split())
        for one in filter(lambda control: control.difference, found.controls):
            assert f"[{one.difference.low:+.2f}, {one.difference.high:+.2f}]" in shown
            assert one.outcome in shown


class TestWriting:
    def test_each_is_one_whole_page(self, written):
        assert [path.name for path in written] == ["transmission.html", "cascade.html"]
        assert {path.name for path in written[0].parent.iterdir()} == {
            "transmission.html",
            "transmission.json",
            "cascade.html",
            "cascade.json",
        }
        assert all(path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>") for path in written)
