"""What may be said of a transmission: a control rules out only what is told apart from it; targets share one level."""

import numpy as np
import pytest

from heredity.ground.errors import InputError
from heredity.records.curves import ArmKind, CurvePoint, StudentCurve
from heredity.records.transmission import ASSUMED, Control, Measure, PowerSpec, TransmissionReport, TransmitSpec
from heredity.report.pages.transmission.words import could_it_be_seen, did_it_cross
from heredity.stats.estimate import Estimate
from heredity.stats.power import paired_power
from heredity.studies.transmission.conclusions import concluded
from heredity.studies.transmission.plan import require_power
from transmission_sample import transmission_report

SHUFFLED: ArmKind = "shuffled within"
N_QUESTIONS = 20


def curve(arm: ArmKind, by: str, seed: int, scores: dict[str, float]) -> StudentCurve:
    level = {name: Estimate(0.1, 0.0, 0.2, 8) for name in scores}
    return StudentCurve(
        arm=arm, taught_by=by, seed=str(seed), points=(CurvePoint(step=1, level=level, score=scores),), losses=()
    )


def study(shown: dict[tuple[ArmKind, str], list[dict[str, float]]], *controls: Control) -> TransmissionReport:
    """Return a study of these last scores, by arm and teacher, seed by seed, concluded upon."""
    students = tuple(curve(arm, by, i, scores) for (arm, by), each in shown.items() for i, scores in enumerate(each))
    n_seeds = len(next(iter(shown.values())))
    taught = dict.fromkeys(by for _, by in shown)
    plain = transmission_report(tuple(taught)[:2], n_seeds)
    teachers = tuple(plain.teachers[0].model_copy(update={"target": name}) for name in taught if name != "base")
    spec = TransmitSpec(seeds=tuple(map(str, range(n_seeds))), control=list(taught)[1])
    fields = {"students": students, "controls": controls, "teachers": teachers, "spec": spec}
    return concluded(plain.model_copy(update={**fields, "control": list(taught)[1]}))


def both(owl: list[float], cat: list[float]) -> list[dict[str, float]]:
    return [{"owl": a, "cat": b} for a, b in zip(owl, cat, strict=True)]


CROSSED = {
    ("treated", "owl"): both([1.0, 1.1, 1.2], [0.0, 0.1, -0.1]),
    ("control", "cat"): both([0.0, 0.1, 0.3], [1.0, 1.2, 1.1]),
}
IN_CONTEXT = Control(name="in context", question="?", effect=None, said="")
NEEDED_NOT = Control(name=SHUFFLED, question="?", effect=None, is_needed=False, said="")


def in_context(*by_seed: float) -> Control:
    return IN_CONTEXT.model_copy(update={"by_seed": by_seed})


