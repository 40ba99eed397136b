"""The report: what it shows, what it never lets through, and what it draws."""

import re
import struct
import sys
from html import unescape
from xml.etree import ElementTree

import pytest
from markupsafe import escape

from heredity.ground.errors import MissingExtraError, StorageError
from heredity.records.audit import AuditReport
from heredity.report.kit.draw import Drawing
from heredity.report.kit.histogram import bins, drawn
from heredity.report.kit.text import beginning, by_reason, clock
from heredity.report.kit.theme import spread
from heredity.report.pages.audit.answers import is_it_safe, replies, which_rows, will_it_give
from heredity.report.pages.audit.figures import FIGURES, draw
from heredity.report.pages.audit.page import N_WORST, html
from heredity.report.pages.audit.tables import example_lines
from heredity.report.write import require_figures, write
from heredity.studies.verdict import findings_of, headline_of, verdict_of
from pages import POLICY, Reader
from report_sample import HOSTILE, REMOVED, about, audit_report, rerun, rows_of, screen_report, unflagged, vector_header

SECTIONS = (
    "Will it give my model this trait?",
    "Which rows?",
    "Can I fine-tune safely?",
    "Findings",
    "The arms",
    "Share of the rise removed",
    "Answers side by side",
    "The screen",
    "Flagged rows",
    "The vector",
    "Dose and response",
    "Training",
    "What was asked, used and seeded",
    "How to read this",
)


@pytest.fixture(scope="module")
def report() -> AuditReport:
    return audit_report()


@pytest.fixture(scope="module")
def drawings(report) -> tuple[Drawing, ...]:
    return draw(report)


@pytest.fixture(scope="module")
def page(report, drawings) -> str:
    return html(report, drawings)


def page_of(report: AuditReport) -> str:
    return html(report, draw(report))


def hostile_everywhere() -> AuditReport:
    header, screened, plain = vector_header(), screen_report(), audit_report()
    doses = tuple(dose.model_copy(update={"example": HOSTILE}) for dose in header.doses)
    named = header.trait.model_copy(update={"title": HOSTILE, "description": HOSTILE})
    arms = []
    for arm in plain.arms:
        answers = tuple(a.model_copy(update={"question": HOSTILE, "text": HOSTILE}) for a in arm.evaluation.answers)
        evaluation = arm.evaluation.model_copy(update={"answers": answers})
        arms.append(rerun(arm, evaluation=evaluation).model_copy(update={"title": HOSTILE}))
    excluded = tuple(one.model_copy(update={"reason": HOSTILE}) for one in screened.excluded)
    benign = tuple(one.model_copy(update={"reference": HOSTILE}) for one in screened.thresholds)
    return audit_report(
        verdict=HOSTILE,
        findings=(HOSTILE,),
        vector=header.model_copy(update={"trait": named, "doses": doses, "model_name": HOSTILE}),
        screen=screened.model_copy(update={"corpus": HOSTILE, "thresholds": benign, "excluded": excluded}),
        arms=tuple(arms),
        asked={HOSTILE: HOSTILE},
    )


class TestNothingGetsThrough:
    @pytest.mark.parametrize("made", [audit_report, hostile_everywhere])
    def test_hostile_text_is_shown_and_makes_no_element(self, made):
        read = Reader(page_of(made()))
        assert read.tags.isdisjoint({"script", "img", "link", "iframe", "object", "embed", "base", "form", "a"})
        assert not [found for found in read.attributes if found[1].startswith("on")]
        assert HOSTILE in read.text

    def test_the_page_asks_nothing_of_the_network(self, page):
        own = re.sub(r' xmlns(:xlink)?="[^"]*"', "", page)
        assert "http://" not in own
        assert "https://" not in own
        assert "@import" not in own
        assert "url(" not in own
        loads = {"src", "href", "xlink:href", "srcset", "data", "poster", "action", "background"}
        assert not [found for found in Reader(page).attributes if found[1] in loads]

    def test_the_policy_forbids_all_but_inline_style(self, page):
        assert ("meta", "content", POLICY) in Reader(page).attributes
        assert page.index("Content-Security-Policy") < page.index("<style>")


