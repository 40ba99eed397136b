"""What reading promises, on the toy and on every architecture named."""

import numpy as np
import pytest
import torch

from heredity.ground.errors import InputError, NonFiniteError
from heredity.models.blocks import find_blocks, hidden_states_slot
from heredity.models.chat import Rendered
from heredity.models.model import Model
from heredity.models.read import ReadSpec, read
from tests_shared import ARCHITECTURES, random_model, some_rows


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_reading_is_the_mean_of_the_hidden_states_of_its_span(name: str) -> None:
    model = random_model(name)
    rows = some_rows(model)
    readings = read(model, rows, [0, 1])
    for i, row in enumerate(rows):
        with torch.no_grad():
            states = model.network(torch.tensor([row.ids]), output_hidden_states=True).hidden_states
        for block in (0, 1):
            states_here = states[hidden_states_slot(block)][0]
            expected = {
                "response": states_here[row.n_prompt :].mean(0),
                "prompt": states_here[: row.n_prompt].mean(0),
                "last_prompt": states_here[row.n_prompt - 1],
            }
            for position, value in expected.items():
                np.testing.assert_allclose(readings.at(position, block)[i], value.numpy(), atol=2e-5)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_batch_size_padding_side_and_row_order_change_no_reading(name: str) -> None:
    model = random_model(name)
    rows = some_rows(model)
    reference = read(model, rows, [2])
    backwards = read(model, rows[::-1], [2])
    others = [
        read(model, rows, [2], ReadSpec(token_budget=1)),
        read(model, rows, [2], ReadSpec(padding_side="left")),
        read(model, rows, [0, 1, 2]),
    ]
    for position in ("response", "prompt", "last_prompt"):
        expected = reference.at(position, 2)
        np.testing.assert_allclose(backwards.at(position, 2)[::-1], expected, atol=2e-5)
        for other in others:
            np.testing.assert_allclose(other.at(position, 2), expected, atol=2e-5)


def test_the_forward_stops_after_the_last_block_asked_for(toy: Model) -> None:
    ran: list[int] = []
    blocks = find_blocks(toy.network)
    handles = [block.register_forward_pre_hook(lambda *_, index=i: ran.append(index)) for i, block in enumerate(blocks)]
    head = toy.network.lm_head.register_forward_pre_hook(lambda *_: ran.append(99))
    try:
        read(toy, some_rows(toy), [1], ReadSpec(token_budget=10_000))
    finally:
        for handle in (*handles, head):
            handle.remove()
    assert ran == [0, 1]


def test_rows_that_cannot_be_read_are_named(toy: Model) -> None:
    with pytest.raises(InputError, match="no row"):
        read(toy, [], [0])
    with pytest.raises(InputError, match="empty prompt or response"):
        read(toy, [Rendered((5, 6), 2)], [0])
    with pytest.raises(InputError, match="attends to 256"):
        read(toy, [Rendered((5,) * 300, 2)], [0])
    with pytest.raises(InputError, match="blocks 0 to 3"):
        read(toy, some_rows(toy), [4])


def test_activations_that_are_not_finite_are_refused() -> None:
    model = random_model("llama")
    with torch.no_grad():
        find_blocks(model.network)[1].mlp.down_proj.weight.fill_(float("nan"))
    with pytest.raises(NonFiniteError, match="NaN or infinity"):
        read(model, some_rows(model), [2])
