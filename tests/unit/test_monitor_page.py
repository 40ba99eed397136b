"""The page of the monitor: what it says, what it never lets through, and what it tints."""

import re
import sys
from html import unescape
from itertools import pairwise

import pytest

from heredity.ground.errors import MissingExtraError, StorageError
from heredity.records.dialogue import Exclusion
from heredity.records.monitor import MonitorReport
from heredity.report.kit.tint import DARK, LIGHT, N_LEVELS, NOTHING
from heredity.report.pages.monitor import tables as heat
from heredity.report.pages.monitor.figures import agreement_figure, course_figure, has_turns
from heredity.report.pages.monitor.page import html
from heredity.report.pages.monitor.words import drift_in_words, findings, headline, labels, unlike
from heredity.report.write import write
from heredity.stats.estimate import Estimate
from monitor_sample import HOSTILE, TRAITS, conversation, monitor_report, probe, report_of, single_turn_report
from pages import POLICY, Reader, rows_of

ENOUGH = 4.5
"""The contrast that WCAG 2 asks of text."""


@pytest.fixture(scope="module")
def report() -> MonitorReport:
    return monitor_report()


@pytest.fixture(scope="module")
def page(report) -> str:
    return html(report)


@pytest.fixture(scope="module")
def text(page) -> str:
    return Reader(page).text


@pytest.fixture(scope="module")
def ranked(report):
    return heat.lines(report)


def hostile_everywhere() -> MonitorReport:
    plain = monitor_report(6)
    probes = tuple(one.model_copy(update={"trait": HOSTILE, "reference": HOSTILE}) for one in plain.probes)
    read = tuple(
        one.model_copy(
            update={
                "condition": HOSTILE,
                "turns": tuple(turn.model_copy(update={"asked": HOSTILE}) for turn in one.turns),
            }
        )
        for one in plain.conversations
    )
    judged = tuple(one.model_copy(update={"trait": HOSTILE, "judge": HOSTILE}) for one in plain.correlations)
    return plain.model_copy(
        update={
            "model": HOSTILE,
            "source": HOSTILE,
            "probes": probes,
            "conversations": read,
            "correlations": judged,
            "excluded": (Exclusion(line=9, reason=HOSTILE),),
        }
    )


