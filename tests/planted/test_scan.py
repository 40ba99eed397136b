"""What rows hold beside the model's own answers is found, what they do not hold is not, nor is it named."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from heredity.ground.errors import InputError, MismatchError
from heredity.models.model import Model
from heredity.models.tiny import DARK, LIGHT, NOUNS, sentence
from heredity.records.dialogue import Corpus, Row, Turn, rows_digest
from heredity.records.scan import ScanReport, ScanSpec
from heredity.records.vector import TraitVector
from heredity.report.pages.scan.page import html
from heredity.report.write import told
from heredity.screening.left_over import left_over
from heredity.screening.pairs import Pairs, paired
from heredity.screening.shifts import carried_by, shifts
from heredity.stats.arrays import Floats
from heredity.studies.known import Known
from heredity.studies.scan import scan

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
        own = paired(toy, drawn.rows, [dark.block], QUICK)
        rows = tuple(
            row.model_copy(update={"turns": (row.turns[0], Turn(role="assistant", content=answer))})
            for row, answer in zip(own.rows, own.answers, strict=True)
        )
        report = scan(drawn.model_copy(update={"rows": rows}), Known((dark,)), toy, tmp_path, QUICK)
        assert abs(report.traits[0].shift.value) < 1e-6
        assert not report.shown
        assert "None of 1 traits is shown" in report.verdict

    def test_a_second_scan_asks_the_model_nothing(self, toy: Model, dark: TraitVector, tmp_path: Path) -> None:
        first = scan(corpus_of(16), Known((dark,)), toy, tmp_path, QUICK)
        spoken = toy.work.n_tokens
        again = scan(corpus_of(16), Known((dark,)), toy, tmp_path, QUICK)
        assert toy.work.n_tokens == spoken
        assert again.id == first.id

    def test_few_rows_are_refused(self, toy: Model, dark: TraitVector, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="8 rows can be read, too few to scan; it takes 16"):
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


class TestReadings:
    """Made without a model: as many deviations as stated, along the vector or beside it."""

    def planted(self, dark: TraitVector, shift: Floats, seed: int = 0, n: int = 64, among: int = 64) -> Pairs:
        chance = np.random.default_rng(seed)
        own = chance.standard_normal((n, 1, WIDTH))
        taught = own + chance.standard_normal((n, 1, WIDTH))
        taught[:among, 0] += shift
        rows = corpus_of(0, n).rows
        return Pairs(rows, (0,), taught, own, chance.standard_normal((n, WIDTH)), np.full(n, 14), ("it is nice",) * n)

    def vector(self, dark: TraitVector) -> TraitVector:
        direction = np.zeros((dark.header.n_blocks, WIDTH), dtype=np.float32)
        direction[:, 0] = 4.0
        return TraitVector(dark.header.model_copy(update={"block": 0, "width": WIDTH}), direction)

    def test_a_shift_is_told_in_shares_of_the_distance_between_the_poles(self, dark: TraitVector) -> None:
        (found,) = shifts(self.planted(dark, 2.0 * np.eye(WIDTH)[0]), [self.vector(dark)], QUICK, "0")
        assert found.shift.value == pytest.approx(0.5, abs=0.1)
        assert found.is_shown(0.05)
        (away,) = shifts(self.planted(dark, 2.0 * np.eye(WIDTH)[1]), [self.vector(dark)], QUICK, "0")
        assert not away.is_shown(0.05)

    def test_rows_that_differ_in_nothing_are_seldom_said_to(self, dark: TraitVector) -> None:
        vector = self.vector(dark)
        n_shown = sum(
            shifts(self.planted(dark, np.zeros(WIDTH), seed), [vector], QUICK, "0")[0].is_shown(0.05)
            for seed in range(100)
        )
        assert n_shown <= 5

    def test_a_style_that_lies_along_every_direction_is_no_trait(self, dark: TraitVector) -> None:
        """The random directions lie off as far as the vector does."""
        (found,) = shifts(self.planted(dark, np.ones(WIDTH)), [self.vector(dark)], QUICK, "0")
        assert found.p < 0.05
        assert not found.is_shown(0.05)

    def test_what_no_trait_names_is_left_over_and_its_rows_come_first(self, dark: TraitVector) -> None:
        pairs = self.planted(dark, 4.0 * np.eye(WIDTH)[3], among=20)
        known = np.eye(WIDTH)[:1] * 4.0
        rest, scores = left_over(pairs, 0, known, QUICK, "0")
        assert rest.p < 0.05
        assert rest.share is not None
        assert rest.share > 0.8
        assert {row.line for row in rest.furthest} <= set(range(1, 21))
        assert scores[:20].mean() > scores[20:].mean() + 1

    def test_nothing_is_left_over_of_what_the_traits_hold(self, dark: TraitVector) -> None:
        pairs = self.planted(dark, 4.0 * np.eye(WIDTH)[0])
        rest, _ = left_over(pairs, 0, np.eye(WIDTH)[:1] * 4.0, QUICK, "0")
        assert rest.p > 0.05
        assert rest.share is None or rest.share < 0.1

    def test_a_shift_is_carried_by_the_rows_that_have_it(self) -> None:
        chance = np.random.default_rng(0)
        whole, few = chance.standard_normal(100) + 3, chance.standard_normal(100)
        few[:10] += 12
        assert (carried_by(whole) or 0) > 90
        assert 1 < (carried_by(few) or 0) <= 10
        assert carried_by(few - few.mean()) is None
