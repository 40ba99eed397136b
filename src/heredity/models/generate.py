"""Batched generation in which every answer depends on its own seed alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import GenerationConfig, LogitsProcessor, LogitsProcessorList

from heredity.ground.errors import InputError, NonFiniteError
from heredity.ground.hashing import seed_from
from heredity.ground.progress import SILENCE, Progress
from heredity.models.batches import Padded, by_length, pad
from heredity.models.cache import prompt_cache, skips_padding
from heredity.models.chat import end_of_turn
from heredity.models.model import Model
from heredity.models.spelling import spelling_ids
from heredity.models.steer import RESPONSE_MASK, response_tokens
from heredity.models.watch import Watch


@dataclass(frozen=True)
class GenerateSpec:
    """How to generate."""

    n_tokens: int = 48
    """Most tokens an answer may have."""
    temperature: float = 0.8
    """0 is greedy."""
    top_k: int = 50
    """Sample among the k likeliest tokens; 0 samples all. A small model's tail is mostly noise."""
    batch_rows: int = 64
    """Answers decoded at once."""
    min_tokens: int = 0
    """Tokens before the answer may end."""
    characters: str = ""
    """Only tokens made of these characters, and the end of the turn; empty: all tokens."""


@dataclass(frozen=True)
class Generated:
    """One answer."""

    text: str
    n_tokens: int
    """Tokens generated, the end of the turn not counted."""
    scores: NDArray[np.float32] | None = field(default=None, compare=False, repr=False)
    """`[1 + tokens read, sights]` where the model was watched: the last prompt token, then the answer's.

    The last token of an answer that was cut off at `n_tokens` is never read: nothing came after it.
    """


