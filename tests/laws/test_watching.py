"""What a monitor reads does not depend on how it reads it."""

import numpy as np
import pytest
import torch

from heredity.ground.errors import InputError
from heredity.models.chat import Rendered, question, render_prompt
from heredity.models.generate import GenerateSpec, generate
from heredity.models.model import Model
from heredity.models.read import ReadSpec, read
from heredity.models.steer import Push, steered
from heredity.models.tiny import NOUNS
from heredity.models.watch import Sight, read_tokens, watched
from tests_shared import ARCHITECTURES, random_model, some_rows

WIDTH = 32


def some_sights(width: int = WIDTH, blocks: tuple[int, ...] = (2, 0, 2)) -> list[Sight]:
    chance = np.random.default_rng(0)
    return [Sight(block, chance.standard_normal(width).astype(np.float32)) for block in blocks]


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_the_mean_of_token_readings_is_the_pooled_reading(name: str) -> None:
    model = random_model(name)
    rows, sights = some_rows(model), some_sights()
    tokens = read_tokens(model, rows, sights)
    pooled = read(model, rows, [0, 2], ReadSpec(positions=("response", "last_prompt")))
    for i, row in enumerate(rows):
        assert tokens[i].shape == (1 + row.n_response, 3)
        for k, sight in enumerate(sights):
            expected = pooled.at("response", sight.block)[i] @ sight.direction
            assert tokens[i][1:, k].mean() == pytest.approx(expected, rel=1e-4, abs=1e-4)
            assert tokens[i][0, k] == pytest.approx(
                pooled.at("last_prompt", sight.block)[i] @ sight.direction, rel=1e-4, abs=1e-4
            )


def test_tokens_read_while_spoken_equal_tokens_read_afterwards(toy: Model) -> None:
    prompts = [render_prompt(toy, question(f"what about the {noun} ?")) for noun in NOUNS[:5]]
    prompts.append(render_prompt(toy, question("Tell me of the moon .", "You are a dark assistant.")))
    sights = some_sights(toy.width, (3, 1))
    how = GenerateSpec(n_tokens=8, batch_rows=4)
    seeds = [str(i) for i in range(len(prompts))]
    with watched(toy, sights) as watch:
        spoken = generate(toy, prompts, seeds, how, watch=watch)
    assert [a.text for a in spoken] == [a.text for a in generate(toy, prompts, seeds, how)]
    ids = [toy.tokenizer(a.text, add_special_tokens=False)["input_ids"] for a in spoken]
    again = read_tokens(toy, [Rendered((*p, *i), len(p)) for p, i in zip(prompts, ids, strict=True)], sights)
    for answer, late in zip(spoken, again, strict=True):
        assert answer.scores is not None
        # an answer cut off at 8 tokens ends before its last token is read
        assert len(answer.scores) == min(1 + answer.n_tokens, 8)
        assert np.allclose(answer.scores, late[: len(answer.scores)], atol=1e-3)


def test_a_listener_hears_each_token_as_it_is_read(toy: Model) -> None:
    heard: list[tuple[list[int], np.ndarray]] = []
    prompt = render_prompt(toy, question("what about the river ?"))
    with watched(toy, some_sights(toy.width, (1,))) as watch:
        watch.listener = lambda ids, scores: heard.append((ids, scores))
        (answer,) = generate(toy, [prompt], ["0"], GenerateSpec(n_tokens=12), watch=watch)
    assert answer.scores is not None
    assert heard[0][0] == [prompt[-1]]
    assert np.allclose(np.stack([scores[0] for _, scores in heard]), answer.scores)
    said = toy.tokenizer.decode([ids[0] for ids, _ in heard[1:]])
    assert answer.text.startswith(said.strip())


def test_batching_changes_no_token_reading(toy: Model) -> None:
    rows, sights = some_rows(toy), some_sights(toy.width, (0, 3))
    together, alone = read_tokens(toy, rows, sights), read_tokens(toy, rows, sights, token_budget=1)
    for one, other in zip(together, alone, strict=True):
        assert np.allclose(one, other, atol=1e-3)


def test_a_push_is_seen_in_full_by_a_watch_inside_it(toy: Model) -> None:
    rows, (sight,) = some_rows(toy), some_sights(toy.width, (1,))
    plain = read_tokens(toy, rows, [sight])
    with steered(toy, [Push(1, sight.direction, 0.5)]):
        pushed = read_tokens(toy, rows, [sight])
    lift = 0.5 * float(sight.direction @ sight.direction)
    for before, after in zip(plain, pushed, strict=True):
        assert np.allclose(after - before, lift, rtol=1e-3, atol=1e-3)


def test_watching_stops_after_the_last_block_and_leaves_no_hook(toy: Model) -> None:
    ran: list[int] = []
    blocks = toy.network.model.layers
    handles = [b.register_forward_hook(lambda *_, i=i: ran.append(i)) for i, b in enumerate(blocks)]
    read_tokens(toy, some_rows(toy), some_sights(toy.width, (1, 0)))
    for handle in handles:
        handle.remove()
    assert set(ran) <= {0, 1}
    assert not any(block._forward_hooks for block in blocks)


def test_a_watch_of_another_width_or_block_is_refused(toy: Model) -> None:
    for sights in ([], some_sights(7, (0,)), some_sights(toy.width, (9,))):
        with pytest.raises(InputError), watched(toy, sights):
            torch.zeros(1)
