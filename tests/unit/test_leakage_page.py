"""The page of leakage: which cells it fills, whom it names the best predictor, and what it never lets through."""

import re

import pytest

from heredity.ground.errors import StorageError
from heredity.records.leakage import LeakageReport
from heredity.report.kit.tint import NOTHING
from heredity.report.pages.leakage.figures import rivals_figure
from heredity.report.pages.leakage.page import html
from heredity.report.pages.leakage.tables import auc_cells, beats_luck, cosine_cells, headline, reach, rivalries
from heredity.report.write import write
from heredity.stats.estimate import Estimate
from leakage_sample import TRAITS, crowded_report, leakage_report
from pages import POLICY, Reader, rows_of
from report_sample import HOSTILE


@pytest.fixture(scope="module")
def report() -> LeakageReport:
    return leakage_report()


@pytest.fixture(scope="module")
def page(report) -> str:
    return html(report)


def of_two(own: Estimate, other: Estimate, null: float = 0.65) -> LeakageReport:
    """Return a report of two traits, of which the first has these two AUCs."""
    calm = Estimate(0.9, 0.85, 0.95, 40)
    return leakage_report(
        traits=TRAITS[:2],
        blocks=(3, 4),
        cosines=((1.0, 0.5), (-0.1, 1.0)),
        cosine_null=((0.2, 0.2), (0.2, 0.2)),
        auc=((own, other), (Estimate(0.5, 0.4, 0.6, 40), calm)),
        auc_null=((null, null), (null, null)),
        orthogonal_auc=(None, None),
        orthogonal_share=(None, None),
    )


class TestCells:
    @pytest.mark.parametrize(
        ("auc", "is_beyond"),
        [
            (Estimate(0.80, 0.70, 0.90, 40), True),
            (Estimate(0.64, 0.55, 0.73, 40), False),
            (Estimate(0.70, 0.45, 0.95, 40), False),
            (Estimate(0.20, 0.10, 0.30, 40), True),
            (Estimate(0.40, 0.30, 0.48, 40), False),
        ],
    )
    def test_an_auc_beats_luck_outside_its_band_and_clear_of_one_half(self, auc, is_beyond):
        assert beats_luck(auc, 0.65) is is_beyond

    def test_a_cell_is_hollow_exactly_where_luck_would_do_as_well(self, report):
        for i, row in enumerate(auc_cells(report)):
            for j, cell in enumerate(row):
                assert cell.is_clear == beats_luck(report.auc[i][j], report.auc_null[i][j])
                assert cell.is_own == (i == j)
                assert ("over" in cell.classes) == cell.is_clear == ("luck" not in cell.classes)
                assert cell.text == f"{report.auc[i][j].value:.2f}"

    def test_what_is_the_wrong_way_round_is_blue_and_what_is_right_is_orange(self, report):
        cells = [cell for row in (*auc_cells(report), *cosine_cells(report)) for cell in row if cell.is_clear]
        low = [cell for cell in cells if cell.tint < NOTHING]
        assert low
        assert all(float(cell.text) < 0.5 for cell in low)
        assert all(float(cell.text) > 0 for cell in cells if cell.tint > NOTHING)

    def test_a_cosine_is_filled_only_beyond_its_own_null_and_never_on_the_diagonal(self):
        cells = cosine_cells(of_two(Estimate(0.9, 0.8, 1.0, 40), Estimate(0.5, 0.4, 0.6, 40)))
        assert [[cell.is_clear for cell in row] for row in cells] == [[False, True], [False, False]]
        assert cells[0][0].text == "1"

    def test_every_number_of_the_record_can_be_read_on_the_page(self, page, report):
        titles = [value for _, name, value in Reader(page).attributes if name == "title"]
        size = range(len(TRAITS))
        assert len(titles) == 2 * len(TRAITS) ** 2
        for i, j in ((i, j) for i in size for j in size):
            auc = report.auc[i][j]
            assert any(f"AUC {auc.value:.3f} [{auc.low:.3f}, {auc.high:.3f}] (n={auc.n})" in one for one in titles)
            assert any(f"{report.cosines[i][j]:+.3f}; luck reaches" in one for one in titles)