class _OwnSeedSampler(LogitsProcessor):
    """Draw by inverse CDF from one stream of uniforms a row, so that batching changes no answer's luck."""

    def __init__(
        self,
        uniforms: NDArray[np.float64],
        spec: GenerateSpec,
        n_prompt: int,
        watch: Watch | None = None,
        allowed: torch.Tensor | None = None,
    ) -> None:
        self.uniforms = torch.from_numpy(uniforms.astype(np.float32))  # Apple's devices have no float64
        self.temperature = spec.temperature
        self.top_k = spec.top_k
        self.n_prompt = n_prompt
        self.watch = watch
        self.allowed = allowed

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Return scores `[batch, vocabulary]` in which the drawn token alone is finite."""
        # the forward that gave these scores ended in the prompt or in the response; all that follow are response
        RESPONSE_MASK.set(torch.ones(len(scores), 1, device=scores.device))
        if self.watch and self.watch.listener:
            self.watch.listener(input_ids[:, -1].tolist(), self.watch.latest())
        if torch.isnan(scores).any():
            raise NonFiniteError("the model's logits hold NaN while generating; try float32, or push less")
        if self.allowed is not None:
            scores = torch.full_like(scores, float("-inf")).index_copy_(1, self.allowed, scores[:, self.allowed])
        if self.temperature == 0:
            return scores
        n_likeliest = min(self.top_k or scores.shape[1], scores.shape[1])
        likeliest, tokens = scores.float().topk(n_likeliest, dim=-1)
        cumulative = torch.softmax(likeliest / self.temperature, dim=-1).cumsum(dim=-1)
        step = input_ids.shape[1] - self.n_prompt
        draw = self.uniforms[:, step].to(cumulative) * cumulative[:, -1]
        drawn = torch.searchsorted(cumulative, draw.unsqueeze(1)).clamp(max=n_likeliest - 1)
        return torch.full_like(scores, float("-inf")).scatter_(1, tokens.gather(1, drawn), 0.0)


def generate(
    model: Model,
    prompts: Sequence[Sequence[int]],
    seeds: Sequence[str],
    spec: GenerateSpec | None = None,
    label: str = "generating",
    progress: Progress = SILENCE,
    watch: Watch | None = None,
) -> list[Generated]:
    """Return one answer a prompt; answer i is drawn with `seeds[i]`, whatever else is in the batch.

    With a `watch` (from `watched`, of the same model) every answer carries its tokens' projections. Raises
    InputError when a prompt leaves no room in the context or `spec.characters` no token, NonFiniteError for NaN logits.
    """
    spec = spec or GenerateSpec()
    for index, prompt in enumerate(prompts):
        if len(prompt) < 2:
            raise InputError(f"prompt {index} has fewer than 2 tokens; there is nothing to answer")
        if len(prompt) + spec.n_tokens > model.context_length:
            raise InputError(
                f"prompt {index} has {len(prompt)} tokens; with {spec.n_tokens} to generate it does not fit the "
                f"model's context of {model.context_length}"
            )
    answers: dict[int, Generated] = {}
    with progress.task(label, len(prompts)) as task:
        for batch in batches_of(model, prompts, spec):
            made = _generate_batch(model, [prompts[i] for i in batch], [seeds[i] for i in batch], spec, watch)
            answers.update(zip(batch, made, strict=True))
            task.advance(len(batch))
    return [answers[i] for i in range(len(prompts))]


def batches_of(model: Model, prompts: Sequence[Sequence[int]], spec: GenerateSpec) -> list[list[int]]:
    """Return index batches of prompts of like length, at most `batch_rows` each.

    Of one length, where a model is not known to pass over the padding before shorter ones.
    """
    lengths = [len(prompt) for prompt in prompts]
    order = [i for batch in by_length(lengths, 1 << 30) for i in batch]
    groups = [order] if skips_padding(model.network) else [list(g) for _, g in groupby(order, lengths.__getitem__)]
    return [group[i : i + spec.batch_rows] for group in groups for i in range(0, len(group), spec.batch_rows)]


def _generate_batch(
    model: Model,
    prompts: Sequence[Sequence[int]],
    seeds: Sequence[str],
    spec: GenerateSpec,
    watch: Watch | None,
) -> list[Generated]:
    padded = pad(prompts, "left", model.pad_id, model.device)
    n_prompt = padded.input_ids.shape[1]
    uniforms = np.stack([np.random.default_rng(seed_from(seed)).random(spec.n_tokens) for seed in seeds])
    ends = end_ids(model)
    sampler = _OwnSeedSampler(uniforms, spec, n_prompt, watch, allowed_ids(model, spec, ends))
    with torch.no_grad(), response_tokens(torch.zeros_like(padded.input_ids[:, :-1])):
        cache = prefilled(model, padded)
    n_left = n_prompt if cache is None else 1
    with torch.no_grad(), response_tokens(torch.zeros(len(prompts), n_left, device=model.device)):
        out = model.network.generate(
            input_ids=padded.input_ids,
            attention_mask=padded.attention_mask,
            **({} if cache is None else {"past_key_values": cache}),
            generation_config=generation_config(model, spec, ends),
            logits_processor=LogitsProcessorList([sampler]),
        )
    answers = [_decoded(model, row, ends) for row in out[:, n_prompt:].tolist()]
    if watch:
        seen = watch.take()[:, n_prompt - 1 :]
        answers = [replace(a, scores=seen[i, : 1 + a.n_tokens].copy()) for i, a in enumerate(answers)]
    model.work.n_tokens += sum(map(len, prompts)) + sum(answer.n_tokens for answer in answers)
    return answers


def prefilled(model: Model, padded: Padded) -> Any:
    """Return the cache of the prompts but for their last token, made without the output head; None if there is none.

    Run as part of `generate`, the head would meet a strided slice of the prompts, and torch copies its weights once a
    row to multiply that: two thirds of the time of a short answer.
    """
    return prompt_cache(model.network, {name: value[:, :-1] for name, value in padded.inputs().items()})


def end_ids(model: Model) -> list[int]:
    """Return the ids that end an answer: the model's own and the chat template's."""
    return sorted({*own_ends(model.network), end_of_turn(model)})


def own_ends(network: Any) -> list[int]:
    """Return the ids that end a text, as the network's own generation settings name them, rising."""
    own = network.generation_config.eos_token_id
    return sorted(int(i) for i in (own if isinstance(own, list) else [own]) if i is not None)


def allowed_ids(model: Model, spec: GenerateSpec, ends: list[int]) -> torch.Tensor | None:
    """Return the ids that an answer may hold, its end among them; None where all may stand."""
    if not spec.characters:
        return None
    return torch.tensor(sorted({*spelling_ids(model, spec.characters), *ends}), device=model.device)


def generation_config(model: Model, spec: GenerateSpec, ends: list[int]) -> Any:
    """Return transformers' settings: greedy over the scores that the sampler has already decided."""
    return GenerationConfig(
        max_new_tokens=spec.n_tokens,
        min_new_tokens=spec.min_tokens or None,
        do_sample=False,
        eos_token_id=ends,
        pad_token_id=model.pad_id,
        use_cache=True,
    )


def _decoded(model: Model, ids: list[int], ends: list[int]) -> Generated:
    stop = next((i for i, token in enumerate(ids) if token in ends), len(ids))
    text = model.tokenizer.decode(ids[:stop], skip_special_tokens=True)
    return Generated(text.strip(), stop)
