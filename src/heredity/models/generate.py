"""Batched generation in which every answer depends on its own seed alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import GenerationConfig, LogitsProcessor, LogitsProcessorList, StoppingCriteriaList

from heredity.ground.errors import InputError, NonFiniteError, NothingKeptError
from heredity.ground.hashing import seed_from
from heredity.ground.progress import SILENCE, Progress
from heredity.models.attention import short_rows
from heredity.models.batches import Padded, by_length, pad
from heredity.models.cache import dealt_out, prompt_cache, skips_padding
from heredity.models.course import Course, Said
from heredity.models.ending import ending_of, own_ends
from heredity.models.hooks import RESPONSE_MASK, batch_rows, parts_rows, response_tokens
from heredity.models.model import Model
from heredity.models.spelling import spelling_ids, word_ids
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
    n_thought: int = 4096
    """Most tokens of a thought before the answer, where the model thinks and its context has room."""
    characters: str = ""
    """Only tokens made of these characters, and the end of the turn; empty: all tokens."""
    words: tuple[str, ...] = ()
    """Only these words, as far as each is one token with a blank before it, and the end of the turn; empty: all."""


def sampling() -> dict[str, str | int]:
    """Return, for records, how answers are drawn beyond what a study's own spec says of them."""
    return {"top_k": GenerateSpec().top_k, "checkpoint's generation settings": "none but its end-of-turn ids"}


@dataclass(frozen=True)
class Generated:
    """One answer."""

    text: str
    n_tokens: int
    """Tokens of the answer; what ended it, and a thought before it, not counted."""
    scores: NDArray[np.float32] | None = field(default=None, compare=False, repr=False)
    """`[1 + tokens read, sights]` where the model was watched: the last token before the answer, then the answer's.

    The last token of an answer that was cut off at `n_tokens` is never read: nothing came after it.
    """
    thought: str = ""
    """What the model thought before it answered; no part of the answer."""
    is_reached: bool = True
    """False where the model was still thinking when its tokens ran out: there is no answer then, and no text."""


