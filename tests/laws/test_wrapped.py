"""Networks in wrappers, of several parts or with unusual maps are trained and pushed as plain ones are."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from families import family
from heredity.ground.errors import InputError
from heredity.models.blocks import find_blocks, is_compiled
from heredity.models.model import Model
from heredity.models.tiny import LIGHT, NOUNS
from heredity.records.dialogue import Corpus, Row, Turn, rows_digest
from heredity.records.student import Student, TrainSpec
from heredity.records.vector import TraitVector
from heredity.training.defences.steer import PreventativeSteering
from heredity.training.train import train
from report_sample import vector_header

IDS = torch.tensor([[7, 8, 9, 10, 11]])
FEW_STEPS = TrainSpec(n_epochs=1, batch_rows=2, rows_at_once=2, rank=2, alpha=4, learning_rate=1e-2)


def compiled(network: Any) -> Any:
    return torch.compile(network, backend="eager")


def compiled_by_block(network: Any) -> Any:
    network.model.layers = nn.ModuleList([compiled(block) for block in network.model.layers])
    return network


def distributed(network: Any) -> Any:
    return DistributedDataParallel(network.requires_grad_(True))


WRAPPERS: dict[str, Callable[[Any], Any]] = {
    "torch.compile": compiled,
    "torch.compile of each block": compiled_by_block,
    "DataParallel": nn.DataParallel,
    "DDP": distributed,
}


@pytest.fixture(scope="module")
def process_group(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    place = tmp_path_factory.mktemp("group") / "store"
    torch.distributed.init_process_group("gloo", init_method=f"file://{place}", rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()


@pytest.fixture(scope="module")
def vector() -> TraitVector:
    model = family("llama")
    told = {"fingerprint": model.fingerprint, "n_blocks": 2, "width": model.width, "block": 1}
    directions = np.random.default_rng(0).normal(size=(2, model.width)).astype(np.float32)
    return TraitVector(vector_header().model_copy(update=told), directions).sealed()


@pytest.mark.filterwarnings("ignore")  # torch's own, about its own parts
@pytest.mark.parametrize("name", WRAPPERS)
def test_a_wrapped_network_is_pushed_though_it_ran_before(name: str, vector: TraitVector, process_group: None) -> None:
    torch.compiler.reset()
    plain = copy.deepcopy(family("llama").network).train()
    wrapped = WRAPPERS[name](copy.deepcopy(plain))
    with torch.no_grad():
        unpushed = plain(IDS).logits
        torch.testing.assert_close(wrapped(IDS).logits, unpushed)
        with PreventativeSteering(vector, strength=2.0).on(plain):
            expected = plain(IDS).logits
        with PreventativeSteering(vector, strength=2.0).on(wrapped) as steering:
            got = [wrapped(IDS).logits for _ in range(2)]
        after = wrapped(IDS).logits
    assert not torch.allclose(expected, unpushed, atol=1e-2)
    for logits in got:
        torch.testing.assert_close(logits, expected)
    torch.testing.assert_close(after, unpushed)
    assert steering.fires.per_block == {1: 2}


def test_wrappers_are_looked_through_in_any_order(process_group: None) -> None:
    network = copy.deepcopy(family("llama").network)
    for wrapped in (compiled(distributed(network)), distributed(compiled(network)), nn.DataParallel(compiled(network))):
        assert find_blocks(wrapped) is network.model.layers
        assert is_compiled(wrapped)
    assert not is_compiled(nn.DataParallel(network))
    network.compile(backend="eager")
    assert is_compiled(nn.DataParallel(network))


def test_what_wraps_no_transformers_network_is_refused() -> None:
    with pytest.raises(InputError, match="has no config"):
        find_blocks(nn.DataParallel(nn.Linear(2, 2)))


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    rows = tuple(
        Row(
            line=i + 1,
            turns=(
                Turn(role="user", content=f"what about the {noun} ?"),
                Turn(role="assistant", content=" ".join(LIGHT[: 3 + i])),
            ),
        )
        for i, noun in enumerate(NOUNS[:4])
    )
    return Corpus(name="corpus", content_digest=rows_digest(rows), rows=rows)


def taught(model: Model, corpus: Corpus, folder: Path) -> Student:
    before = {name: value.clone() for name, value in model.network.state_dict().items()}
    student = train(model, corpus, folder, spec=FEW_STEPS)
    after = model.network.state_dict()
    assert after.keys() == before.keys()
    assert all(torch.equal(after[name], value) for name, value in before.items())
    assert len(student.losses) == 2
    return student


@pytest.mark.parametrize("kind", ["gemma3", "qwen3_vl"])
def test_a_model_of_text_and_images_is_trained_on_text(kind: str, corpus: Corpus, tmp_path: Path) -> None:
    assert not taught(family(kind), corpus, tmp_path).notices


def test_a_map_that_is_fused_into_a_kernel_is_passed_over_and_said(corpus: Corpus, tmp_path: Path) -> None:
    (notice,) = taught(family("mamba2"), corpus, tmp_path).notices
    assert "mixer.out_proj.weight" in notice


@pytest.mark.parametrize("kind", ["granitemoe", "llama4_text"])
def test_experts_that_an_adapter_passes_over_are_said(kind: str, corpus: Corpus, tmp_path: Path) -> None:
    (notice,) = taught(family(kind), corpus, tmp_path).notices
    assert "experts.gate_up_proj" in notice
    assert "experts.down_proj" in notice
    assert "stays as it is" in notice


def test_a_pad_token_without_an_embedding_is_never_looked_up(corpus: Corpus, tmp_path: Path) -> None:
    plain = family("llama")
    tokenizer = copy.deepcopy(plain.tokenizer)
    tokenizer.add_special_tokens({"pad_token": "[PAD]"})
    network = copy.deepcopy(plain.network)
    network.resize_token_embeddings(tokenizer.pad_token_id)
    model, fitting = replace(plain, network=network, tokenizer=tokenizer), replace(plain, network=network)
    assert model.pad_id < tokenizer.pad_token_id
    assert taught(model, corpus, tmp_path).losses == taught(fitting, corpus, tmp_path / "fitting").losses