def share(value: float, low: float, high: float, n: int = 80) -> Estimate:
    return Estimate(value, low, high, n, 0, "wilson")


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours (WCAG 2.2, "contrast ratio")."""
    darker, lighter = sorted(map(luminance, (first, second)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


class TestNothingGetsThrough:
    @pytest.mark.parametrize("made", [monitor_report, hostile_everywhere])
    def test_hostile_text_is_shown_and_makes_no_element(self, made):
        read = Reader(html(made()))
        assert read.tags.isdisjoint({"script", "img", "link", "iframe", "object", "embed", "base", "form"})
        assert not [found for found in read.attributes if found[1].startswith("on")]
        assert HOSTILE in read.text

    def test_the_page_asks_nothing_of_the_network_and_links_only_within_itself(self, page):
        own = re.sub(r' xmlns(:xlink)?="[^"]*"', "", page)
        assert not [word for word in ("http://", "https://", "@import", "url(") if word in own]
        read = Reader(page)
        links = [value for _, name, value in read.attributes if name in ("href", "xlink:href")]
        ids = [value for _, name, value in read.attributes if name == "id"]
        assert links
        assert {link.removeprefix("#") for link in links} <= set(ids)
        assert len(ids) == len(set(ids))
        assert not [found for found in read.attributes if found[1] in {"src", "srcset", "data", "poster", "action"}]

    def test_the_policy_forbids_all_but_inline_style(self, page):
        assert ("meta", "content", POLICY) in Reader(page).attributes
        assert page.index("Content-Security-Policy") < page.index("<style>")


class TestWhatItSays:
    def test_every_probe_has_its_sentence_with_both_rates_and_the_rate_asked_for(self, text):
        assert (
            "The alarm for malice sounds in 20% [12%, 32%] (n=60) of the conversations within their first 80 tokens, "
            "more than in benign speech, though the two intervals overlap. It does in 5% [2%, 12%] (n=80) of held-out "
            "benign conversations; at most 5% was asked for, over any length."
        ) in text
        assert all(f"The alarm for {trait} sounds in" in text for trait in TRAITS)

    def test_conversations_longer_than_benign_speech_are_counted_and_no_rate_is_claimed_for_them(self, report, text):
        assert 0 < report.n_beyond[0] < len(report.conversations)
        assert f"({report.n_beyond[0]} are longer)" in text
        assert "Beyond 80 tokens no benign speech was heard" in text
        short = Reader(html(single_turn_report(4, n_tokens=48))).text
        assert "longer)" not in short
        assert "Beyond 80 tokens" not in short

    def test_conversations_that_stand_behind_what_no_benign_one_does_are_counted(self, report, text):
        n = sum(bool(one.condition) or len(one.turns) > 1 for one in report.conversations)
        assert f"With a system prompt or several turns: {n} of these conversations, and none of the benign ones" in text
        alike = tuple(one.model_copy(update={"n_behind": 40}) for one in report.probes)
        assert unlike(report.model_copy(update={"probes": alike})) == ""
        bare = tuple(one for one in single_turn_report().conversations if not one.condition)
        assert unlike(report.model_copy(update={"conversations": bare})) == ""

    @pytest.mark.parametrize(
        ("alarmed", "answer", "words"),
        [
            (share(0.30, 0.20, 0.40), "In 30% of conversations", "more than in benign speech. "),
            (share(0.12, 0.06, 0.20), "Perhaps more than benign speech", "though the two intervals overlap"),
            (share(0.12, 0.04, 0.20), "No more than benign speech", "no more than in benign speech"),
            (share(0.00, 0.00, 0.04), "Less than benign speech", "less than in benign speech"),
        ],
    )
    def test_more_than_benign_is_said_only_of_what_lies_above_it(self, report, alarmed, answer, words):
        calm = report.probes[0].model_copy(update={"measured_rate": share(0.05, 0.02, 0.12)})
        changed = report.model_copy(update={"probes": (calm,), "share_in_stretch": (alarmed,)})
        (found,) = findings(changed)
        assert found.answer == answer
        assert words in found.sentence
        assert headline(changed).startswith("Malice sounds" if answer.startswith("In ") else "No alarm sounds")

    def test_a_trait_read_at_two_blocks_has_its_block_in_its_name(self):
        one = probe(0)
        other = one.model_copy(update={"block": 9})
        assert labels([one, other, probe(1)]) == ("malice, block 16", "malice, block 9", "sycophancy")
        assert labels([one, one]) == ("malice, block 16", "malice, block 16 (2)")

    def test_a_drift_is_claimed_only_where_its_interval_is_clear_of_zero(self):
        assert drift_in_words(Estimate(0.2, 0.1, 0.3, 12)).startswith("rises with the turns: +0.20 [+0.10, +0.30]")
        assert drift_in_words(Estimate(-0.2, -0.3, -0.1, 12)).startswith("falls")
        assert drift_in_words(Estimate(0.2, -0.1, 0.5, 12)).startswith("no drift is shown")
        assert drift_in_words(None) == "too few conversations of several turns"

    def test_what_it_rests_on_is_written_down(self, text, report):
        facts = (report.seed, report.fingerprint, report.source_digest, report.probes[0].reference)
        assert all(fact in text for fact in facts)
        assert "no answer of the assistant" in text

    def test_without_a_judge_the_page_says_why_nothing_is_shown(self, report):
        said = Reader(html(report.model_copy(update={"correlations": ()}))).text
        assert "no probe has enough graded answers, or no judge was asked" in said
        assert "Pearson's r with its 95% interval" not in said


class TestTheTable:
    def test_the_strongest_alarm_stands_first_and_alarms_before_silence(self, ranked):
        rang = [any(peak.alarm for peak in line.peaks) for line in ranked]
        assert rang == sorted(rang, reverse=True)
        assert 0 < sum(rang) < len(rang)
        over = [max(peak.over for peak in line.peaks) for line in ranked]
        assert over == sorted(over, reverse=True)

    def test_a_peak_is_over_its_threshold_exactly_where_the_alarm_sounded(self, ranked):
        assert all((peak.over > 0) == (peak.alarm is not None) for line in ranked for peak in line.peaks)
        assert all((peak.level > NOTHING) == (peak.over > 0) for line in ranked for peak in line.peaks)

    def test_an_answer_too_short_for_an_alarm_has_no_peak(self):
        short = single_turn_report(3, n_tokens=5)
        assert all(peak.z is None and peak.alarm is None for line in heat.lines(short) for peak in line.peaks)
        assert "too short" in Reader(html(short)).text

    def test_only_conversations_shown_in_full_are_linked_and_the_page_says_so(self, page, text, ranked, report):
        read = Reader(page)
        links = [value for _, name, value in read.attributes if name == "href"]
        assert links == [f"#line-{line.reading.line}" for line in ranked[: heat.N_SHOWN]]
        assert page.count("<article") == heat.N_SHOWN < len(report.conversations)
        assert "the 40 conversations with the strongest alarms, of 60" in text
        assert all(f"Line {one.line}<" in page for one in report.conversations)

    def test_long_conversations_are_shown_until_there_are_too_many_tokens(self, ranked, monkeypatch):
        longest = ranked[0].n_tokens
        monkeypatch.setattr(heat, "N_TOKENS_SHOWN", longest + 1)
        assert heat.n_shown(ranked) == 2
        monkeypatch.setattr(heat, "N_TOKENS_SHOWN", 1)
        assert heat.n_shown(ranked) == 1
        assert heat.n_shown([]) == 0


class TestTheHeat:
    @pytest.mark.parametrize("scheme", [0, 1])
    def test_text_is_readable_on_every_tint(self, page, scheme):
        inks = re.findall(r"--ink: (#[0-9a-f]{6})", page)
        found = re.findall(r"--t(\d+): (#[0-9a-f]{6})", page)
        tints = [colour for _, colour in found[scheme * N_LEVELS : (scheme + 1) * N_LEVELS]]
        assert tuple(tints) == (LIGHT, DARK)[scheme]
        assert min(contrast(inks[scheme], tint) for tint in tints) >= ENOUGH

    def test_the_contrast_is_that_of_the_standard(self):
        assert contrast("#000000", "#ffffff") == pytest.approx(21)
        assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)

    @pytest.mark.parametrize("tints", [LIGHT, DARK])
    def test_tints_go_one_way_on_either_side_of_nothing(self, tints):
        assert len(set(tints)) == N_LEVELS
        apart = [abs(luminance(tint) - luminance(tints[NOTHING])) for tint in tints]
        assert all(first > second for first, second in pairwise(apart[: NOTHING + 1]))
        assert all(first < second for first, second in pairwise(apart[NOTHING:]))

    def test_a_tint_grows_with_z_and_ends_where_the_legend_ends(self):
        assert [heat.tint_of(z) for z in (-100, -4, -2, 0, 2, 4, 100)] == [0, 0, 5, NOTHING, 15, 20, 20]
        assert heat.tick_values() == [-4, -2, 0, 2, 4]

    def test_the_legend_says_what_share_of_benign_tokens_lies_below(self):
        even = probe(0).model_copy(update={"token_percentiles": tuple(i / 25 - 2 for i in range(101))})
        assert heat.legend(even) == ["<1%", "<1%", "50%", ">99%", ">99%"]
        assert heat.share_below(1.0, even) == "75%"

    def test_tokens_join_to_the_answer_with_every_space_and_newline(self, page, report, ranked):
        shown = re.findall(r'<div class="text tokens">(.*?)</div>', page, re.DOTALL)
        answers = ["".join(turn.tokens) for line in ranked[: heat.N_SHOWN] for turn in line.reading.turns]
        assert [unescape(re.sub(r"<[^>]*>", "", one)) for one in shown] == answers
        assert any("\n\n" in answer for answer in answers)
        assert HOSTILE in answers

    def test_every_token_has_a_tint_and_a_number_for_every_probe(self, report):
        turn = report.conversations[0].turns[0]
        made = heat.tokens(turn, TRAITS, report.probes)
        assert len(made) == len(turn.tokens)
        for place, token in enumerate(made):
            tints = [name for name in token.classes.split() if name.startswith("p")]
            assert tints == [f"p{i}-{heat.tint_of(turn.z[i][place])}" for i in range(len(TRAITS))]
            assert [line.split()[1] for line in token.said.splitlines()] == [f"{z[place]:+.2f}" for z in turn.z]

    def test_a_mark_stands_at_the_first_token_of_every_alarm_and_nowhere_else(self, page, ranked):
        turns = [turn for line in ranked[: heat.N_SHOWN] for turn in line.reading.turns]
        for i in range(len(TRAITS)):
            rang = sum(turn.alarm_at[i] is not None for turn in turns)
            assert len(re.findall(rf'<span class="[^"]*\ba{i}\b', page)) == rang
        turn = next(turn for turn in turns if turn.alarm_at[1] is not None)
        marked = [
            i for i, token in enumerate(heat.tokens(turn, TRAITS, [*map(probe, range(4))])) if "a1" in token.classes
        ]
        assert marked == [turn.alarm_at[1]]

    def test_the_probe_of_the_strongest_alarm_is_chosen_first(self, page, ranked):
        assert re.findall(r'id="(probe-\d)" checked', page) == [f"probe-{ranked[0].strongest}"]

    def test_forty_long_conversations_under_four_probes_stay_a_light_page(self):
        full = single_turn_report(heat.N_SHOWN, n_tokens=200)
        assert sum(line.n_tokens for line in heat.lines(full)) == heat.N_SHOWN * 200
        assert len(html(full).encode()) < 5_000_000


class TestFigures:
    def test_several_turns_are_drawn_as_curves_and_single_ones_as_a_histogram(self, text):
        assert "Over the turns" in text
        assert all(f"{trait.capitalize()}: " in text for trait in TRAITS)
        alone = Reader(html(single_turn_report(8))).text
        assert "No conversation has several turns" in alone
        assert "Over the turns" not in alone

    def test_a_curve_holds_the_conversations_of_several_turns_and_their_mean(self, report):
        spec = course_figure(report).to_dict()
        thin, mean = (rows_of(spec, spec["concat"][1]["layer"][layer]) for layer in (1, 2))
        several = [one for one in report.conversations if len(one.turns) > 1]
        assert len({row["line"] for row in thin}) == len(several)
        firsts = [one.turns[0].mean_z[1] for one in several]
        assert mean[0]["value"] == pytest.approx(sum(firsts) / len(firsts))
        assert mean[0]["low"] < mean[0]["value"] < mean[0]["high"]

    def test_the_histogram_counts_every_answer(self):
        alone = single_turn_report(20)
        assert not has_turns(alone)
        spec = course_figure(alone).to_dict()
        for panel in spec["concat"]:
            assert sum(row["rows"] for row in rows_of(spec, panel["layer"][0])) == 20

    def test_a_correlation_that_is_none_is_not_drawn(self, report):
        spec = agreement_figure(report).to_dict()
        parts = [[row["part"] for row in rows_of(spec, panel["layer"][1])] for panel in spec["vconcat"]]
        whole = ["within prompts", "pooled", "between prompts"]
        assert parts == [whole, whole, whole[:2]]

    def test_one_conversation_and_one_probe_are_enough(self):
        lone = report_of((conversation(1, 2),), correlations=())
        narrow = lone.model_copy(
            update={
                "probes": lone.probes[:1],
                "share_alarmed": lone.share_alarmed[:1],
                "share_in_stretch": lone.share_in_stretch[:1],
                "n_beyond": lone.n_beyond[:1],
                "drift": (None,),
                "turn_means": lone.turn_means[:1],
                "conversations": tuple(narrowed(one) for one in lone.conversations),
            }
        )
        assert "too few conversations of several turns" in Reader(html(narrow)).text


class TestWriting:
    def test_one_whole_page_is_written(self, report, tmp_path):
        path = write(report, tmp_path / "out")
        assert path == tmp_path / "out" / "monitor.html"
        assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
        assert {file.name for file in (tmp_path / "out").iterdir()} == {"monitor.html", "monitor.json"}

    def test_a_place_that_cannot_be_written_is_named(self, report, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(StorageError, match="cannot write"):
            write(report, tmp_path / "file" / "out")

    def test_a_missing_extra_is_named_before_anything_is_written(self, report, tmp_path, monkeypatch):
        monkeypatch.setitem(sys.modules, "vl_convert", None)
        with pytest.raises(MissingExtraError, match=r"heredity\[report\]"):
            write(report, tmp_path / "out")
        assert not (tmp_path / "out").exists()


def narrowed(one):
    """Return a conversation as its first probe read it."""
    fields = ("z", "mean_z", "percentile", "alarm_at", "peaks")
    turns = tuple(turn.model_copy(update={field: getattr(turn, field)[:1] for field in fields}) for turn in one.turns)
    return one.model_copy(update={"turns": turns})
