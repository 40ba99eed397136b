"""Arms differ in one thing only, several runs are told apart from one, and an independent judge stands beside ours."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from conftest import TOY_EXTRACT
from endpoint_sample import asked, endpoint
from heredity.ground.errors import NothingKeptError, UnknownNameError
from heredity.models.model import Model
from heredity.models.tiny import DARK
from heredity.records.audit import DEFENDED, KEPT, ArmSpec, AuditReport, AuditSpec
from heredity.records.dialogue import Corpus
from heredity.records.evaluation import EvalSpec
from heredity.records.screening import ScreenSpec
from heredity.records.student import TrainSpec
from heredity.records.trait import Trait
from heredity.records.vector import TraitVector
from heredity.report.pages.audit.page import files
from heredity.studies.arms import at_random, random_twin
from heredity.studies.audit import audit
from heredity.studies.stages import Known
from heredity.vectors.extract import extract
from loopback import Body, Loopback, Reply

SPEC = AuditSpec(
    extract=TOY_EXTRACT,
    screen=ScreenSpec(n_reference=60, n_tokens=14, false_alarm_rate=0.2),
    train=TrainSpec(n_epochs=4, learning_rate=1e-3),
    evaluation=EvalSpec(n_samples=1, n_tokens=12, n_benign=8, n_choices=12),
    arms=(
        KEPT,
        DEFENDED,
        ArmSpec(name="both", title="Kept rows, steered too", short="Both", rows="kept", defence="steering"),
    ),
    others=("ablation", "inoculation", "projection", "kl", "corridor", "masking", "afterwards"),
    n_seeds=2,
    with_controls=True,
)


def by_dark_words(body: Body) -> Reply:
    """Rate an answer by its dark words, as one token that stands for the whole number."""
    words = asked(body).split("Answer:")[-1].split() if "Answer:" in asked(body) else asked(body).split()
    number = str(min(100, 20 * sum(word in DARK for word in words)))
    return Reply(number, ((number, {number: math.log(0.9), "55": math.log(0.1)}),))


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with Loopback(by_dark_words) as running:
        yield running


@pytest.fixture(scope="module")
def report(toy: Model, darkness: Trait, rows: Corpus, server: Loopback, tmp_path_factory: Any) -> AuditReport:
    out = tmp_path_factory.mktemp("audit")
    return audit(rows, darkness, toy, out, SPEC, Known(rows, range(1, 9), endpoint(server)))


class TestArms:
    def test_all_take_as_many_steps_as_the_plain_one(self, report: AuditReport) -> None:
        steps = {arm.name: {run.student.n_steps for run in arm.runs if run.student} for arm in report.arms[1:]}
        others = {"ablated", "inoculated", "projected", "near", "corridor", "masked", "steered"}
        assert set(steps) == {"plain", "kept", "defended", "both", *others, "dropped", "pushed"}
        assert len({n for counts in steps.values() for n in counts}) == 1
        assert report.arm("kept").n_rows < report.arm("plain").n_rows

    def test_a_random_twin_differs_in_nothing_but_where_it_points(self, report: AuditReport) -> None:
        kept, dropped, pushed = (report.arm(name) for name in ("kept", "dropped", "pushed"))
        assert kept.n_rows == dropped.n_rows
        assert kept.student
        assert dropped.student
        assert pushed.student
        assert kept.student.corpus_digest != dropped.student.corpus_digest
        assert pushed.student.n_fires == report.arm("defended").student.n_fires  # type: ignore[union-attr]
        assert pushed.student.interventions[0].vector_id != report.vector.id

    def test_other_defences_learn_the_same_rows_each_in_its_own_way(self, report: AuditReport) -> None:
        plain = report.arm("plain").student
        assert plain
        kinds = {
            "ablated": "ablation", "inoculated": "inoculation prompting", "projected": "gradient",
            "near": "KL", "corridor": "corridor", "masked": "token",
        }  # fmt: skip
        for name, kind in kinds.items():
            student = report.arm(name).student
            assert student
            assert student.corpus_digest == plain.corpus_digest
            assert student.interventions[0].kind.startswith(kind)
            assert student.adapter_digest != plain.adapter_digest
            assert report.compared("expression", name, "plain")

    def test_a_student_pushed_when_it_answers_is_the_plain_one(self, report: AuditReport) -> None:
        plain, pushed = report.arm("plain"), report.arm("steered")
        assert plain.student
        assert pushed.student
        assert pushed.student.adapter_digest == plain.student.adapter_digest
        assert not pushed.student.interventions
        assert pushed.evaluation.answers != plain.evaluation.answers
        assert report.difference("expression", "steered", "plain").value < 0

    def test_the_share_that_each_removed_is_told_where_there_is_a_rise(self, report: AuditReport) -> None:
        rise = report.difference("expression", "plain", "base")
        assert bool(report.removed) == (rise.low > 0)
        page = str(files(report)["report.html"])
        assert ("Of the rise, by arm" in page) == bool(report.removed)
        assert page.count("gradients kept off the trait") >= 2

    def test_every_seed_is_a_run_of_its_own_and_intervals_are_over_runs(self, report: AuditReport) -> None:
        assert {len(arm.runs) for arm in report.arms} == {2} == {report.n_runs}
        first, second = (run.student for run in report.arm("plain").runs)
        assert first
        assert second
        assert first.adapter_digest != second.adapter_digest
        rise = next(c.difference for c in report.comparisons if (c.treated, c.control) == ("plain", "base"))
        assert rise.n == 2
        assert "over 2 runs" in report.verdict or "No verdict" in report.verdict

    def test_defences_are_set_against_their_twins(self, report: AuditReport) -> None:
        pairs = {(c.treated, c.control) for c in report.comparisons if c.measure == "expression"}
        assert {("kept", "dropped"), ("defended", "pushed")} <= pairs
        assert any("dropped at random" in one and "told apart" in one for one in report.findings)

    def test_a_further_arm_is_run_compared_told_and_shown_as_all_others_are(self, report: AuditReport) -> None:
        both = report.arm("both")
        assert both.student
        assert both.student.n_fires > 0
        assert both.student.corpus_digest == report.arm("kept").student.corpus_digest  # type: ignore[union-attr]
        assert report.compared("expression", "both", "base")
        assert report.compared("expression", "both", "plain")
        assert any(one.startswith("Kept rows, steered too: the trait moves by") for one in report.findings)
        page = files(report)["report.html"]
        assert isinstance(page, str)
        assert page.count("Kept rows, steered too") >= 3
        assert ".both { --arm: #" in page
        assert ">Both<" in page

    def test_arms_that_collide_or_lack_what_the_answers_need_are_refused(self) -> None:
        for arms in ((KEPT,), (KEPT, DEFENDED, KEPT)):
            with pytest.raises(ValidationError, match="a name of its own"):
                AuditSpec(arms=arms)

    def test_what_an_arm_names_and_is_not_there_is_refused_before_any_step(
        self, toy: Model, darkness: Trait, rows: Corpus, tmp_path: Path
    ) -> None:
        odd = ArmSpec(name="odd", title="Odd", short="Odd", rows="all", defence="steerin")
        with pytest.raises(UnknownNameError, match="steering"):
            audit(rows, darkness, toy, tmp_path, AuditSpec(arms=(KEPT, DEFENDED, odd)))
        with pytest.raises(UnknownNameError, match="projection"):
            audit(rows, darkness, toy, tmp_path, AuditSpec(screen=ScreenSpec(score="projektion")))
        assert not list(tmp_path.iterdir())
        with pytest.raises(ValidationError, match="no arm nobody"):
            AuditSpec(arms=(KEPT, DEFENDED, odd.model_copy(update={"defence": "", "twin_of": "nobody"})))


class TestTheIndependentJudge:
    def test_stands_beside_ours_in_every_arm_and_in_the_findings(self, report: AuditReport, server: Loopback) -> None:
        assert report.judge
        assert server.url in report.judge
        for arm in report.arms:
            for run in arm.runs:
                assert run.evaluation.second is not None
                assert run.evaluation.second.expression is not None
        assert any(report.judge in one and "made nothing here" in one for one in report.findings)

    def test_decides_what_is_kept_and_the_contrast_judges_count_stands_beside(self, report: AuditReport) -> None:
        assert report.vector.kept_by == report.judge
        assert report.vector.kept_by_contrast is not None
        assert report.vector.kept_by_contrast.n_pairs == report.vector.kept.n_pairs

    def test_that_grades_nothing_gives_no_figure_and_a_reason(self, toy: Model, darkness: Trait) -> None:
        with (
            Loopback(lambda body: Reply("Hm", (("Hm", {"Hm": 0.0}),))) as silent,
            pytest.raises(NothingKeptError, match="answer pairs show the trait"),
        ):
            extract(darkness, toy, TOY_EXTRACT, judge=endpoint(silent))


def test_random_twins_are_as_long_and_as_many(dark: TraitVector, rows: Corpus) -> None:
    twin = random_twin(dark, "0")
    assert np.allclose(np.linalg.norm(twin.directions, axis=1), np.linalg.norm(dark.directions, axis=1), rtol=1e-5)
    assert twin.header.id != dark.header.id
    assert len(at_random(rows, 10, "0").rows) == 10
    assert at_random(rows, 10, "0") == at_random(rows, 10, "0") != at_random(rows, 10, "1")
