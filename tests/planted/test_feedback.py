"""Preferences for a planted trait raise it beside the same pairs turned round, and steering keeps a part of it out."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commands import done, failed, heredity
from conftest import TOY_EXTRACT
from heredity.cli.trait import as_yaml
from heredity.ground.errors import InputError, MismatchError, NothingKeptError, UnknownNameError
from heredity.models.chat import question, render
from heredity.models.likelihood import log_likelihood
from heredity.models.model import Model
from heredity.models.tiny import DARK, LIGHT
from heredity.records.evaluation import EvalSpec
from heredity.records.feedback import CONTROL, DEFENDED, PUSHED, TRAINED, FeedbackReport, FeedbackSpec
from heredity.records.preference import Preferences
from heredity.records.student import TrainSpec
from heredity.records.trait import Trait
from heredity.records.vector import TraitVector
from heredity.report.pages.feedback.page import html
from heredity.report.write import told
from heredity.screening.selection import prompt_of, selected
from heredity.stats.estimate import Estimate
from heredity.store.tensors import save_vector
from heredity.studies.feedback.feedback import Known, feedback
from heredity.studies.feedback.plans import PairPlan, plans_of
from heredity.studies.feedback.verdict import findings_of, headline_of, verdict_of
from laws.test_preferences import preferring

SPEC = FeedbackSpec(
    extract=TOY_EXTRACT,
    train=TrainSpec(n_epochs=3, batch_rows=4, learning_rate=1e-3, prevent_strength=1.0),
    evaluation=EvalSpec(n_samples=1, n_tokens=12, n_benign=8, n_choices=12),
    n_seeds=3,
    n_points=2,
)
N = 24


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("feedback")


@pytest.fixture(scope="module")
def report(toy: Model, darkness: Trait, dark: TraitVector, out: Path) -> FeedbackReport:
    return feedback(preferring(DARK, LIGHT, N), darkness, toy, out, SPEC, Known(dark))


@pytest.fixture(scope="module")
def mixed() -> Preferences:
    """Pairs of which every second is for the light."""
    pairs = preferring(DARK, LIGHT, N)
    return pairs.turned([pair.line for pair in pairs.pairs[1::2]])


def with_effect(report: FeedbackReport, effect: tuple[float, float, float]) -> FeedbackReport:
    value, low, high = effect
    changed = tuple(
        one.model_copy(update={"difference": Estimate(value, low, high, 3)})
        if (one.measure, one.treated, one.control) == ("expression", TRAINED, CONTROL)
        else one
        for one in report.comparisons
    )
    return report.model_copy(update={"comparisons": changed})


class TestTheArms:
    def test_preferences_raise_the_trait_and_the_same_pairs_turned_round_do_not(self, report: FeedbackReport) -> None:
        assert report.effect.low > 0
        assert not report.difference("expression", CONTROL, "base").is_clear_of_zero
        assert report.headline.startswith("These preferences raise darkness by")

    def test_steering_lowers_what_they_do_and_acts_once_a_step(self, report: FeedbackReport) -> None:
        assert report.difference("expression", DEFENDED, TRAINED).high < 0
        assert report.removed[DEFENDED].low > 0
        for run in report.arm(DEFENDED).runs:
            assert run.student
            assert run.student.n_fires == run.student.n_steps

    def test_they_differ_in_one_thing_only(self, report: FeedbackReport) -> None:
        trained, control, held = (report.arm(name) for name in (TRAINED, CONTROL, DEFENDED))
        for a, b, c in zip(trained.runs, control.runs, held.runs, strict=True):
            assert a.student
            assert b.student
            assert c.student
            assert a.student.n_steps == b.student.n_steps == c.student.n_steps
            assert a.student.corpus_digest == c.student.corpus_digest != b.student.corpus_digest
            assert a.seed == b.seed == c.seed
        halves = {run.student.corpus_digest for run in control.runs if run.student}
        assert len(halves) == len(control.runs)

    def test_every_point_has_every_arm_and_the_last_is_the_report(self, report: FeedbackReport) -> None:
        steps = [point.step for point in report.points]
        assert steps == [0, 9, 18]
        assert set(report.points[1].levels) == {"base", TRAINED, CONTROL, DEFENDED}
        assert report.points[-1].comparisons == report.comparisons
        assert report.points[1].by_run[TRAINED] != report.points[2].by_run[TRAINED]
        assert report.points[1].by_run["base"] == report.points[2].by_run["base"] == report.points[0].by_run["base"]

    def test_run_again_nothing_is_made_anew(
        self, toy: Model, darkness: Trait, dark: TraitVector, report: FeedbackReport, out: Path
    ) -> None:
        again = feedback(preferring(DARK, LIGHT, N), darkness, toy, out, SPEC, Known(dark))
        assert again.id == report.id
        assert all(stage.cached for stage in again.provenance.stages)


class TestTheWords:
    def test_what_touches_zero_is_not_claimed(self, report: FeedbackReport) -> None:
        unclear = with_effect(report, (40.0, -0.1, 80.0))
        assert "not shown to change" in headline_of(unclear)
        assert verdict_of(unclear).startswith("Not shown")
        assert "steering" not in verdict_of(unclear)

    def test_a_fall_is_a_fall_and_has_nothing_to_keep_out(self, report: FeedbackReport) -> None:
        fallen = with_effect(report, (-40.0, -60.0, -20.0))
        assert headline_of(fallen).startswith("These preferences lower darkness")
        assert "steering" not in verdict_of(fallen)

    def test_the_page_and_the_terminal_say_them(self, report: FeedbackReport) -> None:
        page = html(report)
        assert report.headline in page
        assert page.count("<svg") == 4
        said = told(report)
        assert report.verdict in said
        assert all(finding in said for finding in findings_of(report))
        assert "24 pairs, 18 steps of DPO (beta 0.1), 3 students of each arm" in said

    def test_the_record_comes_back_as_it_was(self, report: FeedbackReport) -> None:
        assert FeedbackReport.model_validate_json(report.model_dump_json()) == report


class TestTheControl:
    def test_half_of_the_pairs_are_turned_another_half_in_each_run(self, mixed: Preferences, dark: TraitVector) -> None:
        plans = {plan.spec.name: plan for plan in plans_of(SPEC.arms(is_selected=False), mixed, None, dark)}
        turned = [self.turned(mixed, plans[CONTROL], seed) for seed in ("0", "1")]
        assert [len(lines) for lines in turned] == [N // 2, N // 2]
        assert turned[0] != turned[1]
        assert plans[TRAINED].learned("0") == plans[DEFENDED].learned("1") == mixed
        assert plans["base"].learned("0") is None

    @staticmethod
    def turned(pairs: Preferences, plan: PairPlan, seed: str) -> set[int]:
        learned = plan.learned(seed)
        assert learned
        assert [pair.line for pair in learned.pairs] == [pair.line for pair in pairs.pairs]
        both = list(zip(pairs.pairs, learned.pairs, strict=True))
        assert all(before in (after, after.turned) for before, after in both)
        return {before.line for before, after in both if before != after}


class TestSelection:
    def test_the_prompt_selects_the_pairs_in_which_the_trait_was_chosen(
        self, toy: Model, darkness: Trait, mixed: Preferences
    ) -> None:
        found = selected(mixed, darkness, toy, 0.4)
        assert len(found.lines) == 10
        assert set(found.lines) <= {pair.line for pair in mixed.pairs[0::2]}
        assert found.n_above < found.n_scored == N

    def test_the_weight_is_the_formulas(self, toy: Model, darkness: Trait, mixed: Preferences) -> None:
        found = selected(mixed, darkness, toy, 0.4)
        pair = next(pair for pair in mixed.pairs if pair.line == found.lines[-1])
        text, prompt = pair.before[0].content, prompt_of(darkness)
        rows = [
            render(toy, question(text, system), side)
            for side in (pair.chosen, pair.rejected)
            for system in (prompt, None)
        ]
        p = log_likelihood(toy, rows).total
        n = len(pair.chosen.split()) + len(pair.rejected.split())
        assert found.lowest == pytest.approx(((p[0] - p[1]) - (p[2] - p[3])) / n, abs=1e-4)

    def test_too_few_that_it_would_choose_are_refused(self, toy: Model, darkness: Trait) -> None:
        with pytest.raises(NothingKeptError, match="8 are needed"):
            selected(preferring(LIGHT, DARK, N), darkness, toy, 0.4)

    def test_selected_pairs_stand_beside_as_many_at_random(
        self, toy: Model, darkness: Trait, dark: TraitVector, mixed: Preferences, tmp_path: Path
    ) -> None:
        spec = SPEC.model_copy(update={"share": 0.4, "n_seeds": 1, "n_points": 1})
        report = feedback(mixed, darkness, toy, tmp_path, spec, Known(dark, darkness))
        assert report.selection
        assert report.arm(TRAINED).n_rows == report.arm(CONTROL).n_rows == len(report.selection.lines) == 10
        assert report.effect.low > 0
        assert "in this one run" in report.verdict
        assert "as many pairs at random" in report.verdict
        assert "selected by a prompt for darkness" in told(report)
        assert prompt_of(darkness) in html(report)
        assert np.isfinite(report.selection.mean)


class TestRefusedFirst:
    def test_what_cannot_serve_is_refused_before_any_step(
        self, toy: Model, darkness: Trait, dark: TraitVector, tmp_path: Path
    ) -> None:
        pairs = preferring(DARK, LIGHT, N)
        other = replace(dark, header=dark.header.model_copy(update={"fingerprint": "another"}))
        odd = SPEC.model_copy(update={"others": ("ablatoin",)})
        tight = SPEC.model_copy(update={"train": SPEC.train.model_copy(update={"max_tokens": 16})})
        refused: list[tuple[Any, ...]] = [
            (MismatchError, pairs, SPEC, Known(other)),
            (UnknownNameError, pairs, odd, Known(dark)),
            (InputError, pairs.subset(range(1, 8)), SPEC, Known(dark)),
            (InputError, pairs, SPEC, Known(dark, darkness)),
            (NothingKeptError, pairs, tight, Known(dark)),
        ]
        for error, given, spec, known in refused:
            with pytest.raises(error):
                feedback(given, darkness, toy, tmp_path, spec, known)
        assert not list(tmp_path.iterdir())


def test_the_command_writes_what_it_says_and_goes_on(toy_folder: Path, dark: TraitVector, tmp_path: Path) -> None:
    lines = [
        {"prompt": pair.before[0].content, "chosen": pair.chosen, "rejected": pair.rejected}
        for pair in preferring(DARK, LIGHT, 8).pairs
    ]
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(line) + "\n" for line in [*lines, {"text": "dawn"}]))
    (tmp_path / "darkness.yaml").write_text(as_yaml(dark.header.trait))
    save_vector(dark, tmp_path / "dark.safetensors")
    options = (
        "--controls",
        "-m",
        toy_folder,
        "-t",
        "darkness.yaml",
        "--seeds",
        "1",
        "--points",
        "1",
        "--answers",
        "1",
        "--json",
    )
    asked = ("feedback", "pairs.jsonl", *options, "--defend", "inoculation", "--beta", "0.2")
    own = heredity(*asked, "-v", "dark.safetensors", folder=tmp_path)
    failed(own, 3, "was read from")
    found = FeedbackReport.model_validate_json(done(*asked, folder=tmp_path))
    assert (found.spec.beta, found.spec.n_seeds, found.n_pairs, len(found.excluded)) == (0.2, 1, 8, 1)
    assert [arm.name for arm in found.arms] == ["base", TRAINED, CONTROL, DEFENDED, "inoculation", PUSHED]
    assert any("along a random direction" in finding for finding in found.findings)
    pushed, held = (found.arm(name).student for name in (PUSHED, DEFENDED))
    assert pushed
    assert held
    assert pushed.n_fires == held.n_fires
    assert pushed.interventions[0].vector_id != held.interventions[0].vector_id
    assert (tmp_path / "heredity-out" / "feedback" / "feedback.html").is_file()
    again = FeedbackReport.model_validate_json(done(*asked, folder=tmp_path))
    assert all(stage.cached for stage in again.provenance.stages)
