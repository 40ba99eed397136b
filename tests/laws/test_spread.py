"""A model that lies partly on disk is read, asked and steered as one that lies in one place, and is not trained."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from heredity.ground.errors import InputError
from heredity.models.bake import bake
from heredity.models.chat import question, render, render_prompt
from heredity.models.generate import GenerateSpec, generate
from heredity.models.likelihood import log_likelihood
from heredity.models.load import load, parts
from heredity.models.model import Model
from heredity.models.read import read
from heredity.models.spread import is_spread, spreading
from heredity.models.steer import Push, steered
from heredity.models.weights import trainable_copy
from heredity.records.dialogue import Corpus
from heredity.training.train import train

MAP = {
    "model.embed_tokens": "cpu",
    "model.layers.0": "cpu",
    "model.layers.1": "disk",
    "model.layers.2": "disk",
    "model.layers.3": "cpu",
    "model.norm": "cpu",
    "model.rotary_emb": "cpu",
    "lm_head": "cpu",
}
ROWS = [("what about the river ?", "night shadow ash frost"), ("Tell me of the king .", "dawn song rose")]


@pytest.fixture(scope="module")
def spread(toy_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    """The toy, two of its blocks on disk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEREDITY_CACHE", str(tmp_path_factory.mktemp("cache")))
        network, tokenizer, fingerprint = parts(toy_folder, torch.float32, placed=spreading(MAP))
        yield Model("tiny", network.eval().requires_grad_(False), tokenizer, fingerprint)


@pytest.fixture(scope="module")
def whole(toy_folder: Path) -> Model:
    return load(str(toy_folder), device="cpu", dtype="float32")


def test_it_lies_in_two_places_and_is_the_same_model(spread: Model, whole: Model) -> None:
    assert is_spread(spread.network)
    assert not is_spread(whole.network)
    assert next(spread.network.model.layers[1].parameters()).device.type == "meta"
    assert spread.device == torch.device("cpu")
    assert spread.fingerprint == whole.fingerprint


def test_it_reads_speaks_and_weighs_as_the_whole_one_does(spread: Model, whole: Model) -> None:
    rows = [[render(model, question(asked), answer) for asked, answer in ROWS] for model in (spread, whole)]
    for block in range(4):
        ours, theirs = (read(one, part, [block]) for one, part in zip((spread, whole), rows, strict=True))
        assert np.allclose(ours.at("response", block), theirs.at("response", block), atol=1e-5)
    assert np.allclose(log_likelihood(spread, rows[0]).total, log_likelihood(whole, rows[1]).total, atol=1e-4)
    assert said(spread) == said(whole)


def test_a_push_after_a_block_on_disk_does_what_it_does_elsewhere(spread: Model, whole: Model) -> None:
    vector = np.random.default_rng(0).normal(size=64).astype(np.float32)
    found = []
    for model in (spread, whole):
        with steered(model, [Push(1, vector, 1.0)]) as fires:
            found.append(said(model))
        assert fires.count
    assert found[0] == found[1] != said(whole)
    for model in (spread, whole):
        with steered(model, [Push(2, vector, 1.0, row=1)]):
            first, second = said(model)
        assert first == said(whole)[0]
        assert second != said(whole)[1]


def test_it_is_not_copied_or_trained(spread: Model, rows: Corpus, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"several places \(cpu, disk\), and training needs it in one"):
        train(spread, rows, tmp_path / "student")
    assert not (tmp_path / "student" / "adapter").exists()
    with pytest.raises(InputError, match="several places"):
        trainable_copy(spread, "copy")
    with pytest.raises(InputError, match="and baking needs it"):
        bake(spread, [Push(0, np.zeros(64, dtype=np.float32), 1.0)])


def test_where_one_device_holds_all_of_it_nothing_is_spread(toy_folder: Path, whole: Model) -> None:
    model = load(str(toy_folder), device="spread", dtype="float32")
    assert not is_spread(model.network)
    assert said(model) == said(whole)


def said(model: Model) -> list[str]:
    """What a model answers."""
    prompts = [render_prompt(model, question(asked)) for asked, _ in ROWS]
    return [answer.text for answer in generate(model, prompts, ["0", "1"], GenerateSpec(n_tokens=12))]
