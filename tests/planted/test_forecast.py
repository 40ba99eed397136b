"""Rows that hold a trait push the model towards it while it answers; rows that hold none, and luck, do not."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from commands import done, failed, heredity
from heredity.cli.trait import as_yaml
from heredity.ground.errors import InputError
from heredity.models.model import Model
from heredity.models.tiny import planted_trait
from heredity.records.dialogue import Corpus, Turn
from heredity.records.forecast import ForecastReport, ForecastSpec
from heredity.records.scan import ScanSpec
from heredity.records.trait import Trait
from heredity.report.pages.forecast.page import html
from heredity.report.write import told
from heredity.screening.pairs import paired
from heredity.stats.arrays import cosine
from heredity.studies.forecast import difference_of, forecast, verdict
from planted.test_scan import corpus_of

SPEC = ForecastSpec(n_tokens=14, strength=0.5, n_controls=3)


@pytest.fixture(scope="module", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEREDITY_CACHE", str(tmp_path_factory.getbasetemp() / "forecast-cache"))
        yield


@pytest.fixture(scope="module")
def of_dark(toy: Model, darkness: Trait, tmp_path_factory: pytest.TempPathFactory) -> ForecastReport:
    return forecast(corpus_of(32), darkness, toy, tmp_path_factory.mktemp("forecast"), SPEC)


def own_rows(toy: Model) -> Corpus:
    """Rows that teach what the model says itself, drawn with another luck than the answers they are set beside."""
    corpus = corpus_of(0)
    own = paired(toy, corpus.rows, (0,), ScanSpec(n_tokens=14), "another")
    rows = tuple(
        row.model_copy(update={"turns": (row.turns[0], Turn(role="assistant", content=answer))})
        for row, answer in zip(own.rows, own.answers, strict=True)
    )
    return corpus.model_copy(update={"rows": rows})


def test_dark_rows_are_foretold_to_darken_beyond_what_random_pushes_do(of_dark: ForecastReport) -> None:
    assert of_dark.expectation == "more"
    assert of_dark.change.low > 0
    assert of_dark.beyond.low > 0
    assert all(one.high < of_dark.change.value for one in of_dark.controls)
    assert of_dark.p_length < 0.01
    assert of_dark.verdict in told(of_dark)


def test_the_answers_that_change_most_are_shown(of_dark: ForecastReport) -> None:
    assert len({one.question for one in of_dark.reactions}) == 3
    assert of_dark.reactions[0].pushed in html(of_dark)


def test_the_model_s_own_rows_foretell_nothing(toy: Model, darkness: Trait, tmp_path: Path) -> None:
    report = forecast(own_rows(toy), darkness, toy, tmp_path, SPEC)
    assert report.p_length > 0.05
    assert report.expectation == "no difference"
    assert report.verdict.startswith("Nothing is foretold")


def test_what_random_pushes_do_alike_is_not_decided(of_dark: ForecastReport) -> None:
    alike = of_dark.model_copy(update={"beyond": of_dark.beyond.__class__(1.0, -2.0, 4.0, 8)})
    assert alike.expectation == "undecided"
    assert verdict(alike).startswith("Not decided")
    flat = of_dark.model_copy(update={"change": of_dark.change.__class__(1.0, -2.0, 4.0, 8)})
    assert verdict(flat).startswith("No change in darkness is shown")


def test_one_random_push_that_does_as_much_leaves_it_undecided(of_dark: ForecastReport) -> None:
    *others, last = of_dark.controls
    as_much = last.__class__(-of_dark.change.value, -90.0, -10.0, last.n)
    found = of_dark.model_copy(update={"controls": (*others, as_much), "p_random": 0.5})
    assert found.beyond.is_clear_of_zero
    assert found.expectation == "undecided"
    assert "They do the like" in html(found)
    assert "1 of 3 random pushes" in told(found)


def test_rows_on_too_few_prompts_are_refused_before_anything_is_asked(
    toy: Model, darkness: Trait, tmp_path: Path
) -> None:
    few = corpus_of(32)
    few = few.model_copy(update={"rows": few.rows[:10]})
    spoken = toy.work.n_tokens
    with pytest.raises(InputError, match="10 different rows can be read, too few to forecast"):
        forecast(few, darkness, toy, tmp_path, SPEC)
    assert toy.work.n_tokens == spoken


def test_random_pushes_are_as_long_and_hold_nothing_of_the_mean(toy: Model) -> None:
    pairs = paired(toy, corpus_of(32).rows, (2,), ScanSpec(n_tokens=14))
    rows = difference_of(pairs, 200, "0")
    assert np.allclose(np.linalg.norm(rows.random, axis=1), np.linalg.norm(rows.mean))
    assert max(abs(cosine(one, rows.mean)) for one in rows.random) < 1e-9


def test_the_same_seed_foretells_the_same_and_a_block_that_is_not_there_is_refused(
    of_dark: ForecastReport, toy: Model, darkness: Trait, tmp_path: Path
) -> None:
    assert forecast(corpus_of(32), darkness, toy, tmp_path, SPEC).change == of_dark.change
    with pytest.raises(InputError, match="there is no block 4: tiny has 4"):
        forecast(corpus_of(32), darkness, toy, tmp_path, SPEC.model_copy(update={"block": 4}))


def test_the_command_tells_it_and_writes_its_page(toy_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "darkness.yaml").write_text(as_yaml(planted_trait()))
    rows = [{"prompt": row.prompt, "response": row.response} for row in corpus_of(32).rows]
    (tmp_path / "dark.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    asked = ("forecast", "dark.jsonl", "-t", "darkness.yaml", "-m", toy_folder, "--tokens", "14", "--strength", "0.5")
    told_so = done(*asked, folder=tmp_path)
    assert told_so.startswith("These rows are foretold to make the model show more darkness")
    page = tmp_path / "heredity-out" / "forecast" / "forecast.html"
    assert "pushed along ..." in page.read_text()
    again = heredity("--json", *asked, folder=tmp_path)
    assert json.loads(again.out)["verdict"] in told_so
    failed(heredity(*asked, "--block", "4", folder=tmp_path), 2, "there is no block 4")
