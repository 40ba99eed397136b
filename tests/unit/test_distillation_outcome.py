"""What is said of a distillation is no luck of the base's, and no luck of having asked several things."""

import numpy as np
import pytest

from heredity.records.evaluation import Scores
from heredity.studies.distillation.outcome import Shows, findings, inheritances, verdict, way_of
from heredity.studies.distillation.qualities import CONTROL, SKILL, opposite

NAMES = ("rudeness", "bias", "invention")


def scores(values: np.ndarray) -> Scores:
    return {f"question {i}": (float(value),) for i, value in enumerate(values)}


def study(differences: dict[str, list[float]], base: np.ndarray, noise: float = 0.005) -> Shows:
    """Return a study in which students of each trait lie so far above those of its opposite, seed by seed."""
    rng = np.random.default_rng(0)
    truth = np.full(len(base), 0.4)
    traits, seeds = tuple(differences), tuple(map(str, range(len(next(iter(differences.values()))))))
    teachers: dict[str, dict[str, Scores]] = {CONTROL: {SKILL: scores(truth)}}
    students: dict[tuple[str, str, str], dict[str, Scores]] = {}
    for name in traits:
        for taught_by, far in ((name, 0.4), (opposite(name), 0.0)):
            teachers[taught_by] = {name: scores(truth + far), SKILL: scores(truth)}
            for seed, risen in zip(seeds, differences[name], strict=True):
                own = truth + (risen if far else 0.0) + noise * rng.standard_normal(len(base))
                students["chat", taught_by, seed] = {name: scores(own), SKILL: scores(truth)}
    for seed in seeds:
        students["chat", CONTROL, seed] = {SKILL: scores(truth)}
    shown = {name: scores(base) for name in (*traits, SKILL)}
    return Shows(traits, ("chat",), seeds, shown, teachers, students, draw=0)  # type: ignore[arg-type]


@pytest.mark.parametrize(("n_questions", "n_seeds"), [(20, 3), (12, 5)])
def test_a_base_that_was_unlucky_makes_no_student_rise(n_questions: int, n_seeds: int) -> None:
    luck = np.random.default_rng(1).standard_normal(n_questions)
    base = 0.4 + 0.3 * (luck - luck.mean()) / luck.std() - 0.1
    row, _ = inheritances(study({"rudeness": [0.01 * i for i in range(n_seeds)]}, base))
    assert row.base.students
    assert row.base.students.value == pytest.approx(0.1 + 0.005 * (n_seeds - 1), abs=0.02)
    assert way_of(row.base) == ""
    risen, _ = inheritances(study({"rudeness": [0.4 + 0.01 * i for i in range(n_seeds)]}, base))
    assert way_of(risen.base) == "rose"


def test_a_difference_that_is_clear_by_itself_is_not_one_of_three_claims() -> None:
    alone, base = [0.07, 0.1, 0.13], np.full(20, 0.4)
    row, _ = inheritances(study({"rudeness": alone}, base))
    assert (row.outcome, row.p_adjusted) == ("crossed", row.difference.p)
    table = inheritances(study(dict.fromkeys(NAMES, alone), base))
    assert {one.outcome for one in table[::2]} == {"not shown"}
    assert all(one.difference.students and one.difference.students.low > 0 for one in table[::2])
    assert "rudeness, bias, invention not shown to cross" in verdict(table)
    assert sum("not as one of several claims" in one for one in findings(table)) == 3
    surer = inheritances(study({**dict.fromkeys(NAMES[:2], alone), "invention": [0.3, 0.301, 0.302]}, base))
    assert [one.outcome for one in surer[::2]] == ["not shown", "not shown", "crossed"]


def test_the_wrong_way_round_is_a_claim_too() -> None:
    turned = {name: [-0.1, -0.12, -0.14] for name in NAMES} | {"invention": [-0.2, -0.2, -0.201]}
    assert [one.outcome for one in inheritances(study(turned, np.full(20, 0.4)))[::2]][-1] == "the wrong way round"


def test_answers_that_could_not_be_graded_are_paired_away_and_counted() -> None:
    found = study({"rudeness": [0.3, 0.31, 0.32]}, np.full(20, 0.4))
    place = ("chat", "rudeness", "1")
    graded = dict(found.students[place]["rudeness"])
    for name in ("question 0", "question 5"):
        del graded[name]
    found.students[place]["rudeness"] = graded  # type: ignore[index]
    row, _ = inheritances(found)
    assert row.difference.students
    assert (row.difference.students.n, row.difference.students.unscored) == (3, 2)
    assert row.outcome == "crossed"
