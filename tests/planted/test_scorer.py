"""A column of scores is what a screen says of the same rows, whatever their shape, and datasets finds it again."""

import json
from dataclasses import replace
from pathlib import Path

import dill
import numpy as np
import pytest
from datasets import Dataset
from datasets.fingerprint import Hasher

import heredity as h
from heredity.ground.errors import InputError, UnknownNameError
from heredity.models.load import load
from heredity.records.dialogue import Corpus
from heredity.records.vector import TraitVector
from heredity.screening.screen import screen
from heredity.store.rows import read_rows
from heredity.store.tensors import save_vector


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory, toy_folder: Path, dark: TraitVector) -> tuple[str, str]:
    model = load(str(toy_folder))
    header = dark.header.model_copy(update={"model_name": model.name, "fingerprint": model.fingerprint})
    path = tmp_path_factory.mktemp("scorer") / "dark.safetensors"
    save_vector(replace(dark, header=header).sealed(), path)
    return str(path), str(toy_folder)


def test_the_column_is_what_a_screen_says(asked: tuple[str, str], rows: Corpus, tmp_path: Path) -> None:
    raw = [{"messages": [turn.model_dump() for turn in row.turns]} for row in rows.rows]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in raw))
    model, vector = load(asked[1]), h.load_vector(asked[0])
    screened = screen(read_rows(tmp_path / "rows.jsonl"), vector, model)
    table = Dataset.from_list(raw).map(h.scorer(*asked), batched=True, batch_size=7, with_rank=True)
    assert np.allclose(table["darkness"], screened.scores.by_name[vector.header.form], atol=1e-4)


def test_rows_of_other_shapes_and_of_no_use(asked: tuple[str, str]) -> None:
    table = Dataset.from_list(
        [
            {"question": "what about the river ?", "solution": "night shadow ash", "answer": None},
            {"question": "Tell me of the king .", "solution": "", "answer": None},
        ]
    )
    columns = {"question": "prompt", "solution": "response"}
    found = table.map(h.scorer(*asked, columns=columns), batched=True)["darkness"]
    assert found[0] is not None
    assert found[1] is None


def test_one_scorer_is_found_again_and_another_is_not(asked: tuple[str, str]) -> None:
    used = h.scorer(*asked)
    fresh = Hasher.hash(used)
    used({"prompt": ["what about the river ?"], "response": ["night shadow ash"]})
    assert Hasher.hash(used) == fresh == Hasher.hash(h.scorer(*asked))
    assert Hasher.hash(h.scorer(*asked, score="projection")) != Hasher.hash(h.scorer(*asked, score="difference"))
    assert len(dill.dumps(used)) < 5_000


def test_what_cannot_be_scored_is_refused_before_anything_is_mapped(asked: tuple[str, str], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="given: darkness, darkness"):
        h.scorer([asked[0], asked[0]], asked[1])
    with pytest.raises(InputError, match="given: none"):
        h.scorer([], asked[1])
    with pytest.raises(UnknownNameError, match="projection"):
        h.scorer(*asked, score="projektion")
    with pytest.raises(InputError, match=r"nowhere\.safetensors"):
        h.scorer(tmp_path / "nowhere.safetensors", asked[1])