class TestBestPredictor:
    @pytest.mark.parametrize(
        ("own", "other", "words", "is_rivalled"),
        [
            (Estimate(0.8, 0.7, 0.9, 40), Estimate(0.85, 0.75, 0.95, 40), "the other does as well or better", True),
            (Estimate(0.8, 0.7, 0.9, 40), Estimate(0.8, 0.7, 0.9, 40), "the other does as well or better", True),
            (Estimate(0.8, 0.7, 0.9, 40), Estimate(0.75, 0.66, 0.84, 40), "its own, not clearly", False),
            (Estimate(0.9, 0.85, 0.95, 40), Estimate(0.75, 0.66, 0.84, 40), "its own", False),
            (Estimate(0.9, 0.85, 0.95, 40), Estimate(0.6, 0.45, 0.95, 40), "its own", False),
            (Estimate(0.55, 0.45, 0.65, 40), Estimate(0.6, 0.5, 0.7, 40), "neither beats luck", False),
        ],
    )
    def test_another_vector_is_called_as_good_only_where_it_beats_luck_and_the_own_one(
        self, own, other, words, is_rivalled
    ):
        report = of_two(own, other)
        found = rivalries(report)[0]
        assert (found.words, found.is_rivalled) == (words, is_rivalled)
        assert headline(report).startswith("For 1 of 2 traits" if is_rivalled else "Each of 2 traits")

    def test_the_headline_counts_the_marked_rows(self, page, report):
        marked = [one.trait for one in rivalries(report) if one.is_rivalled]
        assert marked == ["malice", "impoliteness"]
        assert page.count('<tr class="rivalled">') == len(marked)
        assert "For 2 of 6 traits, another's vector" in Reader(page).text

    def test_the_best_other_is_never_the_trait_itself_and_none_is_better(self, report):
        for i, one in enumerate(rivalries(report)):
            assert one.other != one.trait
            assert one.best.value == max(auc.value for j, auc in enumerate(report.auc[i]) if j != i)

    def test_the_note_counts_foreign_cells_alone(self, report):
        foreign = [c for i, row in enumerate(auc_cells(report)) for j, c in enumerate(row) if i != j]
        assert f"Of 30 trials of a vector on a foreign trait, {sum(c.is_clear for c in foreign)} tell" in reach(report)

    def test_the_orthogonalised_auc_stands_beside_the_plain_one_and_its_absence_is_said(self, page):
        rows = re.findall(r"<tr[^>]*><th scope=\"row\">(\w+)</th><td>(.*?)</tr>", page, re.DOTALL)
        by_trait = {name: Reader(row).text for name, row in rows if "[" in row and 'class="words"' in row}
        assert list(by_trait) == [trait.capitalize() for trait in TRAITS]
        assert "not asked" in by_trait["Humour"]
        assert "not asked" not in by_trait["Malice"]
        assert "77%" in by_trait["Malice"]

    def test_the_figure_has_three_lines_a_trait_but_two_where_the_span_was_not_taken_out(self, report):
        spec = rivals_figure(rivalries(report)).to_dict()
        drawn = rows_of(spec, spec["layer"][2])
        assert len(drawn) == 3 * len(TRAITS) - 1
        heights = [row["y"] for row in drawn]
        assert len(set(heights)) == len(heights)


class TestThePage:
    def test_hostile_text_is_shown_and_makes_no_element(self):
        read = Reader(html(leakage_report(model=HOSTILE, method=HOSTILE, traits=(HOSTILE, *TRAITS[1:]))))
        assert read.tags.isdisjoint({"script", "img", "link", "iframe", "object", "embed", "base", "form", "a"})
        assert not [found for found in read.attributes if found[1].startswith("on")]
        assert HOSTILE in read.text

    def test_the_page_asks_nothing_of_the_network(self, page):
        own = re.sub(r' xmlns(:xlink)?="[^"]*"', "", page)
        assert not [word for word in ("http://", "https://", "@import", "url(") if word in own]
        assert ("meta", "content", POLICY) in Reader(page).attributes

    def test_one_trait_alone_is_no_error(self):
        alone = leakage_report(
            traits=("malice",),
            blocks=(3,),
            cosines=((1.0,),),
            cosine_null=((0.2,),),
            auc=((Estimate(0.8, 0.7, 0.9, 40),),),
            auc_null=((0.65,),),
            orthogonal_auc=(None,),
            orthogonal_share=(None,),
        )
        said = Reader(html(alone)).text
        assert "nothing can leak" in said
        assert "Best predictor" not in said

    def test_many_traits_fit_by_leaving_intervals_to_the_tooltips(self):
        assert 'class="matrix crowded"' in html(crowded_report())

    def test_one_whole_page_is_written(self, report, tmp_path):
        path = write(report, tmp_path / "out")
        assert path == tmp_path / "out" / "leakage.html"
        assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
        (tmp_path / "file").write_text("")
        with pytest.raises(StorageError, match="cannot write"):
            write(report, tmp_path / "file" / "out")
