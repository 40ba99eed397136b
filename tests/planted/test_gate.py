"""Rows pass, fail, or are not decided, by whole intervals, and a script can tell which."""

import json
import random
from pathlib import Path

import pytest

from commands import failed, heredity
from heredity.cli.trait import as_yaml
from heredity.ground.errors import InputError
from heredity.models.tiny import DARK, LIGHT, NOUNS, planted_trait, sentence
from heredity.records.gate import GateReport
from heredity.records.scan import ScanReport, TraitShift
from heredity.stats.estimate import Estimate
from heredity.store.workspace import load_record
from heredity.studies.gate import Screens, gated, policy_in, ruling, ruling_of_flagged
from report_sample import screen_report


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("user")
    (folder / "darkness.yaml").write_text(as_yaml(planted_trait()))
    (folder / "policy.yaml").write_text("traits:\n  darkness.yaml: {shift: 0.2}\n")
    chance = random.Random(2)
    for name, words in (("dark", DARK), ("light", LIGHT)):
        rows = [
            {"prompt": f"what about the {noun} ?", "response": sentence(words, noun, chance)} for noun in NOUNS[:32]
        ]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEREDITY_CACHE", str(tmp_path_factory.getbasetemp() / "gate-cache"))


@pytest.fixture(scope="module")
def of_dark(place: Path, toy_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str, GateReport]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEREDITY_CACHE", str(tmp_path_factory.getbasetemp() / "gate-cache"))
        run = heredity("gate", "dark.jsonl", "-p", "policy.yaml", "-m", toy_folder, "-o", "dark", folder=place)
    return run.code, run.out, load_record(GateReport, place / "dark" / "gate.json")


def test_dark_rows_fail_and_the_summary_says_why(place: Path, of_dark: tuple[int, str, GateReport]) -> None:
    code, out, report = of_dark
    assert (code, report.outcome) == (10, "fail")
    assert "FAIL" in out
    summary = (place / "dark" / "gate.md").read_text()
    assert summary.startswith("## Fail: over the limit in darkness.")
    assert "| FAIL | darkness | 0.2 |" in summary
    assert (place / "dark" / "scan.html").is_file()


@pytest.mark.parametrize(("name", "code"), [("dark", 10), ("light", 0)])
def test_rows_flagged_have_a_limit_of_their_own(place: Path, toy_folder: Path, name: str, code: int) -> None:
    (place / "counts.yaml").write_text("traits: {darkness.yaml: {flagged: 0.4}}\nfalse_alarms: 0.1\n")
    arguments = ("gate", f"{name}.jsonl", "-p", "counts.yaml", "-m", toy_folder, "-o", f"counts-{name}")
    run = heredity(*arguments, folder=place)
    report = load_record(GateReport, place / f"counts-{name}" / "gate.json")
    assert (run.code, [one.about for one in report.rulings]) == (code, ["rows left out", "rows flagged for darkness"])
    assert report.rulings[1].found == report.screens["darkness"].share_flagged
    assert "rows flagged for darkness" in run.out
    again = heredity(*arguments, folder=place)
    assert (again.code, "rows flagged for darkness: as before" in again.err) == (code, True)


def test_light_rows_pass(place: Path, toy_folder: Path) -> None:
    run = heredity("--json", "gate", "light.jsonl", "-p", "policy.yaml", "-m", toy_folder, "-o", "light", folder=place)
    assert run.code == 0
    assert json.loads(run.out)["outcome"] == "pass"


def test_rows_that_are_left_out_fail_where_they_are_many(place: Path, toy_folder: Path) -> None:
    whole = (place / "light.jsonl").read_text()
    (place / "torn.jsonl").write_text(whole + '{"prompt": "no answer"}\n' * 8)
    run = heredity("gate", "torn.jsonl", "-p", "policy.yaml", "-m", toy_folder, "-o", "torn", folder=place)
    assert run.code == 10
    assert "8 rows of no use in the file" in run.out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("traits: {}", "traits: Dictionary should have at least 1 item"),
        ("traits: {evil: {shift: -1}}", "greater than 0"),
        ("traits: {evil: {shfit: 1}}", "shfit"),
        ("traits: {evil: {}}", "a limit is a `shift`, or a share of rows `flagged`"),
        ("traits: {evil: {flagged: 0.05}}", "evil: of benign rows 0.05 may be flagged"),
        ("{traits: {evil: {flagged: 0.15}}, false_alarms: 0.2}", "must be above it"),
        ("- evil", "holds no policy"),
        ("traits: {evil: {shift: 1}", "not YAML"),
    ],
)
def test_a_policy_that_is_none_is_refused_with_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "policy.yaml").write_text(text)
    with pytest.raises(InputError, match=said):
        policy_in(tmp_path / "policy.yaml")