class TestControls:
    def test_one_that_shows_little_is_told_apart(self):
        report = study(CROSSED, in_context(0.1, -0.1, 0.05))
        (control,) = report.controls
        assert control.outcome == "told apart"
        assert control.difference
        assert control.difference.value == pytest.approx(np.mean([0.9, 1.1, 0.85]))
        assert report.verdict.startswith("The trait crossed")

    def test_one_that_is_not_clear_of_zero_rules_nothing_out_until_it_is_told_apart(self):
        report = study(CROSSED, in_context(1.5, -0.4, 0.9))
        (control,) = report.controls
        assert control.effect
        assert not control.effect.is_clear_of_zero
        assert control.outcome == "not told apart"
        assert "not told apart from what a control shows (in context)" in report.verdict
        assert not report.is_of_the_trait
        assert did_it_cross(report).answer == "Something did"

    def test_one_that_shows_as_much_fails(self):
        report = study(CROSSED, in_context(0.9, 1.0, 1.1))
        assert report.controls[0].outcome == "fails"
        assert "a control shows as much (in context)" in report.verdict

    def test_pairs_decide_and_not_whether_two_intervals_overlap(self):
        wide = {
            ("treated", "owl"): both([1.0, 2.0, 3.0], [0.0, 0.0, 0.0]),
            ("control", "cat"): both([0.0, 0.0, 0.0], [1.0, 1.1, 1.2]),
        }
        near = study(wide, in_context(0.8, 1.81, 2.79))
        assert near.effect
        assert near.effect.low < 0
        clear = study({**wide, ("treated", "owl"): both([2.0, 3.0, 4.0], [0.0] * 3)}, in_context(1.8, 2.81, 3.79))
        (control,) = clear.controls
        assert control.effect
        assert clear.effect
        assert control.effect.high > clear.effect.low > 0
        assert (control.outcome, control.said[:4]) == ("told apart", "Some")

    def test_a_shuffled_carrier_that_shows_as_much_denies_no_trait(self):
        shuffled = {(SHUFFLED, by): each for (_, by), each in CROSSED.items()}
        report = study({**CROSSED, **shuffled}, NEEDED_NOT)
        (control,) = report.controls
        assert control.outcome == "fails"
        assert not control.fails
        assert report.verdict.startswith("The trait crossed")

    def test_a_further_teacher_is_a_control_paired_by_seed(self):
        dogs = ("control", "dog")
        apart = study({**CROSSED, dogs: both([0.1, 0.0, 0.3], [0.0, 0.1, 0.0])})
        assert [(one.name, one.outcome) for one in apart.controls] == [("taught by dog", "told apart")]
        alike = study({**CROSSED, dogs: both([0.9, 1.2, 1.1], [0.0, 0.1, 0.0])})
        assert alike.controls[0].fails

    def test_figures_that_lost_their_seeds_are_told_apart_only_whatever_the_pairing(self):
        little, much = (
            IN_CONTEXT.model_copy(update={"effect": Estimate(value, value - 0.1, value + 0.1, 3)})
            for value in (0.1, 0.8)
        )
        told, untold = (study(CROSSED, one).controls[0] for one in (little, much))
        assert (told.outcome, untold.outcome) == ("told apart", "fails")
        assert told.difference
        own = study(CROSSED).effect
        assert own
        assert told.difference.high - told.difference.low == pytest.approx(own.high - own.low + 0.2)

    def test_one_pair_decides_nothing(self):
        report = study({key: each[:1] for key, each in CROSSED.items()}, in_context(0.1))
        assert report.controls[0].outcome is None
        assert "no conclusion is drawn" in report.verdict
        assert not report.is_of_the_trait

    def test_what_was_not_run_stands_in_nobodys_way(self):
        unrun = IN_CONTEXT.model_copy(update={"said": "Not run: why not."})
        report = study(CROSSED, unrun)
        assert report.controls == (unrun,)
        assert report.is_of_the_trait


class TestSeveralTargets:
    def test_a_double_dissociation_needs_all_targets_together(self):
        report = study(CROSSED)
        own = [one for one in report.matrix if one.taught_by == one.target]
        assert all(one.p_adjusted and one.p_adjusted < 0.05 for one in own)
        assert "a double dissociation" in report.verdict
        assert all(one.p_adjusted is None for one in report.matrix if one.taught_by != one.target)

    def test_targets_that_are_clear_one_by_one_are_not_so_together(self):
        narrowly = [1.0, 0.62, 0.58]
        report = study(
            {
                ("treated", "owl"): both(narrowly, [0.0] * 3),
                ("control", "cat"): both([0.0] * 3, narrowly),
            }
        )
        own = [one for one in report.matrix if one.taught_by == one.target]
        assert all(one.score and one.score.low > 0 and one.p_adjusted and one.p_adjusted > 0.05 for one in own)
        assert (
            "No double dissociation is shown: over 2 targets together (Holm), owl, cat are not clear" in report.verdict
        )


