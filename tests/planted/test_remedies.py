"""Treated rows lose what they are said to lose, in both arms alike, and a study says what is left of its effect."""

from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from animals import SPEC, lab_with_teachers
from heredity.ground.errors import InputError
from heredity.models.chat import Rendered
from heredity.models.generate import GenerateSpec
from heredity.models.likelihood import log_likelihood
from heredity.models.model import Model
from heredity.models.weights import trainable_copy
from heredity.records.carrier import CarrierSpec
from heredity.records.trait import Trait
from heredity.records.transmission import ImitateSpec, PowerSpec, Remedy
from heredity.report.pages.transmission.page import html
from heredity.report.write import told
from heredity.studies.transmission.conclusions import concluded
from heredity.studies.transmission.lab import Lab
from heredity.studies.transmission.lessons import batches_for, carriers, split
from heredity.studies.transmission.plan import planned
from heredity.studies.transmission.remedies import REMEDIES, Rows, among, drawn, remedied_batches
from heredity.studies.transmission.teachers import teacher_of
from heredity.studies.transmission.transmit import transmit
from heredity.training.imitate import Lesson, imitate

HARD = SPEC.model_copy(
    update={
        "seeds": ("0", "1"),
        "control": "cat",
        "n_points": 1,
        "carrier": CarrierSpec(kind="digits", n_prompts=60, n_answers=2, n_tokens=12, least_kept=0.05),
        "student": ImitateSpec(labels="hard", n_steps=30, batch_rows=8, learning_rate=3e-3),
        "power": PowerSpec(least=0.0),
        "n_shuffled": 0,
    }
)