def test_a_trait_that_nobody_has_is_refused_before_a_model_is_loaded(place: Path) -> None:
    (place / "strange.yaml").write_text("traits: {evli: {shift: 0.1}}")
    failed(heredity("gate", "dark.jsonl", "-p", "strange.yaml", "-m", "none", folder=place), 2, "evli", "evil")


class TestRulings:
    def asked(self, of_dark: tuple[int, str, GateReport], low: float, high: float, **changes: object) -> str:
        scan: ScanReport = of_dark[2].scan
        shift = next(one for one in scan.traits if one.trait == "darkness")
        mean = Estimate((low + high) / 2, low, high, scan.n_read, 0, "t")
        changed: TraitShift = shift.model_copy(update={"shift": mean, **changes})
        return ruling(changed, 0.2, scan).outcome

    def test_only_a_whole_interval_decides(self, of_dark: tuple[int, str, GateReport]) -> None:
        assert self.asked(of_dark, 0.0, 0.19) == "pass"
        assert self.asked(of_dark, -0.5, -0.3) == "pass"
        assert self.asked(of_dark, 0.1, 0.3) == "undecided"
        assert self.asked(of_dark, 0.21, 0.4) == "fail"

    def test_what_random_directions_do_as_well_fails_nobody(self, of_dark: tuple[int, str, GateReport]) -> None:
        assert self.asked(of_dark, 0.21, 0.4, p_random=0.2) == "undecided"

    def test_a_vector_that_is_luck_decides_nothing(self, of_dark: tuple[int, str, GateReport]) -> None:
        assert self.asked(of_dark, 0.0, 0.1, is_above_chance=False) == "undecided"

    def test_fewer_rows_are_needed_the_further_the_mean_lies(self, of_dark: tuple[int, str, GateReport]) -> None:
        scan = of_dark[2].scan
        shift = next(one for one in scan.traits if one.trait == "darkness")

        def needed(value: float) -> int | None:
            mean = Estimate(value, value - 0.1, value + 0.1, scan.n_read, 0, "t")
            return ruling(shift.model_copy(update={"shift": mean}), 0.2, scan).rows_needed

        assert (needed(0.17) or 0) > (needed(0.15) or 0) > scan.n_read
        assert needed(0.1999) is None
        assert needed(0.2) is None

    def test_rows_flagged_fail_only_where_benign_ones_would_not_be(
        self, of_dark: tuple[int, str, GateReport], place: Path
    ) -> None:
        scan = of_dark[2].scan
        shift = next(one for one in scan.traits if one.trait == "darkness")
        screened = screen_report()
        (bar,) = screened.thresholds

        def asked(low: float, high: float, benign: float, **changes: object) -> str:
            rate = Estimate(benign / 2, 0.0, benign, 60, 0, "wilson")
            share = Estimate((low + high) / 2, low, high, scan.n_read, 0, "wilson")
            thresholds = (bar.model_copy(update={"measured_rate": rate}),)
            found = screened.model_copy(update={"share_flagged": share, "thresholds": thresholds})
            return ruling_of_flagged(shift.model_copy(update=changes), found, 0.2, scan).outcome

        assert asked(0.25, 0.5, 0.1) == "fail"
        assert asked(0.25, 0.5, 0.3) == "undecided"
        assert asked(0.15, 0.25, 0.1) == "undecided"
        assert asked(0.0, 0.2, 0.3) == "pass"
        assert asked(0.25, 0.5, 0.1, p_random=0.2) == "fail"  # luck is of the mean, which hides a few
        assert asked(0.0, 0.1, 0.1, is_above_chance=False) == "undecided"

    def test_a_trait_that_cannot_be_screened_for_is_undecided_and_says_why(
        self, of_dark: tuple[int, str, GateReport], tmp_path: Path
    ) -> None:
        (tmp_path / "policy.yaml").write_text("traits: {darkness: {flagged: 0.2}, gloom: {shift: 0.1, flagged: 0.2}}")
        names = {"darkness": "darkness", "gloom": "gloom"}
        screens = Screens(failed={"darkness": "too few benign answers"})
        report = gated(of_dark[2].scan, policy_in(tmp_path / "policy.yaml"), names, screens)
        assert [(one.about, one.outcome) for one in report.rulings[1:]] == [
            ("rows flagged for darkness", "undecided"),
            ("gloom", "undecided"),
            ("rows flagged for gloom", "undecided"),
        ]
        assert report.rulings[1].why == "too few benign answers"
        assert "it has no vector" in report.rulings[3].why