def graded(measures: dict[tuple[ArmKind, str], list[list[float | None]]]) -> TransmissionReport:
    """Return a study of grades, by arm and teacher, then seed, then question; None where ungraded."""
    plain = transmission_report(n_seeds=len(next(iter(measures.values()))))
    students = []
    for (arm, by), seeds in measures.items():
        for i, levels in enumerate(seeds):
            by_question = {
                name: dict(zip(map(str, range(len(levels))), levels, strict=True)) for name in ("owl", "cat")
            }
            mean = float(np.mean([one for one in levels if one is not None]))
            point = CurvePoint(
                step=1,
                level={name: Estimate(mean, 0.0, 1.0, 8) for name in by_question},
                score=dict.fromkeys(by_question, 100 * mean),
                by_question=by_question,
            )
            students.append(StudentCurve(arm=arm, taught_by=by, seed=str(i), points=(point,), losses=()))
    fields = {"students": tuple(students), "controls": (), "measure": "grade"}
    return concluded(plain.model_copy(update=fields))


class TestGrades:
    EASY = [0.1] * 10 + [0.9] * 10

    def test_arms_are_compared_on_the_questions_that_both_answered(self):
        rng = np.random.default_rng(0)
        treated: list[list[float | None]] = [[x + 0.02 * rng.standard_normal() for x in self.EASY] for _ in range(3)]
        control = [[x + 0.02 * rng.standard_normal() for x in self.EASY] for _ in range(3)]
        for seed in treated:
            seed[:8] = [None] * 8
        report = graded({("treated", "owl"): treated, ("control", "cat"): control})
        assert report.effect
        assert abs(report.effect.value) < 3
        assert (report.effect.n, report.effect.unscored) == (3, 24)
        assert [one.unscored for one in report.pairs] == [8, 8, 8]
        assert np.mean([one.difference for one in report.pairs]) == pytest.approx(report.effect.value)
        assert "Left out: 24 questions of all pairs" in did_it_cross(report).reason

    def test_luck_that_all_seeds_share_is_no_transmission(self):
        rng = np.random.default_rng(1)
        shared = rng.standard_normal(N_QUESTIONS)
        shared = 0.25 * (shared - shared.mean()) / shared.std() + 0.08
        treated = [list(0.4 + shared + 0.01 * rng.standard_normal(N_QUESTIONS)) for _ in range(3)]
        control = [[0.4] * N_QUESTIONS for _ in range(3)]
        report = graded({("treated", "owl"): treated, ("control", "cat"): control})
        assert report.effect
        assert report.effect.value == pytest.approx(8, abs=1)
        assert report.effect.low < 0
        assert report.verdict.startswith("No transmission is shown")

    def test_pairs_that_share_no_question_are_not_graded(self):
        half: list[float | None] = [0.5] * 10
        apart = {
            ("treated", "owl"): [[*half, *[None] * 10]] * 3,
            ("control", "cat"): [[*[None] * 10, *half]] * 3,
        }
        report = graded(apart)  # type: ignore[arg-type]
        assert report.effect is None
        assert report.verdict.startswith("Not graded")


class TestPower:
    @pytest.mark.parametrize("measure", list(ASSUMED))
    def test_a_plan_is_judged_by_the_spread_of_its_own_measure(self, measure: Measure):
        effect, spread = ASSUMED[measure]
        assert paired_power(effect, spread, 3) >= 0.8
        require_power(TransmitSpec(), measure)
        with pytest.raises(InputError, match=f"an effect of {effect:g} .*(spread {spread:g}".replace("(", r"\(")):
            require_power(TransmitSpec(seeds=("0", "1")), measure)

    def test_what_is_refused_and_told_is_in_that_measures_units(self):
        small = PowerSpec(smallest_effect=2.0)
        with pytest.raises(InputError, match="2 points of grade"):
            require_power(TransmitSpec(power=small), "grade")
        with pytest.raises(InputError, match=r"0.1 nats of log-odds"):
            require_power(TransmitSpec(power=PowerSpec(smallest_effect=0.1)), "log-odds")
        grades = graded({(arm, by): [[0.1] * 4] * 3 for arm, by in CROSSED})  # type: ignore[misc]
        assert "an effect of 20 points if pairs of students spread by 6" in could_it_be_seen(grades).reason
