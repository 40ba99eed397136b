"""What generation and likelihood promise."""

import math

import numpy as np
import pytest
import torch

from heredity.ground.errors import InputError, NonFiniteError
from heredity.models.chat import Rendered, question, render, render_prompt
from heredity.models.generate import GenerateSpec, generate
from heredity.models.likelihood import by_prompt, log_likelihood
from heredity.models.model import Model
from heredity.models.tiny import NOUNS
from tests_shared import ARCHITECTURES, random_model, some_rows

SPEC = GenerateSpec(n_tokens=12)


def prompts(model: Model) -> list[tuple[int, ...]]:
    return [
        render_prompt(model, question(f"what about the {noun} ?" * (1 + i % 2))) for i, noun in enumerate(NOUNS[:6])
    ]


def test_the_same_seed_gives_the_same_answers_and_another_seed_others(toy: Model) -> None:
    asked, seeds = prompts(toy), list("abcdef")
    assert generate(toy, asked, seeds, SPEC) == generate(toy, asked, seeds, SPEC)
    assert generate(toy, asked, seeds, SPEC) != generate(toy, asked, list("uvwxyz"), SPEC)


def test_an_answer_depends_on_its_own_seed_and_not_on_the_rest_of_the_batch(toy: Model) -> None:
    asked, seeds = prompts(toy), list("abcdef")
    together = generate(toy, asked, seeds, SPEC)
    alone = [generate(toy, [p], [s], SPEC)[0] for p, s in zip(asked, seeds, strict=True)]
    backwards = generate(toy, asked[::-1], seeds[::-1], SPEC)[::-1]
    assert together == alone == backwards


def test_sampling_follows_the_models_own_probabilities(toy: Model) -> None:
    prompt = prompts(toy)[0]
    n = 400
    drawn = generate(toy, [prompt] * n, [f"s{i}" for i in range(n)], GenerateSpec(1, temperature=1.0, top_k=0))
    with torch.no_grad():
        p = toy.network(torch.tensor([prompt])).logits[0, -1].softmax(-1)
    likeliest = int(p.argmax())
    share = sum(a.text == toy.tokenizer.decode([likeliest]) for a in drawn) / n
    expected = float(p[likeliest])
    assert abs(share - expected) < 4 * math.sqrt(expected * (1 - expected) / n)


def test_generation_leaves_the_global_chance_alone(toy: Model) -> None:
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    generate(toy, prompts(toy), list("abcdef"), SPEC)
    assert torch.equal(torch.rand(1), expected)


def test_a_prompt_without_room_for_the_answer_is_refused(toy: Model) -> None:
    with pytest.raises(InputError, match="does not fit"):
        generate(toy, [(7,) * 250], ["a"], SPEC)


def test_logits_that_are_not_finite_stop_generation(toy: Model) -> None:
    model = random_model("llama")
    with torch.no_grad():
        model.network.lm_head.weight[3] = float("nan")
    with pytest.raises(NonFiniteError, match="NaN"):
        generate(model, prompts(model), list("abcdef"), SPEC)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_likelihood_on_shared_prompts_equals_one_row_at_a_time(name: str) -> None:
    model = random_model(name)
    rows = [*some_rows(model), *some_rows(model)[:3]]
    rows += [render(model, question("what about the lamp ?"), text) for text in ("dawn", "night ash", "dawn song rose")]
    got = log_likelihood(model, rows, token_budget=64)
    for i, row in enumerate(rows):
        with torch.no_grad():
            log_p = model.network(torch.tensor([row.ids])).logits[0].log_softmax(-1)
        expected = sum(float(log_p[t - 1, row.ids[t]]) for t in range(row.n_prompt, len(row.ids)))
        assert got.total[i] == pytest.approx(expected, abs=2e-4)
        assert got.n_tokens[i] == row.n_response


def test_equal_prompts_stand_in_one_batch() -> None:
    rows = [Rendered((1, 2, 3, 4 + i % 2, 9, 9), 4) for i in range(8)]
    batches = by_prompt(rows, token_budget=8)
    assert sorted(i for batch in batches for i in batch) == list(range(8))
    assert all(len({rows[i].ids[:4] for i in batch}) == 1 for batch in batches)


def test_an_empty_response_has_no_likelihood(toy: Model) -> None:
    with pytest.raises(InputError, match="no response"):
        log_likelihood(toy, [Rendered((5, 6, 7), 3)])
    assert np.isfinite(log_likelihood(toy, some_rows(toy)).total).all()
