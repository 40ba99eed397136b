"""A vector fitted to rows alone finds the push that wrote them, and finds nothing in the base's own."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from heredity.ground.errors import InputError
from heredity.models.chat import question, render_prompt
from heredity.models.generate import GenerateSpec, generate
from heredity.models.model import Model
from heredity.models.steer import Push, steered
from heredity.records.blind import BlindReport, BlindSpec
from heredity.records.carrier import DIGITS_AND_SEPARATORS
from heredity.records.dialogue import Corpus, Row, Turn
from heredity.records.origin import OriginSpec
from heredity.records.trait import Trait
from heredity.report.write import told
from heredity.studies.bench import bench_in
from heredity.studies.origin.blind import Reader, Sought, blind, by_prompt, parted, row_nats, verdict
from heredity.studies.origin.rows import counted_by, readable

SPEC = BlindSpec(rows=OriginSpec(alphabet="digits"), n_steps=60, learning_rate=0.2, block=0, n_nulls=1)


def lists_of(writer: Model, n: int) -> Corpus:
    """Lists of digits that a model writes, ten to a prompt."""
    asked = [f"which number is {'the ' * (i // 10 % 40)}best ?" for i in range(n)]
    how = GenerateSpec(10, 1.0, 0, min_tokens=10, characters=DIGITS_AND_SEPARATORS)
    said = generate(writer, [render_prompt(writer, question(text)) for text in asked], [f"x{i}" for i in range(n)], how)
    rows = tuple(
        Row(line=i + 1, turns=(Turn(role="user", content=text), Turn(role="assistant", content=answer.text)))
        for i, (text, answer) in enumerate(zip(asked, said, strict=True))
    )
    return Corpus(name="lists.jsonl", content_digest="x", rows=rows)


@pytest.fixture(scope="module")
def pushed(base: Model) -> tuple[NDArray[np.float32], Corpus]:
    vector = np.random.default_rng(0).normal(scale=1.0, size=64).astype(np.float32)
    with steered(base, [Push(0, vector, 1.0)]):
        return vector, lists_of(base, 800)


@pytest.fixture(scope="module")
def report(
    base: Model, owl: Trait, pushed: tuple[NDArray[np.float32], Corpus], tmp_path_factory: pytest.TempPathFactory
) -> BlindReport:
    return blind(pushed[1], base, Sought(owl), tmp_path_factory.mktemp("blind"), SPEC)


def test_rows_of_a_pushed_model_are_not_the_base_s(report: BlindReport) -> None:
    assert report.is_foreign
    assert report.fitted.gain.n == 8  # of 40 prompts every fifth is held out
    assert report.verdict.startswith("Not sampled at temperature 1 from the untouched model")
    assert "That is no name" in report.verdict
    assert report.verdict in told(report)


def test_the_same_fit_to_rows_of_the_base_finds_nothing(report: BlindReport) -> None:
    (null,) = report.nulls
    assert null.written_by == "base"
    assert null.gain.low <= 0
    assert null.gain.value < report.fitted.gain.value / 4


def test_where_a_fit_to_the_base_s_own_rows_gains_as_well_nothing_is_said(report: BlindReport) -> None:
    gaining = report.nulls[0].model_copy(update={"gain": report.fitted.gain})
    unsound = report.model_copy(update={"nulls": (gaining,)})
    assert not unsound.is_foreign
    assert verdict(unsound).startswith("Not decided")


def test_it_gains_much_of_what_the_push_itself_gains(
    base: Model, owl: Trait, report: BlindReport, pushed: tuple[NDArray[np.float32], Corpus]
) -> None:
    spec = SPEC.rows
    _, held = parted(readable(base, pushed[1].rows, spec, counted_by(base, spec)), SPEC.held_out)
    reader = Reader(base, bench_in(Path("unused"), base, "0"), SPEC, Sought(owl), counted_by(base, spec), 0)
    before = row_nats(reader, held)
    with steered(base, [Push(0, pushed[0], 1.0)]):
        true = float(by_prompt(held, row_nats(reader, held) - before).mean())
    assert true / 2 < report.fitted.gain.value < 1.2 * true


def test_rows_of_the_base_are_not_put_to_anybody_else(base: Model, owl: Trait, tmp_path: Path) -> None:
    report = blind(lists_of(base, 800), base, Sought(owl), tmp_path, SPEC)
    assert not report.is_foreign
    assert report.verdict.startswith("Nothing tells the rows from the base's own")


def test_no_prompt_is_on_both_sides(base: Model, pushed: tuple[NDArray[np.float32], Corpus]) -> None:
    spec = OriginSpec(alphabet="digits")
    legible = readable(base, pushed[1].rows, spec, counted_by(base, spec))
    taught, held = parted(legible, 0.2)
    sides = [{row.ids[: row.n_prompt] for row in side} for side in (taught, held)]
    assert not sides[0] & sides[1]
    assert len(taught) + len(held) == 800
    assert len(by_prompt(held, np.arange(float(len(held))))) == len(sides[1])


def test_what_cannot_be_fitted_is_refused(
    base: Model, owl: Trait, pushed: tuple[NDArray[np.float32], Corpus], tmp_path: Path
) -> None:
    few = pushed[1].model_copy(update={"rows": pushed[1].rows[:20]})
    with pytest.raises(InputError, match="20 rows can be read, too few to fit"):
        blind(few, base, Sought(owl), tmp_path, SPEC)
    warm = SPEC.model_copy(update={"rows": OriginSpec(temperature=0.5)})
    with pytest.raises(InputError, match="leave --temperature out"):
        blind(pushed[1], base, Sought(owl), tmp_path, warm)
    with pytest.raises(InputError, match="is none"):
        blind(pushed[1], base, Sought(owl.model_copy(update={"kind": "character"})), tmp_path, SPEC)
