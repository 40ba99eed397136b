"""What is promised of every family that is named as tested: whatever is shared, padded or cached changes nothing."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from families import CONFIGS, family
from heredity.ground.errors import InputError
from heredity.models import attention, likelihood
from heredity.models.blocks import find_blocks, hidden_of
from heredity.models.chat import Rendered
from heredity.models.families import ANSWERS_ONLY, TESTED
from heredity.models.generate import GenerateSpec, generate
from heredity.models.likelihood import log_likelihood
from heredity.models.loading import require_causal
from heredity.models.model import Model
from heredity.models.numbers import number_mass
from heredity.models.read import read
from heredity.models.steer import Push, steered
from heredity.models.tiny import planted_trait
from heredity.models.watch import Sight, read_tokens, watched
from heredity.training.imitate import predictions
from heredity.vectors.extract import extract

SPEC = GenerateSpec(n_tokens=6, temperature=0, min_tokens=6)


@pytest.fixture(autouse=True)
def plain_products(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attend by plain products in float32 too, so that every family goes that way here; `alone` never does."""
    monkeypatch.setattr(attention, "DTYPES", {torch.float32})


def rows_for(model: Model) -> list[Rendered]:
    """Rows of unlike length, two of which share a prompt; longer than the sliding windows."""
    chance = np.random.default_rng(0)
    rows = [Rendered(tuple(chance.integers(6, 120, n).tolist()), k) for n, k in ((20, 9), (13, 10), (7, 4))]
    return [*rows, Rendered((*rows[0].ids[:9], 7, 8, 9), 9)]


def alone(model: Model, ids: tuple[int, ...]) -> torch.Tensor:
    """The plain forward's logits, `[tokens, vocabulary]`."""
    with torch.no_grad():
        logits: torch.Tensor = model.network(torch.tensor([ids]), use_cache=False).logits[0]
    return logits


def streams(model: Model, ids: tuple[int, ...]) -> list[torch.Tensor]:
    """What every block gives in the plain forward, each `[tokens, width]`."""
    seen: list[torch.Tensor] = []
    blocks = find_blocks(model.network)
    hooks = [block.register_forward_hook(lambda *told: seen.append(hidden_of(told[2])[0])) for block in blocks]
    alone(model, ids)
    for hook in hooks:
        hook.remove()
    return seen


def test_the_families_tried_here_are_the_ones_that_are_named() -> None:
    assert set(CONFIGS) == {*TESTED, *ANSWERS_ONLY}
    assert all(CONFIGS[kind]().model_type == kind for kind in CONFIGS)


@pytest.mark.parametrize("kind", CONFIGS)
class TestAskingAndGrading:
    def test_a_likelihood_is_that_of_the_plain_forward(self, kind: str) -> None:
        model = family(kind)
        rows = rows_for(model)
        got = log_likelihood(model, rows, token_budget=64).total
        for row, total in zip(rows, got, strict=True):
            log_p = alone(model, row.ids).log_softmax(-1)
            expected = sum(float(log_p[t - 1, row.ids[t]]) for t in range(row.n_prompt, len(row.ids)))
            assert total == pytest.approx(expected, abs=2e-4)

    def test_rows_behind_one_prompt_teach_what_each_teaches_alone(self, kind: str) -> None:
        model = family(kind)
        network = copy.deepcopy(model.network).requires_grad_(True)
        student = replace(model, network=network)
        rows = rows_for(model)

        def taught(batches: list[list[Rendered]]) -> tuple[torch.Tensor, list[torch.Tensor]]:
            network.zero_grad(set_to_none=True)
            logits = torch.cat([predictions(student, batch) for batch in batches])
            logits.log_softmax(-1)[:, 7].sum().backward()
            return logits.detach(), [p.grad for p in network.parameters() if p.grad is not None]

        (together, gradients), (apart, expected) = taught([rows]), taught([[row] for row in rows])
        torch.testing.assert_close(together, apart, atol=2e-4, rtol=1e-4)
        assert len(gradients) == len(expected) > 2
        for own, other in zip(gradients, expected, strict=True):
            torch.testing.assert_close(own, other, atol=2e-3, rtol=2e-3)

    def test_greedy_answers_are_those_of_the_plain_forward(self, kind: str) -> None:
        model = family(kind)
        prompts = [row.ids for row in rows_for(model)]
        for prompt, answer in zip(prompts, generate(model, prompts, list("abcd"), SPEC), strict=True):
            ids = list(prompt)
            for _ in range(6):
                logits = alone(model, tuple(ids))[-1]
                logits[1] = float("-inf")
                ids.append(int(logits.argmax()))
            assert answer.text == model.tokenizer.decode(ids[len(prompt) :], skip_special_tokens=True).strip()

    def test_the_mass_of_numbers_is_that_of_the_plain_forward(self, kind: str) -> None:
        model = family(kind)
        prompts = [row.ids for row in rows_for(model)]
        digits = {model.tokenizer.convert_tokens_to_ids(digit): int(digit) for digit in "0123456789"}
        for prompt, mass in zip(prompts, number_mass(model, prompts, most=9), strict=True):
            chance = alone(model, prompt)[-1].softmax(-1)
            for token, digit in digits.items():
                goes_on = float(alone(model, (*prompt, token))[-1].softmax(-1)[list(digits)].sum())
                assert mass.numbers.get(digit, 0.0) == pytest.approx(float(chance[token]) * (1 - goes_on), abs=2e-4)


