"""Rows are put to a candidate's name where it wrote them, and to nobody's where it did not."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from heredity.ground.errors import InputError, MismatchError
from heredity.models.chat import question, render_prompt
from heredity.models.generate import GenerateSpec, end_ids, generate
from heredity.models.model import Model
from heredity.models.steer import Push, steered
from heredity.models.weights import frozen, trainable_copy
from heredity.records.carrier import DIGITS_AND_SEPARATORS
from heredity.records.dialogue import Corpus, Row, Turn
from heredity.records.origin import BASE, Hypothesis, OriginReport, OriginSpec, Reading
from heredity.report.write import told, write
from heredity.stats.flips import decided_after, flipped_p, t_of, units_needed
from heredity.studies.origin.conclusions import concluded
from heredity.studies.origin.origin import Candidate, origin
from tests_shared import random_model

SPEC = OriginSpec(n_flips=400, alphabet="digits")
NAMES = ("owl", "cat", "dog", "fox")


def changed(base: Model, name: str, amount: float = 2.0) -> Model:
    """A model that lies near the base, each in a direction of its own."""
    network = trainable_copy(base, name).network
    luck = torch.Generator().manual_seed(NAMES.index(name))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(amount * parameter.std() * torch.randn(parameter.shape, generator=luck))
    made = trainable_copy(base, name)
    made.network.load_state_dict(network.state_dict())
    return frozen(made)


def lists_of(
    writer: Model, n: int, seed: str = "x", n_tokens: int = 10, n_least: int = 10, system: str | None = None
) -> Corpus:
    """Lists of digits that a model wrote."""
    asked = [f"which number is {'the ' * (i % 17)}best ?" for i in range(n)]
    how = GenerateSpec(n_tokens, 1.0, 0, min_tokens=n_least, characters=DIGITS_AND_SEPARATORS)
    said = generate(
        writer, [render_prompt(writer, question(text, system)) for text in asked], [f"{seed}{i}" for i in range(n)], how
    )
    rows = [
        Row(line=i + 1, turns=(Turn(role="user", content=text), Turn(role="assistant", content=answer.text)))
        for i, (text, answer) in enumerate(zip(asked, said, strict=True))
    ]
    return Corpus(name=f"{seed}.jsonl", content_digest=seed, rows=tuple(rows))


def teacher(model: Model) -> Candidate:
    hypothesis = Hypothesis(kind="teacher", trait=model.name, source=model.name)
    return Candidate(hypothesis, opened=lambda: model)


@pytest.fixture(scope="module")
def models(base: Model) -> dict[str, Model]:
    return {name: changed(base, name) for name in NAMES}


def traced(base: Model, corpus: Corpus, panel: Sequence[Candidate], out: Path, **spec: Any) -> OriginReport:
    return origin(corpus, base, panel, out, SPEC.model_copy(update=spec))


class TestWhoWroteThem:
    def test_the_candidate_that_did_is_named(self, base: Model, models: dict[str, Model], tmp_path: Path) -> None:
        panel = [teacher(models[name]) for name in ("owl", "cat", "dog")]
        report = traced(base, lists_of(models["cat"], 200), panel, tmp_path)
        assert (report.finding, report.best) == ("named", "teacher cat")
        assert report.n_words == 11
        assert "as none of the other 3 does" in report.verdict

    def test_the_base_is_told_from_candidates_that_lie_near(
        self, base: Model, models: dict[str, Model], tmp_path: Path
    ) -> None:
        report = traced(base, lists_of(base, 200), [teacher(models["owl"]), teacher(models["cat"])], tmp_path)
        assert (report.finding, report.best) == ("base", BASE)

    def test_somebody_who_is_not_in_the_panel_is_put_to_no_name(
        self, base: Model, models: dict[str, Model], tmp_path: Path
    ) -> None:
        panel = [teacher(models["owl"]), teacher(models["cat"])]
        for name in ("dog", "fox"):
            report = traced(base, lists_of(models[name], 300), panel, tmp_path / name)
            assert report.finding in ("nearest", "undecided")

    def test_a_lone_candidate_is_not_sold_as_its_trait(
        self, base: Model, models: dict[str, Model], tmp_path: Path
    ) -> None:
        report = traced(base, lists_of(models["owl"], 200), [teacher(models["owl"])], tmp_path)
        assert report.finding == "unrivalled"
        assert "any teacher, is not decided" in report.verdict

    def test_nor_is_one_whose_only_rivals_are_of_another_kind(
        self, base: Model, models: dict[str, Model], tmp_path: Path
    ) -> None:
        prompted = Candidate(Hypothesis(kind="prompt", trait="cat", source="cat"), system="which animal is the best ?")
        report = traced(base, lists_of(models["owl"], 200), [teacher(models["owl"]), prompted], tmp_path)
        assert report.finding == "unrivalled"

    def test_candidates_of_one_trait_that_are_not_told_apart_share_it(
        self, base: Model, models: dict[str, Model], tmp_path: Path
    ) -> None:
        again = Candidate(Hypothesis(kind="prompt", trait="owl", source="p"), opened=lambda: models["owl"])
        panel = [teacher(models["owl"]), teacher(models["cat"]), again]
        report = traced(base, lists_of(models["owl"], 200), panel, tmp_path)
        assert report.finding == "trait"
        assert "Written by a candidate that shows 'owl'" in report.verdict

    def test_a_pushed_base_and_a_prompted_one_are_named_where_they_wrote(self, base: Model, tmp_path: Path) -> None:
        vectors = np.random.default_rng(0).normal(size=(2, 64)).astype("float32")
        asked = ["which animal is the best ?", "0 1 2 3 4"]
        panel = [
            *(
                Candidate(Hypothesis(kind="vector", trait=name, source="v"), pushes=(Push(0, vector, 2.0),))
                for name, vector in zip(NAMES, vectors, strict=False)
            ),
            *(
                Candidate(Hypothesis(kind="prompt", trait=name, source=text), system=text)
                for name, text in zip(NAMES, asked, strict=False)
            ),
        ]
        with steered(base, panel[1].pushes):
            pushed = lists_of(base, 300)
        assert traced(base, pushed, panel, tmp_path / "pushed").best == "vector cat"
        report = traced(base, lists_of(base, 300, system=asked[1]), panel, tmp_path / "prompted")
        heard = {reading.hypothesis.name: reading.nats for reading in report.readings}
        assert sum(heard["prompt cat"]) == max(map(sum, heard.values()))

    def test_the_one_who_wrote_them_is_called_a_stranger_at_most_so_often(
        self, base: Model, models: dict[str, Model], tmp_path: Path
    ) -> None:
        fits = [
            next(fit.p for fit in report.fits if fit.name == "teacher owl")
            for i in range(40)
            for report in [traced(base, lists_of(models["owl"], 50, f"{i}/"), [teacher(models["owl"])], tmp_path)]
        ]
        assert sum(p < 0.05 for p in fits) <= 7  # 2 expected; more than 7 of 40 happens once in 1,400

    def test_rows_that_end_of_themselves_are_still_their_writers(
        self, base: Model, models: dict[str, Model], tmp_path: Path
    ) -> None:
        for name, writer in (("base", base), ("teacher owl", models["owl"])):
            corpus = lists_of(writer, 300, n_least=2, n_tokens=30)
            assert len({len(row.response) for row in corpus.rows}) > 5
            panel = [teacher(models["owl"]), teacher(models["cat"])]
            report = traced(base, corpus, panel, tmp_path / name)
            assert (report.best, report.finding) == (name, "base" if name == "base" else "named")

    def test_few_rows_decide_nothing_and_say_how_many_would(
        self, base: Model, models: dict[str, Model], tmp_path: Path
    ) -> None:
        near = {name: changed(base, name, 0.01) for name in ("owl", "cat")}
        report = traced(base, lists_of(near["owl"], 12), [teacher(model) for model in near.values()], tmp_path)
        assert report.finding == "undecided"
        assert "it would take about" in report.verdict


class TestReading:
    def test_a_row_has_the_likelihood_of_the_plain_forward(
        self, base: Model, models: dict[str, Model], tmp_path: Path
    ) -> None:
        corpus = lists_of(models["owl"], 9)
        report = traced(base, corpus, [teacher(models["owl"])], tmp_path, alphabet="", n_given=2)
        for row, nats in zip(corpus.rows, report.readings[1].nats, strict=True):
            prompt = render_prompt(base, row.turns[:1])
            whole = (*prompt, *base.tokenizer(row.turns[1].content, add_special_tokens=False)["input_ids"])
            with torch.no_grad():
                logits = models["owl"].network(torch.tensor([whole])).logits[0]
            logits[:, end_ids(base)] = float("-inf")  # whether a row was cut off is not known
            log_p = logits.log_softmax(-1)
            counted = range(len(prompt) + 2, len(whole))
            assert nats == pytest.approx(sum(float(log_p[t - 1, whole[t]]) for t in counted), abs=1e-3)

    def test_is_kept_and_read_again_for_a_candidate_that_changed(
        self, base: Model, models: dict[str, Model], tmp_path: Path
    ) -> None:
        corpus = lists_of(base, 10)
        first = traced(base, corpus, [teacher(models["owl"])], tmp_path)
        again = traced(base, corpus, [teacher(models["owl"])], tmp_path, level=0.01)
        assert [stage.cached for stage in again.provenance.stages] == [True, True]  # the level is no part of a reading
        assert again.readings == first.readings
        hypothesis = Hypothesis(kind="teacher", trait="owl", source="owl")
        other = traced(base, corpus, [Candidate(hypothesis, opened=lambda: models["cat"])], tmp_path)
        assert other.readings[1].nats != first.readings[1].nats
        told_so = [
            traced(base, corpus, [Candidate(Hypothesis(kind="prompt", trait="owl"), system=text)], tmp_path)
            for text in ("which animal ?", "0 1 2")
        ]
        assert told_so[0].readings[1].nats != told_so[1].readings[1].nats

    def test_answers_to_one_prompt_are_one_unit(self, base: Model, models: dict[str, Model], tmp_path: Path) -> None:
        report = traced(base, lists_of(base, 68), [teacher(models["owl"])], tmp_path)
        assert {one.nats.n for one in report.comparisons} == {17}
        few = Corpus(name="f", content_digest="f", rows=lists_of(base, 68).rows[:7] * 4)
        assert {one.nats.n for one in traced(base, few, [teacher(models["owl"])], tmp_path).comparisons} == {28}

    def test_rows_that_nobody_wrote_as_they_would_be_read_are_left_out(self, base: Model, tmp_path: Path) -> None:
        rows = lists_of(base, 10).rows
        asked = rows[0].turns[0]
        strange = [
            Row(line=11, turns=(asked, Turn(role="assistant", content="1\n2 3"))),
            Row(line=12, turns=(asked, Turn(role="assistant", content="1 2 which"))),
            Row(line=13, turns=(asked, Turn(role="assistant", content="1"))),
            Row(line=14, turns=(asked, Turn(role="assistant", content="1 " * 200))),
        ]
        corpus = Corpus(name="f", content_digest="f", rows=(*rows, *strange))
        same = Candidate(Hypothesis(kind="teacher", trait="owl"), opened=lambda: base)
        reasons = [one.reason for one in traced(base, corpus, [same], tmp_path, n_given=1).excluded]
        expected = ("more than one blank", "not in the alphabet", "nothing of its answer is left", "longer than")
        assert len(reasons) == len(expected)
        assert all(part in reason for part, reason in zip(expected, reasons, strict=True))


class TestRefusals:
    def test_no_candidate_two_of_one_name_too_few_rows(
        self, base: Model, models: dict[str, Model], tmp_path: Path
    ) -> None:
        owl, corpus = teacher(models["owl"]), lists_of(base, 10)
        for panel, said in (([], "besides the base"), ([owl, owl], "'teacher owl' is named twice")):
            with pytest.raises(InputError, match=said):
                traced(base, corpus, panel, tmp_path)
        with pytest.raises(InputError, match="below what 400 flips can show"):
            traced(base, corpus, [owl], tmp_path, level=0.001)
        with pytest.raises(InputError, match="7 rows can be read, too few"):
            traced(base, lists_of(base, 7), [owl], tmp_path)
        with pytest.raises(InputError, match="0 rows can be read"):
            traced(base, corpus, [owl], tmp_path, n_given=10)

    def test_a_candidate_that_spells_otherwise(self, base: Model, tmp_path: Path) -> None:
        with pytest.raises(MismatchError, match="spells otherwise"):
            traced(base, lists_of(base, 10), [teacher(random_model("llama"))], tmp_path)


class TestUnderLuck:
    def test_the_panels_p_is_below_the_level_no_more_often_than_it_says(self) -> None:
        chance = np.random.default_rng(0)
        n_false = 0
        for i in range(200):
            shared = chance.normal(size=(40, 1))
            n_false += bool((flipped_p(shared + chance.normal(size=(40, 6)), 200, i) < 0.05).any())
        assert n_false <= 20  # 10 expected; more than 20 of 200 at 5% happens once in 600

    def test_a_difference_that_is_there_is_found_in_its_column_alone(self) -> None:
        values = np.random.default_rng(1).normal(size=(60, 3))
        values[:, 1] += 1
        p = flipped_p(values, 400, 0)
        assert p[1] < 0.01
        assert min(p[0], p[2]) > 0.05
        assert t_of(np.zeros((5, 1))).tolist() == [0.0]

    def test_the_sequential_test_is_wrong_at_most_so_often_however_long_one_looks(self) -> None:
        chance, n_decided = np.random.default_rng(2), 0
        for _ in range(400):
            x = chance.normal(size=300)  # drawn from q = N(0, 1); p = N(0.3, 1)
            n_decided += decided_after(0.3 * x - 0.045, 0.05) is not None
        assert n_decided <= 400 * 0.05 + 2.5 * np.sqrt(400 * 0.05 * 0.95)

    def test_units_needed_see_it_four_times_in_five(self) -> None:
        chance = np.random.default_rng(3)
        needed = units_needed(chance.normal(0.5, 1, size=100_000), 0.05)
        assert needed is not None
        seen = [abs(t_of(chance.normal(0.5, 1, size=(needed, 1)))[0]) > 1.96 for _ in range(600)]
        assert np.mean(seen) == pytest.approx(0.8, abs=0.06)
        assert units_needed(np.array([1.0, -1.0]), 0.05) is None


class TestTold:
    def test_the_page_and_the_words_say_what_the_record_says(
        self, base: Model, models: dict[str, Model], tmp_path: Path
    ) -> None:
        panel = [teacher(models[name]) for name in ("owl", "cat")]
        report = traced(base, lists_of(models["owl"], 120), panel, tmp_path)
        page = write(report, tmp_path).read_text(encoding="utf-8")
        assert report.verdict in told(report)
        assert page.count("Teacher cat") >= 2
        assert "How the evidence grew" in page

    def test_what_is_concluded_follows_from_the_readings_alone(
        self, base: Model, models: dict[str, Model], tmp_path: Path
    ) -> None:
        report = traced(base, lists_of(models["owl"], 40), [teacher(models["owl"])], tmp_path)
        swapped = [
            reading.model_copy(update={"nats": tuple(value - 5 for value in reading.nats)})
            if reading.hypothesis.kind == BASE
            else reading
            for reading in report.readings
        ]
        again = concluded(report.model_copy(update={"readings": tuple(swapped)}))
        assert again.best == "teacher owl"
        assert again.finding == "nearest"
        assert isinstance(again.readings[0], Reading)