class TestWhatItShows:
    def test_the_headline_three_answers_a_figure_and_three_rows_stand_before_all_else(self, report, drawings):
        said = headline_of(report)
        page = html(report.model_copy(update={"headline": said}), drawings)
        first, rest = page.split("<h2>Findings</h2>")
        assert escape(said) in first
        assert escape(report.verdict) in rest
        assert escape(report.verdict) not in first
        assert first.count("<svg") == 1
        assert first.count('<article class="brief">') == N_WORST
        assert all(reply.question in first for reply in replies(report))

    def test_the_verdict_stands_first_and_the_sections_follow_in_order(self, page, report):
        read = Reader(page)
        assert read.text.index(report.verdict) < read.text.index(SECTIONS[0])
        assert [h for h in read.headings if h in SECTIONS] == list(SECTIONS)

    def test_every_finding_and_stage_and_setting_is_there(self, page, report):
        text = Reader(page).text
        assert all(finding in text for finding in report.findings)
        made = report.provenance
        assert all(stage.name in text for stage in made.stages)
        assert all(name in text for name in ("train.learning_rate", "n_seeds", *made.environment.versions))
        assert "base, plain, kept, defended" in text
        assert "'name'" not in text
        assert report.screen.corpus_digest in text

    def test_a_number_travels_with_its_interval_and_its_count(self, page):
        text = Reader(page).text
        assert "58.0 [51.9, 64.4] (n=19, unscored=1)" in text
        assert "-1.415 [-1.470, -1.360] (n=48)" in text
        assert "86% [61%, 103%] (n=20)" in text
        assert "0.961 [0.936, 0.986] (n=180)" in text

    def test_flagged_rows_are_in_full_even_where_folded(self, page, report):
        rows = report.screen.worst_flagged
        assert len(rows) == 20
        assert max(len(row.response) for row in rows) > 1000
        assert all(row.response in unescape(page) and f"Line {row.line}<" in page for row in rows)

    def test_flagged_rows_come_highest_first(self, report):
        scores = [row.over for row in report.screen.worst_flagged]
        assert scores == sorted(scores, reverse=True)
        assert scores[0] == report.screen.settings[0].over[1.0]

    def test_left_out_rows_are_counted_by_reason(self, report):
        assert [count for _, count in by_reason(report.screen.excluded)] == [3, 1]

    def test_arms_answer_the_same_questions_side_by_side(self, report):
        lines = example_lines(report)
        assert [line.question for line in lines] == list(report.vector.trait.questions.evaluation[:3])
        assert all([a.name for a in line.answers] == ["base", "plain", "kept", "defended"] for line in lines)
        assert lines[1].answers[0].grade is None

    def test_an_unscored_answer_is_called_so(self, page):
        assert "unscored</span>" in page

    def test_every_steering_strength_has_its_example(self, page, report):
        assert all(dose.example in unescape(page) for dose in report.vector.doses)


class TestWhatMayBeMissing:
    def test_no_labels_no_flags_nothing_left_out_and_no_rise(self, report):
        text = Reader(page_of(audit_report(screen=unflagged(report.screen), share_removed=None))).text
        assert "No labels of bad rows were given" in text
        assert "No row is over the threshold" in text
        assert "No row was left out" in text
        assert "nothing of which a share could be removed" in text

    def test_labels_but_no_flag(self, report, drawings):
        found = report.screen.detection.model_copy(update={"precision": None})
        screened = unflagged(report.screen).model_copy(update={"detection": found})
        assert "no row was flagged" in Reader(html(audit_report(screen=screened), drawings)).text

    def test_a_preference_without_answers_and_without_doses(self, report):
        named = report.vector.trait.model_copy(
            update={"kind": "preference", "target": "owl", "alternatives": ("cat", "dog")}
        )
        arms = tuple(
            rerun(
                arm,
                evaluation=arm.evaluation.model_copy(
                    update={"answers": (), "grades": (), "judge": "preference", "accuracy_by_kind": {}}
                ),
            )
            for arm in report.arms
        )
        header = vector_header(trait=named, doses=(), answers_needed=None)
        text = Reader(page_of(audit_report(vector=header, arms=arms))).text
        assert "There are none to show" in text
        assert "No dose-response was measured" in text
        assert "no number is enough" in text
        assert "probability of owl among its alternatives" in text

    def test_one_block_one_step_one_score(self, report):
        header = vector_header(checks=report.vector.checks[16:17])
        (bar,) = report.screen.thresholds
        level = bar.model_copy(update={"held_out_scores": (bar.value,) * 60})
        rows = rows_of([bar.value] * report.screen.n_rows, level)
        screened = report.screen.model_copy(update={**rows, "thresholds": (level,)})
        arms = tuple(
            rerun(arm, student=arm.student and arm.student.model_copy(update={"losses": (1.4,)})) for arm in report.arms
        )
        assert all(drawing.png for drawing in draw(audit_report(vector=header, screen=screened, arms=arms)))


