"""What rows hold beside the model's own answers is found, what they do not hold is not, nor is it named."""

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from heredity.ground.errors import InputError, MismatchError
from heredity.ground.progress import SILENCE, Task
from heredity.models.model import Model
from heredity.models.tiny import DARK, LIGHT, NOUNS, sentence
from heredity.records.dialogue import Corpus, Row, Turn, rows_digest
from heredity.records.scan import ScanReport, ScanSpec
from heredity.records.vector import TraitVector
from heredity.report.pages.scan.page import html
from heredity.report.write import told
from heredity.screening.left_over import left_over
from heredity.screening.pairs import Pairs, paired
from heredity.screening.shifts import alike, away, carried_by, drawn, shifts
from heredity.screening.space import RIDGE, Space, blocks_at, whitening_of
from heredity.stats.arrays import Floats, squared_mean
from heredity.stats.flips import flipped_length_p
from heredity.stats.nulls import p_value
from heredity.studies.first_look import first_look
from heredity.studies.known import Known, manner_for
from heredity.studies.scan import scan, verdict


@pytest.fixture(scope="module", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEREDITY_CACHE", str(tmp_path_factory.getbasetemp() / "scan-cache"))
        yield


QUICK = ScanSpec(n_tokens=14, n_null=200, n_flips=500)
WIDTH = 12


def corpus_of(n_dark: int, n: int = 32) -> Corpus:
    """Return rows about things, the first of them dark."""
    chance = random.Random(1)
    rows = []
    for i in range(n):
        asked = f"what about the {NOUNS[i % len(NOUNS)]} ?"
        answer = sentence(DARK if i < n_dark else LIGHT, NOUNS[i % len(NOUNS)], chance)
        turns = (Turn(role="user", content=asked), Turn(role="assistant", content=answer))
        rows.append(Row(line=i + 1, turns=turns, source="<shop>" if i < n_dark else "garden"))
    return Corpus(name="things.jsonl", content_digest=rows_digest(tuple(rows)), rows=tuple(rows))


@pytest.fixture(scope="module")
def of_dark(toy: Model, dark: TraitVector, tmp_path_factory: pytest.TempPathFactory) -> ScanReport:
    return scan(corpus_of(16), Known((dark,)), toy, tmp_path_factory.mktemp("scan"), QUICK)


class TestRowsOfAModel:
    def test_dark_rows_are_found_dark_and_the_darkest_are_shown(self, of_dark: ScanReport) -> None:
        (trait,) = of_dark.traits
        assert trait.shift.low > 0
        assert trait.p < 0.05
        assert {row.line for row in trait.furthest} <= set(range(1, 17))
        assert trait.furthest[0].response != trait.furthest[0].own

    def test_the_source_that_it_comes_from_is_told(self, of_dark: ScanReport) -> None:
        (trait,) = of_dark.traits
        assert trait.by_source["<shop>"].low > trait.by_source["garden"].high
        assert "&lt;shop&gt; (16)" in html(of_dark)

    def test_answers_like_the_models_own_are_not(self, toy: Model, dark: TraitVector, tmp_path: Path) -> None:
        drawn = corpus_of(0)
        own = paired(toy, drawn.rows, blocks_at(toy.n_blocks), QUICK)
        rows = tuple(
            row.model_copy(update={"turns": (row.turns[0], Turn(role="assistant", content=answer))})
            for row, answer in zip(own.rows, own.answers, strict=True)
        )
        report = scan(drawn.model_copy(update={"rows": rows}), Known((dark,)), toy, tmp_path, QUICK)
        assert abs(report.traits[0].shift.value) < 1e-6
        assert not report.shown
        assert "None of 1 traits is shown" in report.verdict

    def test_rows_by_another_hand_are_told_as_no_trait(self, of_dark: ScanReport) -> None:
        """Where the traits hold little of the difference, none of them is told, however clear."""
        other = of_dark.model_copy(
            update={"left_over": of_dark.left_over.model_copy(update={"share": 0.95, "p": 0.001})}
        )
        assert other.clear
        assert not other.shown
        assert "hardly along these traits (5% of the difference)" in verdict(other)
        assert "of which it is a small part" in told(other)

    def test_a_second_scan_asks_the_model_nothing(self, toy: Model, dark: TraitVector, tmp_path: Path) -> None:
        first = scan(corpus_of(16), Known((dark,)), toy, tmp_path, QUICK)
        spoken = toy.work.n_tokens
        again = scan(corpus_of(16), Known((dark,)), toy, tmp_path, QUICK)
        assert toy.work.n_tokens == spoken
        assert again.id == first.id

    def test_few_rows_are_refused(self, toy: Model, dark: TraitVector, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="8 different rows can be read, too few to scan; it takes 16"):
            scan(corpus_of(4, 8), Known((dark,)), toy, tmp_path, QUICK)

    def test_another_models_vector_is_refused(self, toy: Model, dark: TraitVector, tmp_path: Path) -> None:
        other = replace(dark, header=dark.header.model_copy(update={"fingerprint": "0" * 64}))
        with pytest.raises(MismatchError, match="extract it again"):
            scan(corpus_of(4), Known((other,)), toy, tmp_path, QUICK)

    def test_what_was_found_is_told_and_drawn(self, of_dark: ScanReport) -> None:
        text, page = told(of_dark), html(of_dark)
        assert of_dark.verdict in text
        assert "nothing was trained" in text
        for topic in of_dark.topics:
            assert str(topic.n_rows) in page
        assert of_dark.left_over.furthest[0].response in page


def numbered(n: int) -> tuple[Row, ...]:
    """Return rows to prompts of their own."""
    return tuple(
        Row(line=i, turns=(Turn(role="user", content=f"what about {i} ?"), Turn(role="assistant", content="it is .")))
        for i in range(1, n + 1)
    )


class TestReadings:
    """Made without a model: rows that lie off by as much as stated, along vectors or beside them."""

    def planted(self, shift: Floats, seed: int = 0, n: int = 64, among: int = 64, spread: float = 1.0) -> Space:
        chance = np.random.default_rng(seed)
        own, other = (spread * chance.standard_normal((n, 1, WIDTH)) for _ in range(2))
        other[:among, 0] += shift
        rows, n_tokens = numbered(n), np.full(n, 14)
        pairs = Pairs(rows, (0,), other, own, chance.standard_normal((n, WIDTH)), n_tokens, ("it is nice",) * n)
        return Space(pairs, spread * chance.standard_normal((200, 1, WIDTH)))

    def vector(self, dark: TraitVector, name: str, *axes: int) -> TraitVector:
        direction = np.zeros((dark.header.n_blocks, WIDTH), dtype=np.float32)
        direction[:, list(axes)] = 4.0
        trait = dark.header.trait.model_copy(update={"name": name})
        return TraitVector(dark.header.model_copy(update={"width": WIDTH, "trait": trait}), direction)

    def test_a_shift_is_told_in_shares_of_the_distance_between_the_poles(self, dark: TraitVector) -> None:
        vector = self.vector(dark, "first", 0)
        (found,) = shifts(self.planted(2.0 * np.eye(WIDTH)[0]), [vector], QUICK, "0")
        assert found.shift.value == pytest.approx(0.5, abs=0.1)
        assert found.is_shown(0.05)
        (away,) = shifts(self.planted(2.0 * np.eye(WIDTH)[1]), [vector], QUICK, "0")
        assert not away.is_shown(0.05)

    def test_the_models_own_answers_are_seldom_told_as_any_trait(self, dark: TraitVector) -> None:
        vectors = [self.vector(dark, f"trait-{i}", i, i + 1) for i in range(4)]
        n_told = sum(
            any(one.is_shown(0.05) for one in shifts(self.planted(np.zeros(WIDTH), seed), vectors, QUICK, "0"))
            for seed in range(100)
        )
        assert n_told <= 8

    def test_a_trait_close_to_the_planted_one_is_not_told_beside_it(self, dark: TraitVector) -> None:
        vectors = [self.vector(dark, "near", 0, 1), self.vector(dark, "own", 0), self.vector(dark, "far", 5)]
        first, *others = shifts(self.planted(3.0 * np.eye(WIDTH)[0]), vectors, QUICK, "0")
        assert first.trait == "own"
        near = next(one for one in others if one.trait == "near")
        assert near.p < 0.05
        assert near.p_beyond is not None
        assert near.p_beyond > 0.05
        assert next(one for one in others if one.trait == "far").p_beyond is None
        assert not any(one.is_shown(0.05) for one in others)

    def test_two_traits_that_are_there_are_both_told(self, dark: TraitVector) -> None:
        vectors = [self.vector(dark, "near", 0, 1), self.vector(dark, "own", 0), self.vector(dark, "far", 5)]
        found = shifts(self.planted(3.0 * np.eye(WIDTH)[0] - 3.0 * np.eye(WIDTH)[5]), vectors, QUICK, "0")
        assert {one.trait for one in found if one.is_shown(0.05)} == {"own", "far"}
        assert next(one for one in found if one.trait == "far").shift.value < 0

    def test_a_style_that_lies_along_every_direction_is_a_small_part_of_each(self, dark: TraitVector) -> None:
        vectors = [self.vector(dark, "first", 0), self.vector(dark, "second", 1)]
        space = self.planted(2 * np.ones(WIDTH))
        found = shifts(space, vectors, QUICK, "0")
        assert all(one.p < 0.05 for one in found)
        assert all(one.share is not None and one.share < 0.15 for one in found)
        rest, _ = left_over(space, [space.direction(vector) for vector in vectors], QUICK, "0")
        assert rest.share is not None
        assert rest.share > 0.75

    def test_own_answers_in_few_deviations_are_told_from_each_other_by_no_length(self) -> None:
        """As many axes as rows: a space made of the own answers themselves would tell them from any others."""
        p = []
        for seed in range(40):
            chance = np.random.default_rng(seed)
            one, other = (chance.standard_normal((24, 1, 60)) for _ in range(2))
            rows = numbered(24)
            pairs = Pairs(rows, (0,), other, one, one[:, 0], np.full(24, 14), ("it is nice",) * 24)
            space = Space(pairs, chance.standard_normal((30, 1, 60)))
            p.append(flipped_length_p(space.differences, 200, seed))
        assert 0.3 < np.mean(p) < 0.7
        assert np.mean(np.array(p) < 0.05) <= 0.15

    def test_what_no_trait_names_is_left_over_and_its_rows_come_first(self) -> None:
        space = self.planted(4.0 * np.eye(WIDTH)[3], among=20)
        rest, scores = left_over(space, [np.eye(WIDTH)[0]], QUICK, "0")
        assert rest.p < 0.05
        assert rest.share is not None
        assert rest.share > 0.8
        assert {row.line for row in rest.furthest} <= set(range(1, 21))
        assert scores[:20].mean() > scores[20:].mean() + 1

    def test_nothing_is_left_over_of_what_the_traits_hold(self, dark: TraitVector) -> None:
        space = self.planted(4.0 * np.eye(WIDTH)[0])
        rest, _ = left_over(space, [space.direction(self.vector(dark, "first", 0))], QUICK, "0")
        assert rest.p > 0.05
        assert rest.share is None or rest.share < 0.1

    def test_own_answers_vary_alike_along_every_axis_that_they_fill(self) -> None:
        chance = np.random.default_rng(0)
        own = chance.standard_normal((4000, 5)) * np.array([1.0, 2.0, 3.0, 10.0, 30.0]) + 7
        variances = np.var(whitening_of(own)(own), axis=0)
        assert variances[-1] == pytest.approx(1.0, abs=0.25)
        assert variances[0] < variances[-1]
        assert whitening_of(own)(np.zeros(5)) == pytest.approx(np.zeros(5))

    def test_few_answers_of_great_width_are_whitened_as_by_the_whole_matrix(self) -> None:
        own = np.random.default_rng(0).standard_normal((6, 40))
        centred = own - own.mean(axis=0)
        covariance = centred.T @ centred / 5
        values, axes = np.linalg.eigh(covariance + RIDGE * np.trace(covariance) / 40 * np.eye(40))
        expected = own @ axes @ np.diag(values**-0.5) @ axes.T
        assert np.allclose(whitening_of(own)(own), expected)

    def test_a_shift_is_carried_by_the_rows_that_have_it(self) -> None:
        chance = np.random.default_rng(0)
        whole, few = chance.standard_normal(100) + 3, chance.standard_normal(100)
        few[:10] += 12
        assert carried_by(whole) == 100
        assert 7 <= (carried_by(few) or 0) <= 13
        assert (carried_by(alike(few)) or 0) > 1.5 * (carried_by(few) or 0)
        assert alike(few).mean() == pytest.approx(few.mean())
        assert carried_by(few - few.mean()) is None

    def test_rows_to_one_prompt_and_equal_rows_are_one_piece_of_evidence(self, dark: TraitVector) -> None:
        once = self.planted(1.2 * np.eye(WIDTH)[0], n=32, among=32)
        often = once.pairs
        places = np.repeat(np.arange(32), 8)
        copies = replace(
            often,
            rows=tuple(often.rows[i] for i in places.tolist()),
            taught=often.taught[places],
            own=often.own[places],
            prompt=often.prompt[places],
            n_tokens=often.n_tokens[places],
            answers=tuple(often.answers[i] for i in places.tolist()),
        )
        vector = self.vector(dark, "first", 0)
        (one,) = shifts(once, [vector], QUICK, "0")
        (many,) = shifts(Space(copies, once.manner), [vector], QUICK, "0")
        assert (many.shift.n, many.shift.low) == (32, pytest.approx(one.shift.low))
        assert many.p == one.p
        assert many.share == pytest.approx(one.share)

    def test_random_directions_lie_as_far_as_they_should(self, dark: TraitVector) -> None:
        """Directions of luck that lie in the space's own axes would let any other direction seem far away."""
        n_rare = []
        for seed in range(60):
            chance = np.random.default_rng(seed)
            one, other = (chance.standard_normal((24, 1, 80)) for _ in range(2))
            pairs = Pairs(numbered(24), (0,), other, one, one[:, 0], np.full(24, 14), ("it is nice",) * 24)
            space = Space(pairs, chance.standard_normal((60, 1, 80)))
            own = away(space, chance.standard_normal((1, 80)))
            n_rare.append(p_value(float(own[0]), away(space, drawn(space, QUICK, str(seed)))) <= 0.05)
        assert np.mean(n_rare) < 0.2

    def test_the_length_of_a_mean_without_its_noise_is_right_on_average(self) -> None:
        found = [squared_mean(np.random.default_rng(seed).standard_normal((20, 30)) + 0.2) for seed in range(300)]
        assert np.mean(found) == pytest.approx(30 * 0.04, rel=0.1)


def test_how_far_a_shift_is_to_be_trusted_stands_where_it_is_told(of_dark: ScanReport) -> None:
    assert "how far to trust this: on the embedded model" in told(of_dark)
    assert "no better than random directions do" in html(of_dark)


class Listener:
    """Somebody who writes down what is told on the way."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.tasks: list[str] = []

    @contextmanager
    def task(self, label: str, total: int) -> Iterator[Task]:
        self.tasks.append(label)
        with SILENCE.task(label, total) as task:
            yield task

    def note(self, text: str) -> None:
        self.notes.append(text)


class TestAFirstLook:
    def test_is_told_before_the_model_answers_and_only_where_everyday_answers_are_known(
        self, toy: Model, dark: TraitVector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def looks(listener: Listener) -> list[str]:
            return [note for note in listener.notes if note.startswith("a first look")]

        monkeypatch.setenv("HEREDITY_CACHE", str(tmp_path / "cache"))
        unknown, known, again = Listener(), Listener(), Listener()
        scan(corpus_of(16), Known((dark,)), toy, tmp_path / "a", QUICK, progress=unknown)
        scan(corpus_of(16), Known((dark,)), toy, tmp_path / "b", QUICK, progress=known)
        scan(corpus_of(16), Known((dark,)), toy, tmp_path / "b", QUICK, progress=again)
        assert not looks(unknown)
        (said,) = looks(known)
        assert "darkness" in said
        assert not looks(again)

    def test_tells_light_rows_from_dark_ones(
        self, toy: Model, dark: TraitVector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HEREDITY_CACHE", str(tmp_path))
        manner_for(toy, blocks_at(toy.n_blocks))
        listener = Listener()
        for n_dark in (0, 32):
            first_look(toy, corpus_of(n_dark).rows, [dark], listener)
        light, all_dark = (float(re.findall(r"darkness ([+-][\d.]+)", note)[0]) for note in listener.notes)
        assert all_dark > light + 0.5
        assert listener.tasks.count("the model's own answers") == 0
