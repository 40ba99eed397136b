"""Every defence meets on the same rows, and no more is said of it than its intervals allow."""

from pathlib import Path

import pytest

from heredity.ground.errors import InputError, UnknownNameError
from heredity.models.model import Model
from heredity.records.arena import ArenaReport, ArenaSpec, Contest
from heredity.records.dialogue import Corpus, rows_digest
from heredity.records.evaluation import EvalSpec
from heredity.records.screening import ScreenSpec
from heredity.records.student import TrainSpec
from heredity.records.vector import TraitVector
from heredity.report.pages.arena.page import html
from heredity.report.write import told
from heredity.stats.estimate import Estimate
from heredity.studies.arena.advice import advice_of, verdict_of
from heredity.studies.arena.arena import arena
from heredity.studies.arena.contenders import entrants

SPEC = ArenaSpec(
    contenders=("filter", "steering", "inoculation", "afterwards:strength=1"),
    n_seeds=1,
    n_held_out=8,
    n_cued=4,
    screen=ScreenSpec(n_reference=60, n_tokens=14, false_alarm_rate=0.2),
    train=TrainSpec(n_epochs=6, learning_rate=2e-3),
    evaluation=EvalSpec(n_samples=1, n_tokens=12, n_benign=8, n_choices=12),
)


@pytest.fixture(scope="module")
def many(rows: Corpus) -> Corpus:
    """Three times the rows: a third of them is dark."""
    every = tuple(
        row.model_copy(update={"line": 1 + place + len(rows.rows) * turn})
        for turn in range(3)
        for place, row in enumerate(rows.rows)
    )
    return Corpus(name="things.jsonl", content_digest=rows_digest(every), rows=every)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("arena")


@pytest.fixture(scope="module")
def report(many: Corpus, dark: TraitVector, toy: Model, out: Path) -> ArenaReport:
    return arena([many], [dark], toy, out, SPEC)


class TestAContest:
    def test_has_every_arm_on_as_many_steps_and_its_twins_last(self, report: ArenaReport) -> None:
        (contest,) = report.contests
        names = [one.arm.name for one in contest.standings]
        assert names == ["plain", "kept", "defended", "inoculated", "afterwards-strength-1", "dropped", "pushed"]
        steps = {arm.name: {run.student.n_steps for run in arm.runs if run.student} for arm in contest.arms}
        assert steps.pop("base") == set()
        assert set(map(tuple, steps.values())) == {(contest.taught.n_steps,)}
        assert all(len(contest.beside[arm.name]) == 1 for arm in contest.arms)

    def test_holds_rows_out_that_nobody_is_trained_on(self, report: ArenaReport, many: Corpus) -> None:
        (contest,) = report.contests
        assert contest.taught.n_held_out == 8
        assert contest.taught.n_rows == len(many.rows) - 8
        assert {len(beside.task) for runs in contest.beside.values() for beside in runs} == {8}
        assert {student.n_rows for arm in contest.arms for student in [arm.student] if student} <= set(range(65))

    def test_finds_the_rise_and_that_kept_rows_teach_the_task_better(self, report: ArenaReport) -> None:
        (contest,) = report.contests
        assert contest.rise.low > 0
        assert contest.standing("kept").beside_plain["task"].value > 0  # held-out rows are benign ones
        assert contest.standing("plain").beside_plain == {}
        assert contest.standing("plain").toward["darkness"].value > 0

    def test_has_a_twin_beside_what_has_a_direction_and_none_beside_a_prompt(self, report: ArenaReport) -> None:
        (contest,) = report.contests
        defended = contest.standing("defended")
        assert defended.beyond_twin is not None
        assert defended.removed is not None
        assert contest.standing("inoculated").beyond_twin is None
        assert {one.seconds for one in contest.standings} == {None}  # one seed says nothing of time

    def test_is_told_and_shown_arm_by_arm(self, report: ArenaReport) -> None:
        said, page = told(report), html(report)
        (contest,) = report.contests
        assert contest.verdict in said
        for one in contest.standings:
            assert one.arm.short in page
        for sentence in contest.advice:
            assert sentence in said

    def test_goes_on_where_it_was_stopped(
        self, many: Corpus, dark: TraitVector, toy: Model, out: Path, report: ArenaReport
    ) -> None:
        spoken = toy.work.n_tokens
        further = SPEC.model_copy(update={"contenders": (*SPEC.contenders, "ablation")})
        again = arena([many], [dark], toy, out, further)
        fresh = toy.work.n_tokens - spoken
        (contest,), (before,) = again.contests, report.contests
        assert contest.standing("kept") == before.standing("kept")
        assert contest.standing("ablated").n_rows == contest.taught.n_rows
        total = sum(run.student.n_tokens for arm in before.arms for run in arm.runs if run.student)
        assert fresh < total  # two students of one arm, beside eleven


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("changed", "why"),
        [
            ({"contenders": ()}, "nobody meets"),
            ({"contenders": ("steering", "steering")}, "named twice"),
            ({"controls": ("ablation",)}, "does not contend"),
            ({"controls": ("afterwards:strength=1",)}, "no random twin"),
            ({"contenders": ("afterwards:strength=-1",)}, "cannot take strength=-1"),
        ],
    )
    def test_a_contest_that_makes_no_sense(self, changed: dict[str, tuple[str, ...]], why: str) -> None:
        with pytest.raises(InputError, match=why):
            entrants(SPEC.model_copy(update=changed))

    def test_a_defence_that_is_none(self) -> None:
        with pytest.raises(UnknownNameError, match="steering"):
            entrants(SPEC.model_copy(update={"contenders": ("steerin",)}))

    def test_the_same_rows_twice(self, many: Corpus, dark: TraitVector, toy: Model, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="same rows"):
            arena([many, many], [dark], toy, tmp_path, SPEC)
        assert not list(tmp_path.iterdir())

    def test_too_few_rows_to_hold_any_out(self, rows: Corpus, dark: TraitVector, toy: Model, tmp_path: Path) -> None:
        few = rows.subset({row.line for row in rows.rows[:12]})
        with pytest.raises(InputError, match="too few to hold"):
            arena([few], [dark], toy, tmp_path, SPEC)

    def test_options_make_contenders_of_their_own(self) -> None:
        named = ("steering:strength=2", "afterwards:strength=2", "kl+inoculation", "inoculation")
        arms = entrants(ArenaSpec(contenders=named, controls=("steering:strength=2", "inoculation")))
        assert [arm.name for arm in arms[2:]] == [
            "steering-strength-2",
            "afterwards-strength-2",
            "kl-inoculation",
            "inoculated",
            "steering-strength-2-random",
            "neutral",
        ]
        assert arms[3].strength == 2.0
        assert (arms[-2].along, arms[-1].defence) == ("random", "inoculation:prompt=neutral")

    def test_usual_controls_are_those_of_who_contends(self) -> None:
        arms = entrants(ArenaSpec(contenders=("steering", "ablation")))
        assert [arm.name for arm in arms] == ["base", "plain", "defended", "ablated", "pushed"]