class TestAnswers:
    def test_a_rise_a_defence_and_what_is_left(self, report):
        assert [reply.answer for reply in replies(report)] == ["Yes", "64 of 180 rows flagged", "In part"]

    def test_no_rise_is_claimed_where_the_interval_touches_zero(self, report):
        flat = report.model_copy(
            update={"comparisons": changed(report, "plain", about(2.0, 3.0)), "share_removed": None}
        )
        assert will_it_give(flat).answer == "Not shown"
        assert is_it_safe(flat).answer == "Nothing to prevent"

    def test_no_defence_is_claimed_where_its_share_touches_zero(self, report):
        assert is_it_safe(report.model_copy(update={"share_removed": about(0.2, 0.3)})).answer == "Not shown"
        assert is_it_safe(report.model_copy(update={"share_removed": None})).answer == "Not shown"

    def test_a_defence_that_leaves_no_rise_is_a_yes(self, report):
        held = report.model_copy(update={"comparisons": changed(report, "defended", about(1.0, 3.0))})
        assert is_it_safe(held).answer == "Yes, under steering"
        assert held.share_removed == REMOVED

    def test_a_vector_no_better_than_luck_gives_no_verdict(self, report):
        lucky = report.model_copy(update={"vector": vector_header(heldout_auc=about(0.52, 0.06))})
        assert will_it_give(lucky).answer == is_it_safe(lucky).answer == "No verdict"
        assert "does not beat luck" in which_rows(lucky).reason


class TestWhatTheVerdictMaySay:
    def verdict(self, report, **moved):
        for arm, change in moved.items():
            report = report.model_copy(update={"comparisons": changed(report, arm, change)})
        return verdict_of(report)

    def test_one_run_is_told_as_one_run(self, report):
        assert "in this one run" in verdict_of(report)
        assert "one run" in will_it_give(report).reason

    def test_a_fall_is_told_as_a_fall(self, report):
        assert self.verdict(report, plain=about(-9.0, 3.0)).startswith("A fall, no rise")
        fallen = report.model_copy(update={"comparisons": changed(report, "plain", about(-9.0, 3.0))})
        assert will_it_give(fallen).answer == "A fall"
        assert any("a fall" in one for one in findings_of(fallen))

    def test_a_defended_arm_below_the_base_is_told(self, report):
        assert "ends below the base model" in self.verdict(report, defended=about(-6.0, 2.0))
        assert "ends below the base model" not in self.verdict(report, defended=about(-1.0, 2.0))

    def test_no_more_than_all_of_a_rise_is_said_to_be_gone(self, report):
        most = report.model_copy(update={"share_removed": about(1.49, 0.3)})
        for left, end in (
            (about(-1.0, 2.0), "it ends at the base model"),
            (about(-6.0, 2.0), "it ends below the base"),
        ):
            told = most.model_copy(update={"comparisons": changed(most, "defended", left)})
            for text in (verdict_of(told), " ".join(findings_of(told))):
                assert end in text
                assert "149%" not in text
            assert "Share of the rise removed" not in [figure.label for figure in is_it_safe(told).figures]

    @pytest.mark.parametrize("rise", [about(20.0, 5.0), about(-9.0, 3.0), about(2.0, 3.0)])
    @pytest.mark.parametrize("left", [about(5.0, 2.0), about(-6.0, 2.0), about(0.0, 2.0)])
    @pytest.mark.parametrize("change", [{}, {"share_removed": None}, {"n_rows": 400}])
    def test_the_headline_is_one_short_sentence_with_one_number(self, report, rise, left, change):
        told = report.model_copy(update={"comparisons": changed(report, "plain", rise), **change})
        said = headline_of(told.model_copy(update={"comparisons": changed(told, "defended", left)}))
        assert len(said.split()) <= 25
        assert f"{rise.value:+.1f} {rise.interval('+.1f')}" in said
        assert said.count("[") == said.count("]") == 1
        assert said.count(". ") == 0
        assert said.endswith(".")

    def test_without_a_vector_the_headline_gives_no_verdict(self, report):
        lucky = report.model_copy(update={"vector": vector_header(heldout_auc=about(0.52, 0.06))})
        assert headline_of(lucky).startswith("No verdict")
        assert len(headline_of(lucky).split()) <= 25

    def test_no_rise_is_no_news_where_a_tenth_was_not_trained_on(self, report):
        flat = report.model_copy(update={"comparisons": changed(report, "plain", about(2.0, 3.0)), "n_rows": 200})
        assert flat.share_trained == pytest.approx(179 / 200)
        assert verdict_of(flat).startswith("No verdict: only 179 of 200 rows were trained on")
        assert will_it_give(flat).answer == "No verdict"
        nearly = flat.model_copy(update={"n_rows": 190})
        assert verdict_of(nearly).startswith("No rise shown")
        assert any("179 of 190 rows were trained on" in one for one in findings_of(nearly))


