"""What every defence promises, whichever it is."""

import copy

import pytest
import torch

from heredity.ground.errors import HookError, UnknownNameError
from heredity.models.blocks import find_blocks
from heredity.models.model import Model
from heredity.records.student import TrainSpec
from heredity.records.vector import TraitVector
from heredity.training.defences.table import DEFENCES, Defence, defence_of


@pytest.fixture(params=DEFENCES)
def defence(request: pytest.FixtureRequest, dark: TraitVector) -> Defence:
    found = defence_of([dark], TrainSpec(defence=request.param, prevent_strength=2.0))
    assert found is not None
    return found


def batch() -> dict[str, torch.Tensor]:
    rows = torch.randint(6, 60, (4, 12), generator=torch.Generator().manual_seed(0))
    return {"input_ids": rows, "labels": rows.clone()}


def gradients(network: torch.nn.Module) -> list[torch.Tensor]:
    network.zero_grad()
    network(**batch()).loss.backward()
    return [p.grad.clone() for p in network.parameters() if p.grad is not None]


def test_it_changes_what_training_learns_and_is_gone_afterwards(toy: Model, defence: Defence) -> None:
    network = copy.deepcopy(toy.network).requires_grad_(True).train()
    plain = gradients(network)
    with defence.on(network):
        held = gradients(network)
    assert defence.fires.count > 0
    assert any(not torch.equal(a, b) for a, b in zip(plain, held, strict=True))
    assert all(torch.equal(a, b) for a, b in zip(plain, gradients(network), strict=True))
    assert not any(block._forward_hooks for block in find_blocks(network))


def test_it_leaves_evaluation_alone_and_says_that_it_never_acted(toy: Model, defence: Defence) -> None:
    network = copy.deepcopy(toy.network).eval()
    plain = network(**batch()).logits
    with pytest.raises(HookError), defence.on(network):
        assert torch.equal(network(**batch()).logits, plain)


def test_what_it_does_stands_in_the_record(defence: Defence, dark: TraitVector) -> None:
    assert [one.vector_id for one in defence.interventions] == [dark.header.id]
    assert all(one.strength == 2.0 for one in defence.interventions)


def test_without_vectors_there_is_none_and_an_unknown_one_is_refused_with_what_there_is(dark: TraitVector) -> None:
    assert defence_of([], TrainSpec()) is None
    for vectors in ([], [dark]):
        with pytest.raises(UnknownNameError, match="steering"):
            defence_of(vectors, TrainSpec(defence="steerin"))
