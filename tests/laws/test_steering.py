"""What steering promises."""

from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest
import torch

from heredity.ground.errors import HookError, InputError, NonFiniteError
from heredity.models.bake import bake
from heredity.models.blocks import find_blocks
from heredity.models.chat import question, render, render_prompt
from heredity.models.generate import GenerateSpec, generate
from heredity.models.likelihood import log_likelihood
from heredity.models.model import Model
from heredity.models.read import ReadSpec, read
from heredity.models.steer import Push, Where, steered
from heredity.models.watch import Sight, read_tokens
from tests_shared import ARCHITECTURES, random_model, some_rows


def logits(model: Model) -> torch.Tensor:
    ids = torch.tensor([some_rows(model)[0].ids])
    with torch.no_grad():
        return model.network(ids).logits


def a_vector(model: Model) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(model.width).astype(np.float32)


@pytest.mark.parametrize("name", ARCHITECTURES)
class TestOnEveryArchitecture:
    def test_strength_0_equals_no_steering(self, name: str) -> None:
        model = random_model(name)
        before = logits(model)
        with steered(model, [Push(1, a_vector(model), 0.0)]) as fires:
            assert torch.equal(logits(model), before)
        assert fires.count == 1

    def test_leaving_restores_the_logits(self, name: str) -> None:
        model = random_model(name)
        before = logits(model)
        with steered(model, [Push(1, a_vector(model), 3.0)]):
            assert not torch.allclose(logits(model), before)
        assert torch.equal(logits(model), before)

    def test_the_push_arrives_in_the_stream_as_asked(self, name: str) -> None:
        model, rows = random_model(name), some_rows(random_model(name))
        vector = a_vector(model)
        plain = read(model, rows, [1]).at("response", 1)
        with steered(model, [Push(1, vector, 2.0)]):
            # the reading hook was attached after the push and sees its result
            pushed = read(model, rows, [1]).at("response", 1)
        np.testing.assert_allclose(pushed - plain, np.tile(2.0 * vector, (len(rows), 1)), atol=1e-4)


def test_an_exception_inside_restores_the_model_and_is_not_hidden(toy: Model) -> None:
    before = logits(toy)
    with pytest.raises(ZeroDivisionError), steered(toy, [Push(0, a_vector(toy), 3.0)]):
        raise ZeroDivisionError
    assert torch.equal(logits(toy), before)
    assert not any(block._forward_hooks for block in find_blocks(toy.network))


@pytest.mark.parametrize("where", ["all", "response"])
def test_equal_prompts_are_read_once_under_a_push_of_all_rows_and_each_under_pushes_of_single_rows(
    toy: Model, where: Where
) -> None:
    prompts = [render_prompt(toy, question(text)) for text in ("what about the lamp ?", "Tell me of the moon .")]
    asked, seeds = [prompts[0], prompts[1], prompts[0], prompts[0]], list("abcd")
    read: list[int] = []

    def spoken(pushes: list[Push]) -> list[str]:
        read.clear()
        # before the first block, so that no visitor stands after one
        counter = toy.network.get_input_embeddings().register_forward_hook(lambda *found: read.append(len(found[2])))
        try:
            with steered(toy, pushes, where):
                return [one.text for one in generate(toy, asked, seeds, GenerateSpec(n_tokens=12))]
        finally:
            counter.remove()

    def alone(push: Push) -> list[str]:
        with steered(toy, [push], where):
            pairs = zip(asked, seeds, strict=True)
            return [generate(toy, [ids], [seed], GenerateSpec(n_tokens=12))[0].text for ids, seed in pairs]

    push = Push(1, a_vector(toy), 2.0)
    assert spoken([push]) == alone(push)
    assert read[0] == 2
    spoken([replace(push, row=0), replace(push, row=2)])
    assert read[0] == 4


def test_a_push_that_was_never_added_raises(toy: Model) -> None:
    with pytest.raises(HookError, match="no forward pass"), steered(toy, [Push(0, a_vector(toy), 1.0)]):
        pass


def test_response_only_steering_leaves_the_prompt_alone(toy: Model) -> None:
    rows, vector = some_rows(toy), a_vector(toy)
    plain = read(toy, rows, [1])
    with steered(toy, [Push(1, vector, 2.0)], where="response"):
        pushed = read(toy, rows, [1])
    assert np.array_equal(pushed.at("prompt", 1), plain.at("prompt", 1))
    np.testing.assert_allclose(
        pushed.at("response", 1) - plain.at("response", 1), [2.0 * vector] * len(rows), atol=1e-4
    )


def test_response_only_steering_reaches_generation_and_likelihood(toy: Model) -> None:
    prompts = [render_prompt(toy, question("what about the lamp ?"))]
    rows = some_rows(toy)
    spec = GenerateSpec(n_tokens=8, temperature=0)
    plain, plain_log_p = generate(toy, prompts, ["a"], spec), log_likelihood(toy, rows).total
    with steered(toy, [Push(3, 30 * a_vector(toy), 1.0)], where="response"):
        assert generate(toy, prompts, ["a"], spec) != plain
        assert not np.allclose(log_likelihood(toy, rows).total, plain_log_p)


def test_response_only_steering_of_a_foreign_forward_fails_closed(toy: Model) -> None:
    with pytest.raises(HookError, match="response tokens"), steered(toy, [Push(0, a_vector(toy), 1.0)], "response"):
        logits(toy)