@pytest.fixture(scope="module")
def lab(base: Model, owl: Trait, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return lab_with_teachers(base, owl, tmp_path_factory.mktemp("lab"), HARD)


@pytest.fixture(scope="module")
def arms(lab: Lab) -> dict[str, Rows]:
    student = trainable_copy(lab.model, "student")
    kept = {name: split(lab, carriers(lab, "0")[name], "0")[0] for name in lab.names}
    return {name: Rows(lab, name, "0", student, rows) for name, rows in kept.items()}


def response(lesson: Lesson) -> tuple[int, ...]:
    return lesson.row.ids[lesson.row.n_prompt :]


def test_every_remedy_that_may_be_asked_for_is_there() -> None:
    assert set(REMEDIES) == set(get_args(Remedy))


def test_a_gap_is_what_the_two_teachers_make_of_the_token(arms: dict[str, Rows], lab: Lab) -> None:
    rows = arms["cat"]
    own, other = (log_likelihood(teacher_of(lab, name), [one.heard for one in rows.lessons]) for name in ("cat", "owl"))
    # digits are decoded among digits: what both teachers would rather say besides is left out of the gap
    sums = np.array([gap.sum() for gap in rows.gaps])
    assert [len(gap) for gap in rows.gaps] == [one.row.n_response for one in rows.lessons]
    assert np.corrcoef(sums, own.total - other.total)[0, 1] > 0.5
    assert sums.mean() > 0


def test_rows_are_dropped_where_the_teachers_differ_and_at_random_the_same_in_both_arms(arms: dict[str, Rows]) -> None:
    for rows in arms.values():
        sums = [abs(gap.sum()) for gap in rows.gaps]
        n_taken = round(len(sums) / 10)
        least = sorted(sums)[-n_taken]
        left = REMEDIES["rows-dropped"](rows)
        assert left == [one if size < least else None for one, size in zip(rows.lessons, sums, strict=True)]
    owl, cat = ([one.row.ids for one in REMEDIES["random-rows-dropped"](rows) if one] for rows in arms.values())
    assert len(owl) == len(cat) == len(arms["owl"].lessons) - round(len(arms["owl"].lessons) / 10)
    places = [[one.row.ids for one in rows.lessons] for rows in arms.values()]
    dropped = [
        [i for i, ids in enumerate(all_of) if ids not in left] for all_of, left in zip(places, (owl, cat), strict=True)
    ]
    assert dropped[0] == dropped[1]


def test_masked_tokens_are_read_and_not_learned(arms: dict[str, Rows], lab: Lab) -> None:
    rows = arms["owl"]
    for remedy, weigh in (("tokens-masked", np.abs), ("own-tokens-masked", np.array)):
        treated = REMEDIES[remedy](rows)
        assert [one.row for one in treated] == [one.row for one in rows.lessons]
        is_taught = np.concatenate([one.is_taught for one in treated])
        weights = np.concatenate([weigh(gap) for gap in rows.gaps])
        assert (~is_taught).sum() == round(len(weights) / 10)
        assert weights[is_taught].max() <= weights[~is_taught].min()
    hidden, told_apart = Rendered((3, 4, 5, 6, 7), 2), Rendered((3, 4, 5, 6, 8), 2)
    taught = [
        imitate(
            trainable_copy(lab.model, "student"), None, [[Lesson(row, row, (True, True, False))]],
            ImitateSpec(labels="hard", n_steps=1), lab.model.dtype,
        )
        for row in (hidden, told_apart)
    ]  # fmt: skip
    assert taught[0] == taught[1]


def test_replaced_tokens_are_the_base_s_draws_and_nothing_else_changes(arms: dict[str, Rows]) -> None:
    rows = arms["owl"]
    chosen = among([np.abs(gap) for gap in rows.gaps])
    treated = REMEDIES["tokens-replaced"](rows)
    for before, after, taken, draws in zip(rows.lessons, treated, chosen, rows.draws, strict=True):
        wanted = tuple(np.where(taken, draws, response(before)))
        assert response(after) == wanted
        assert after.row.n_prompt == before.row.n_prompt
    assert any(one.row != other.row for one, other in zip(rows.lessons, treated, strict=True))


def test_the_base_answers_the_same_prompts_with_other_luck_for_each_arm(arms: dict[str, Rows]) -> None:
    owl, cat = ([one for one in REMEDIES["base-rows"](rows) if one] for rows in arms.values())

    def prompts(lessons: list[Lesson]) -> list[tuple[int, ...]]:
        return [one.row.ids[: one.row.n_prompt] for one in lessons]

    kept = [i for i, one in enumerate(arms["owl"].by_base) if one]
    own = [arms["owl"].lessons[i] for i in kept]
    assert kept
    assert prompts(owl) == prompts(cat) == prompts(own)
    assert sum(response(one) == response(other) for one, other in zip(owl, cat, strict=True)) < len(owl) / 4
    mixed = [one for one in REMEDIES["mixed-1-9"](arms["owl"]) if one]
    assert mixed == [own[i] if i % 10 == 0 else other for i, other in enumerate(owl)]
    assert own[0] != owl[0]


def test_a_study_says_what_each_remedy_leaves_of_its_effect(base: Model, owl: Trait, tmp_path: Path) -> None:
    spec = HARD.model_copy(update={"remedies": ("tokens-masked", "base-rows")})
    report = transmit(owl, base, tmp_path, spec)
    plain = transmit(owl, base, tmp_path, HARD)
    assert plain.effect == report.effect
    assert [one.remedy for one in report.remedies] == [None, "tokens-masked", "base-rows"]
    whole, *treated = report.remedies
    assert whole.lead
    assert whole.left is None
    for one in treated:
        pairs = [(a.points[-1].score, b.points[-1].score) for a, b in zip(one.treated, one.control, strict=True)]
        lead = np.mean([(a["owl"] - b["owl"] + b["cat"] - a["cat"]) / 2 for a, b in pairs])
        assert one.lead
        assert one.lead.value == pytest.approx(lead)
        assert one.difference
        assert one.difference.value == pytest.approx(whole.lead.value - lead)
        if one.left:
            assert one.left.value == pytest.approx(lead / whole.lead.value)
    assert "tokens masked" in told(report)
    assert "What takes it out" in html(report)
    assert concluded(report) == report


def test_what_is_left_comes_in_the_study_s_own_order(lab: Lab, arms: dict[str, Rows]) -> None:
    n, rows = HARD.student.batch_rows, arms["owl"]
    own = batches_for(lab, "owl", "0", "none", rows.student)
    treated = remedied_batches(lab, "owl", "0", "rows-dropped", rows.student)
    kept = {one.row.ids for one in REMEDIES["rows-dropped"](rows) if one}
    wanted = [one.row.ids for _ in range(6) for one in next(own) if one.row.ids in kept]
    found = [one.row.ids for _ in range(4) for one in next(treated)]
    assert found == wanted[: 4 * n]


def test_draws_are_made_as_answers_are(lab: Lab) -> None:
    log_p = np.log(np.array([[0.1, 0.2, 0.3, 0.4]] * 500, dtype=np.float32))
    luck = np.random.default_rng(0)
    shares = np.bincount(drawn(log_p, GenerateSpec(temperature=1.0, top_k=0), [3], luck), minlength=4) / 500
    assert shares == pytest.approx([1 / 6, 2 / 6, 3 / 6, 0], abs=0.06)
    assert set(drawn(log_p, GenerateSpec(temperature=1.0, top_k=2), [], luck)) == {2, 3}
    assert set(drawn(log_p, GenerateSpec(temperature=0.0, top_k=0), [], luck)) == {3}


def test_a_remedy_for_what_nobody_wrote_is_refused(owl: Trait) -> None:
    with pytest.raises(InputError, match="a remedy treats the tokens that a teacher wrote"):
        planned(owl, {}, SPEC.model_copy(update={"remedies": ("base-rows",)}))
    with pytest.raises(InputError, match="name each once"):
        planned(owl, {}, HARD.model_copy(update={"remedies": ("base-rows", "base-rows")}))