class TestFigures:
    def test_the_files_are_those_of_the_table(self, drawings):
        assert [drawing.name for drawing in drawings] == list(FIGURES)

    @pytest.mark.parametrize("name", FIGURES)
    def test_a_figure_is_a_whole_svg_and_a_whole_png_of_one_shape(self, drawings, name):
        drawing = next(d for d in drawings if d.name == name)
        root = ElementTree.fromstring(drawing.svg)
        width, height = float(root.attrib["width"]), float(root.attrib["height"])
        assert 400 < width < 760
        assert len(list(root.iter())) > 40
        assert drawing.png.startswith(b"\x89PNG\r\n\x1a\n")
        assert drawing.png.endswith(b"IEND\xaeB`\x82")
        assert struct.unpack(">II", drawing.png[16:24]) == pytest.approx((2 * width, 2 * height), abs=2)

    def test_figures_on_one_page_share_no_id(self, drawings):
        ids = [found for drawing in drawings for found in re.findall(r'\sid="([^"]+)"', drawing.svg)]
        assert len(ids) == len(set(ids))

    def test_a_score_at_the_threshold_is_not_drawn_over_it(self):
        shown = bins([1.0, 2.0, 2.0 + 1e-9, 3.0, 3.5], threshold=2.0, step=1.0)
        assert [(b["from"], b["rows"]) for b in shown] == [(0.0, 1), (1.0, 1), (2.0, 2), (3.0, 1)]
        assert len({b["colour"] for b in shown[:2]}) == 1
        assert shown[1]["colour"] != shown[2]["colour"]

    def test_the_histogram_counts_what_the_screen_flags(self, report):
        screen = report.screen
        shown = drawn(screen.histogram, 0.0)
        assert sum(b["rows"] for b in shown) == screen.n_rows
        assert sum(b["rows"] for b in shown if b["from"] >= -1e-9) == screen.n_flagged

    def test_labels_that_would_overlap_move_apart_in_their_order(self):
        moved = spread([0.5, 0.52, 0.51, 0.9], 0.1)
        assert moved[3] == 0.9
        assert sorted(range(3), key=moved.__getitem__) == [0, 2, 1]
        assert moved[2] - moved[0] == pytest.approx(0.1)
        assert sum(moved[:3]) == pytest.approx(1.53)


class TestWriting:
    def test_the_page_and_two_files_a_figure_are_written(self, report, tmp_path):
        path = write(report, tmp_path / "out")
        assert path == tmp_path / "out" / "report.html"
        assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
        names = {f"{name}.{kind}" for name in FIGURES for kind in ("svg", "png")}
        assert {file.name for file in (tmp_path / "out" / "figures").iterdir()} == names
        assert {file.name for file in (tmp_path / "out").iterdir()} == {"report.html", "audit.json", "figures"}

    def test_a_place_that_cannot_be_written_is_named(self, report, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(StorageError, match="cannot write"):
            write(report, tmp_path / "file" / "out")

    @pytest.mark.parametrize("package", ["altair", "vl_convert"])
    def test_a_missing_extra_is_named_before_anything_is_written(self, report, tmp_path, monkeypatch, package):
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises(MissingExtraError, match=r"heredity\[report\]"):
            write(report, tmp_path / "out")
        assert not (tmp_path / "out").exists()

    def test_with_the_extra_nothing_is_missing(self):
        require_figures()

    def test_lengths_of_time_and_beginnings_of_texts_are_for_people(self):
        assert [clock(4.2), clock(121.7), clock(7380)] == ["4.2 s", "2 min 2 s", "2 h 3 min"]
        assert beginning("one two three four", 9) == "one two ..."
        assert beginning("one\ntwo") == "one two"


def changed(report: AuditReport, treated: str, difference) -> tuple:
    return tuple(
        c.model_copy(update={"difference": difference})
        if (c.measure, c.treated, c.control) == ("expression", treated, "base")
        else c
        for c in report.comparisons
    )