@pytest.mark.parametrize("kind", TESTED)
class TestReadingAndPushing:
    def test_a_reading_is_the_mean_of_what_the_block_gives_in_the_plain_forward(self, kind: str) -> None:
        model = family(kind)
        rows = rows_for(model)
        readings = read(model, rows, [0, 1])
        for i, row in enumerate(rows):
            seen = streams(model, row.ids)
            for block in (0, 1):
                expected = seen[block][row.n_prompt :].mean(0)
                np.testing.assert_allclose(readings.at("response", block)[i], expected.numpy(), atol=2e-5, rtol=1e-4)

    def test_what_is_read_while_it_is_spoken_is_what_is_read_afterwards(self, kind: str) -> None:
        model = family(kind)
        prompts = [row.ids for row in rows_for(model)]
        heard: list[list[int]] = []
        with watched(model, [Sight(1, np.ones(model.width, np.float32))]) as watch:
            watch.listener = lambda ids, scores: heard.append(ids)
            spoken = generate(model, prompts, list("abcd"), SPEC, watch=watch)
        # a batch is heard in six steps, the first of which reads the prompt's last token
        said = [ids for start in range(0, len(heard), 6) for ids in zip(*heard[start + 1 : start + 6], strict=True)]
        order = sorted(range(4), key=lambda i: (-len(prompts[i]), i))
        rows = [Rendered((*prompts[i], *said[place]), len(prompts[i])) for place, i in enumerate(order)]
        again = read_tokens(model, rows, [Sight(1, np.ones(model.width, np.float32))])
        for i, late in zip(order, again, strict=True):
            early = spoken[i].scores
            assert early is not None
            np.testing.assert_allclose(early[: len(late)], late[: len(early)], atol=2e-4, rtol=1e-4)

    def test_a_push_arrives_in_the_stream_as_asked(self, kind: str) -> None:
        model = family(kind)
        rows, vector = rows_for(model), np.linspace(-1, 1, model.width, dtype=np.float32)
        plain = read(model, rows, [1]).at("response", 1)
        with steered(model, [Push(1, vector, 2.0)]):
            pushed = read(model, rows, [1]).at("response", 1)
        np.testing.assert_allclose(pushed - plain, np.tile(2.0 * vector, (len(rows), 1)), atol=1e-4)


@pytest.mark.parametrize("kind", ANSWERS_ONLY)
def test_a_family_of_several_streams_is_told_so_before_anything_is_read(kind: str) -> None:
    model = family(kind)
    with pytest.raises(InputError, match="2 residual streams"):
        read(model, rows_for(model), [0])
    with (
        pytest.raises(InputError, match="2 residual streams"),
        steered(model, [Push(0, np.ones(model.width, np.float32), 1.0)]),
    ):
        pass
    n_before = model.work.n_tokens
    with pytest.raises(InputError, match="2 residual streams"):
        extract(planted_trait(), model)
    assert model.work.n_tokens == n_before


@pytest.mark.parametrize("kind", [*TESTED, *ANSWERS_ONLY])
def test_no_family_that_writes_from_left_to_right_is_taken_for_an_encoder(kind: str) -> None:
    require_causal(family(kind).network, kind)


def test_a_causal_model_passes_in_the_number_type_that_it_is_loaded_in() -> None:
    for dtype in (torch.bfloat16, torch.float16):
        require_causal(copy.deepcopy(family("llama").network).to(dtype), "llama")


def test_a_large_vocabulary_takes_smaller_batches_and_the_same_likelihoods(monkeypatch: pytest.MonkeyPatch) -> None:
    model = family("llama")
    rows, sizes = rows_for(model), []
    whole = log_likelihood(model, rows).total
    monkeypatch.setattr(likelihood, "MOST_LOGITS", 1)
    one_by_one = likelihood._logits
    monkeypatch.setattr(likelihood, "_logits", lambda *given: sizes.append(len(given[1])) or one_by_one(*given))
    np.testing.assert_allclose(log_likelihood(model, rows).total, whole, atol=1e-4)
    assert sizes == [1] * len(rows)