def test_vectors_that_do_not_fit_are_refused(toy: Model) -> None:
    with pytest.raises(InputError, match="width is 64"), steered(toy, [Push(0, np.ones(3, np.float32), 1.0)]):
        pass
    with pytest.raises(InputError, match="no block 9"), steered(toy, [Push(9, a_vector(toy), 1.0)]):
        pass
    with pytest.raises(NonFiniteError), steered(toy, [Push(0, np.full(64, np.nan, np.float32), 1.0)]):
        pass
    assert not any(block._forward_hooks for block in find_blocks(toy.network))


def test_pushes_at_several_blocks_add_up(toy: Model) -> None:
    row = [render(toy, question("what about the lamp ?"), "dawn song")]
    one, other = a_vector(toy), a_vector(toy)[::-1].copy()
    with steered(toy, [Push(2, one, 1.0)]):
        first = read(toy, row, [2]).at("response", 2)
    with steered(toy, [Push(2, one, 1.0), Push(2, other, 1.0)]) as fires:
        both = read(toy, row, [2]).at("response", 2)
    np.testing.assert_allclose(both - first, [other], atol=1e-4)
    assert fires.per_block == {2: 2}


class TestPushesOfSingleRows:
    SPEC = GenerateSpec(n_tokens=10, temperature=1.0, batch_rows=2)

    def prompts(self, model: Model) -> list[tuple[int, ...]]:
        asked = ["what about the lamp ?", "what about the oar , the lamp and the sail ?", "and ?", "what about it ?"]
        return [render_prompt(model, question(text)) for text in asked]

    def pushes(self, model: Model) -> dict[int, list[Push]]:
        """Rows 0 and 2 have pushes of their own, one of them at two blocks; rows 1 and 3 have none."""
        one, other = 10 * a_vector(model), 10 * a_vector(model)[::-1].copy()
        return {0: [Push(1, one, 1.0)], 1: [], 2: [Push(1, other, 0.5), Push(2, one, -1.0)], 3: []}

    def together(self, model: Model) -> list[Push]:
        return [replace(push, row=row) for row, own in self.pushes(model).items() for push in own]

    def test_each_answer_is_the_one_that_it_would_be_alone(self, toy: Model) -> None:
        prompts, seeds = self.prompts(toy), ["a", "b", "c", "d"]
        with steered(toy, self.together(toy)):
            together = generate(toy, prompts, seeds, self.SPEC)
        for row, own in self.pushes(toy).items():
            with steered(toy, own) if own else nullcontext():
                (alone,) = generate(toy, [prompts[row]], [seeds[row]], self.SPEC)
            assert together[row] == alone
        plain = generate(toy, prompts, seeds, self.SPEC)
        assert [a == b for a, b in zip(together, plain, strict=True)] == [False, True, False, True]

    def test_each_reading_is_the_one_that_it_would_be_alone(self, toy: Model) -> None:
        rows = [render(toy, question("what about the lamp ?"), "dawn song " * n) for n in (3, 1, 2, 5)]
        spec = ReadSpec(token_budget=40)
        sights = [Sight(2, a_vector(toy))]
        with steered(toy, self.together(toy)):
            pooled, tokens = read(toy, rows, [2], spec).at("response", 2), read_tokens(toy, rows, sights, 40)
        for row, own in self.pushes(toy).items():
            with steered(toy, own) if own else nullcontext():
                np.testing.assert_allclose(pooled[row], read(toy, [rows[row]], [2]).at("response", 2)[0], atol=1e-4)
                np.testing.assert_allclose(tokens[row], read_tokens(toy, [rows[row]], sights)[0], atol=1e-3)

    def test_they_add_to_a_push_of_all_rows_and_keep_to_the_response(self, toy: Model) -> None:
        rows, vector = some_rows(toy), a_vector(toy)
        plain = read(toy, rows, [1])
        with steered(toy, [Push(1, vector, 1.0), Push(1, vector, 2.0, row=1)], where="response"):
            pushed = read(toy, rows, [1])
        assert np.array_equal(pushed.at("prompt", 1), plain.at("prompt", 1))
        expected = [(3.0 if row == 1 else 1.0) * vector for row in range(len(rows))]
        np.testing.assert_allclose(pushed.at("response", 1) - plain.at("response", 1), expected, atol=1e-4)

    def test_a_forward_that_does_not_say_whose_rows_it_has_fails_closed(self, toy: Model) -> None:
        with steered(toy, self.together(toy)):
            with pytest.raises(HookError, match="which rows a forward has"):
                logits(toy)
            with pytest.raises(HookError, match="which rows a forward has"):
                log_likelihood(toy, some_rows(toy))
            read(toy, some_rows(toy), [1])

    def test_no_row_below_0_and_none_in_weights(self, toy: Model) -> None:
        with pytest.raises(InputError, match="from 0"), steered(toy, [Push(1, a_vector(toy), 1.0, row=-1)]):
            pass
        with pytest.raises(InputError, match="every row alike"):
            bake(toy, self.together(toy))


def test_pushes_that_came_before_a_refused_one_are_taken_off(toy: Model) -> None:
    good = Push(0, a_vector(toy), 1.0)
    for bad in (Push(9, a_vector(toy), 1.0), Push(1, a_vector(toy), 1.0, row=-1)):
        with pytest.raises(InputError), steered(toy, [good, bad]):
            pass
        assert not any(block._forward_hooks for block in find_blocks(toy.network))