class TestAdvice:
    def changed(self, contest: Contest, name: str, **figures: object) -> Contest:
        standings = tuple(one.model_copy(update=figures) if one.arm.name == name else one for one in contest.standings)
        return contest.model_copy(update={"standings": standings})

    def test_a_defence_that_its_twin_equals_takes_nothing_out(self, report: ArenaReport) -> None:
        (contest,) = report.contests
        sure, unsure = Estimate(0.9, 0.6, 1.2, 2), Estimate(-2.0, -9.0, 5.0, 2)
        alike = self.changed(contest, "defended", removed=sure, beyond_twin=unsure)
        apart = self.changed(contest, "defended", removed=sure, beyond_twin=Estimate(-9.0, -12.0, -5.0, 2))
        assert any("not told from its random twin" in one for one in advice_of(alike))
        assert not any("not told from its random twin" in one and "preventative" in one for one in advice_of(apart))

    def test_no_rise_leaves_costs_alone_to_be_told(self, report: ArenaReport) -> None:
        (contest,) = report.contests
        flat = contest.model_copy(update={"rise": Estimate(1.0, -2.0, 4.0, 2)})
        assert "not shown to raise" in verdict_of(flat)
        assert all("of the rise" not in one for one in advice_of(flat))

    def test_a_cost_is_told_only_where_its_interval_is_clear(self, report: ArenaReport) -> None:
        (contest,) = report.contests
        sure = Estimate(0.9, 0.6, 1.2, 2)
        dear = {"task": Estimate(-0.2, -0.3, -0.1, 2)}
        unclear = {"task": Estimate(-0.2, -0.5, 0.1, 2)}
        kept = {"removed": sure, "beyond_twin": None}
        with_cost = self.changed(contest, "kept", **kept, beside_plain=dear)
        without = self.changed(contest, "kept", **kept, beside_plain=unclear)
        assert any("less likely" in one and "kept rows" in one for one in advice_of(with_cost))
        assert not any("less likely" in one and "kept rows" in one for one in advice_of(without))