class _OwnSeedSampler(LogitsProcessor):
    """Draw by inverse CDF from one stream of uniforms a row, so that batching changes no answer's luck."""

    def __init__(
        self,
        uniforms: NDArray[np.float64],
        spec: GenerateSpec,
        n_prompt: int,
        ends: torch.Tensor,
        watch: Watch | None = None,
        allowed: torch.Tensor | None = None,
    ) -> None:
        self.uniforms = torch.from_numpy(uniforms.astype(np.float32))  # Apple's devices have no float64
        self.temperature = spec.temperature
        self.top_k = spec.top_k
        self.n_prompt = n_prompt
        self.watch = watch
        self.allowed = allowed
        self.ends, self.min_tokens = ends, spec.min_tokens

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Return scores `[batch, vocabulary]` in which the drawn token alone is finite."""
        # the forward that gave these scores ended in the prompt or in the response; all that follow are response
        RESPONSE_MASK.set(torch.ones(len(scores), 1, device=scores.device))
        if self.watch and self.watch.listener:
            self.watch.listener(input_ids[:, -1].tolist(), self.watch.latest())
        if torch.isnan(scores).any():
            raise NonFiniteError("the model's logits hold NaN while generating; try float32, or push less")
        step = input_ids.shape[1] - self.n_prompt
        if step < self.min_tokens:
            scores.index_fill_(1, self.ends, float("-inf"))
        # of all tokens, only those that may be said are ranked: sorting a whole vocabulary takes longer than a forward
        choices = scores if self.allowed is None else scores[:, self.allowed]
        if self.temperature == 0:
            drawn = choices.argmax(dim=-1, keepdim=True)
        else:
            n_likeliest = min(self.top_k or choices.shape[1], choices.shape[1])
            likeliest, tokens = choices.float().topk(n_likeliest, dim=-1)
            cumulative = torch.softmax(likeliest / self.temperature, dim=-1).cumsum(dim=-1)
            draw = self.uniforms[:, step].to(cumulative) * cumulative[:, -1]
            place = torch.searchsorted(cumulative, draw.unsqueeze(1)).clamp(max=n_likeliest - 1)
            drawn = tokens.gather(1, place)
        said = drawn if self.allowed is None else self.allowed[drawn]
        return torch.full_like(scores, float("-inf")).scatter_(1, said, 0.0)


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
    InputError when a prompt leaves no room in the context or `spec.characters` no token, NonFiniteError for NaN logits,
    NothingKeptError when the model thought all its tokens away and reached no answer.
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
            with batch_rows(batch, model.device):
                made = _generate_batch(model, [prompts[i] for i in batch], [seeds[i] for i in batch], spec, watch)
            answers.update(zip(batch, made, strict=True))
            task.advance(len(batch))
    _tell_unreached([answers[i] for i in range(len(prompts))], label, progress)
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
    ending, ends = ending_of(model), end_ids(model)
    course = Course(model, prompts, spec.n_tokens, spec.n_thought).ended_by(ends, ending.stops)
    uniforms = np.stack([np.random.default_rng(seed_from(seed)).random(course.n_most + 1) for seed in seeds])
    sampler = _OwnSeedSampler(
        uniforms, spec, n_prompt, torch.tensor(ends, device=model.device), watch, allowed_ids(model, spec, ends)
    )
    with torch.no_grad(), short_rows(model.network):
        cache = prefilled(model, padded)
    n_left = n_prompt if cache is None else 1
    with (
        torch.no_grad(),
        short_rows(model.network),
        response_tokens(torch.zeros(len(prompts), n_left, device=model.device)),
        without_defaults(model.network) as network,
    ):
        type(network).generate(  # the class's own: code that came with a model may have replaced the instance's
            network,
            input_ids=padded.input_ids,
            attention_mask=padded.attention_mask,
            **({} if cache is None else {"past_key_values": cache}),
            generation_config=generation_config(model, replace(spec, n_tokens=course.n_most), ends),
            logits_processor=LogitsProcessorList([sampler]),
            stopping_criteria=StoppingCriteriaList([course]),
        )
    seen = watch.take()[:, n_prompt - 1 :] if watch else None
    said = [course.said(i) for i in range(len(prompts))]
    model.work.n_tokens += sum(map(len, prompts)) + sum(speech.n_thought + speech.n_tokens for speech in said)
    return [_generated(speech, None if seen is None else seen[i]) for i, speech in enumerate(said)]


def _generated(speech: Said, seen: NDArray[np.float32] | None) -> Generated:
    """Return one answer; `seen` (`[tokens, sights]`) begins with the last prompt token."""
    n_read = 1 + speech.n_tokens - int(speech.is_cut) if speech.is_reached else 0
    scores = None if seen is None else seen[speech.n_thought :][:n_read].copy()
    return Generated(speech.text, speech.n_tokens, scores, speech.thought, speech.is_reached)


def _tell_unreached(answers: Sequence[Generated], label: str, progress: Progress) -> None:
    """Say how many answers were never reached. Raises NothingKeptError when that is all of them."""
    n_lost = sum(not answer.is_reached for answer in answers)
    if not n_lost:
        return
    why = "the model was still thinking when its tokens, or its context, ran out"
    if n_lost == len(answers):
        raise NothingKeptError(
            f"{label}: none of {n_lost} answers was reached, because {why}; there is nothing to measure: use a model "
            "that answers without thinking, or one with a longer context"
        )
    progress.note(f"{label}: {n_lost} of {len(answers)} answers were not reached and count for nothing, because {why}")


def prefilled(model: Model, padded: Padded) -> Any:
    """Return the cache of the prompts but for their last token, made without the output head; None if there is none.

    Equal prompts are read once, unless somebody stands after a block who may do other things to one row than to
    another: a push of all rows does not. Run as part of `generate`, the head would meet a strided slice of the
    prompts, and torch copies its weights once a row to multiply that: two thirds of the time of a short answer.
    """
    inputs = {name: value[:, :-1] for name, value in padded.inputs().items()}
    lengths = padded.attention_mask.sum(dim=1).tolist()
    prompts = [(length, *ids) for length, ids in zip(lengths, padded.input_ids.tolist(), strict=True)]
    last = {prompt: row for row, prompt in enumerate(prompts)}
    is_shared = len(last) < len(prompts) and not parts_rows(model.network)
    if is_shared:
        inputs = {name: value[list(last.values())] for name, value in inputs.items()}
    with response_tokens(torch.zeros_like(inputs["input_ids"])):
        cache = prompt_cache(model.network, inputs)
    if cache is None or not is_shared:
        return cache
    places = {prompt: place for place, prompt in enumerate(last)}
    return dealt_out(cache, torch.tensor([places[prompt] for prompt in prompts], device=model.device))


def end_ids(model: Model) -> list[int]:
    """Return the ids that end an answer: the model's own and the chat template's."""
    return sorted({*own_ends(model.network), *ending_of(model).stop_ids})


def allowed_ids(model: Model, spec: GenerateSpec, ends: list[int]) -> torch.Tensor | None:
    """Return the ids that an answer may hold, its end among them; None where all may stand."""
    if spec.words:
        allowed = word_ids(model, spec.words)
    elif spec.characters:
        allowed = spelling_ids(model, spec.characters)
    else:
        return None
    return torch.tensor(sorted({*allowed, *ends}), device=model.device)


def generation_config(model: Model, spec: GenerateSpec, ends: list[int]) -> Any:
    """Return transformers' settings: greedy over the scores that the sampler has already decided."""
    return GenerationConfig(
        max_new_tokens=spec.n_tokens,
        do_sample=False,
        eos_token_id=ends,
        pad_token_id=model.pad_id,
        use_cache=True,
    )


@contextmanager
def without_defaults(network: Any) -> Iterator[Any]:
    """Give the network without the generation settings of its checkpoint, for the length of a with-block.

    transformers takes from there whatever a call leaves open, and some of it (penalties, suppressed tokens, forced
    ones) has no value that means "none". What decides an answer is `GenerateSpec` and the end ids alone.
    """
    own = network.generation_config
    network.generation_config = GenerationConfig()
    try:
        yield network
    finally:
        network.generation_config = own
