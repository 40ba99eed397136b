"""Teacher-forced log-likelihood of responses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from heredity.ground.errors import InputError, NonFiniteError
from heredity.ground.progress import SILENCE, Progress
from heredity.models.attention import short_rows
from heredity.models.batches import pad
from heredity.models.cache import dealt_out, prompt_cache
from heredity.models.chat import Rendered
from heredity.models.head import logits_at
from heredity.models.hooks import response_tokens
from heredity.models.model import Model

MOST_LOGITS = 1 << 28
"""Logits (a gigabyte in float32) that a batch may have at once; a row that is longer has a batch of its own."""


@dataclass(frozen=True)
class Likelihood:
    """Log-likelihood of each response given its prompt."""

    total: NDArray[np.float64]
    """Sum over response tokens (nats), `[rows]`."""
    n_tokens: NDArray[np.int64]
    """Response tokens, `[rows]`."""

    @property
    def mean(self) -> NDArray[np.float64]:
        """Mean per token (nats), `[rows]`."""
        return self.total / self.n_tokens


def log_likelihood(
    model: Model,
    rows: Sequence[Rendered],
    token_budget: int = 2048,
    label: str = "log-likelihood",
    progress: Progress = SILENCE,
) -> Likelihood:
    """Return sum_t log p(y_t | x, y_<t) of every row's response.

    Rows with the same prompt share one pass over it (not where the model keeps its past in states that cannot be
    shared), and the output head runs in float32 on responses alone. Raises InputError for an empty response,
    NonFiniteError where the model's logits hold NaN.
    """
    empty = [index for index, row in enumerate(rows) if row.n_response < 1 or row.n_prompt < 2]
    if empty:
        raise InputError(f"row {empty[0]} has no response, or a prompt of fewer than 2 tokens; it has no likelihood")
    total = np.zeros(len(rows))
    with torch.no_grad(), short_rows(model.network), progress.task(label, len(rows)) as task:
        for batch in by_prompt(rows, min(token_budget, max(1, MOST_LOGITS // model.text_config.vocab_size))):
            chosen = [rows[i] for i in batch]
            total[batch] = _totals(_logits(model, chosen), chosen)
            task.advance(len(batch))
    if not np.isfinite(total).all():
        raise NonFiniteError(f"the model's log-likelihoods hold NaN or infinity (dtype {model.dtype}); try float32")
    return Likelihood(total, np.array([row.n_response for row in rows], dtype=np.int64))


def likeliest_next(
    model: Model,
    rows: Sequence[Rendered],
    token_budget: int = 2048,
    label: str = "likeliest tokens",
    progress: Progress = SILENCE,
) -> list[NDArray[np.int64]]:
    """Return the likeliest id before each response token, row by row, `[tokens]`. Raises what `log_p_next` does."""
    found: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64)] * len(rows)
    _require_responses(rows)
    with torch.no_grad(), short_rows(model.network), progress.task(label, len(rows)) as task:
        for batch in by_prompt(rows, min(token_budget, max(1, MOST_LOGITS // model.text_config.vocab_size))):
            chosen = [rows[i] for i in batch]
            logits = _logits(model, chosen)
            if torch.isnan(logits).any():
                raise NonFiniteError(f"the model's logits hold NaN (dtype {model.dtype}); try float32")
            each = torch.split(logits.argmax(dim=-1), [row.n_response for row in chosen])
            for i, ids in zip(batch, each, strict=True):
                found[i] = ids.cpu().numpy()
            task.advance(len(batch))
    return found


def log_p_next(model: Model, rows: Sequence[Rendered], counted: Sequence[int] = ()) -> list[NDArray[np.float32]]:
    """Return log p of every id before each response token, row by row, `[tokens, ids]`; the head runs in float32.

    Of the ids `counted` alone (rising), renormalised, where there are any. Raises InputError for a row without a
    response, NonFiniteError where the model's logits hold NaN.
    """
    _require_responses(rows)
    columns = torch.tensor(sorted(counted), device=model.device) if counted else slice(None)
    with torch.no_grad(), short_rows(model.network):
        log_p = torch.log_softmax(_logits(model, rows)[:, columns], dim=-1)
    if torch.isnan(log_p).any():
        raise NonFiniteError(f"the model's logits hold NaN (dtype {model.dtype}); try float32")
    return [each.cpu().numpy() for each in torch.split(log_p, [row.n_response for row in rows])]


def _require_responses(rows: Sequence[Rendered]) -> None:
    if any(row.n_response < 1 or row.n_prompt < 2 for row in rows):
        raise InputError("a row has no response, or a prompt of fewer than 2 tokens; nothing comes next in it")


def log_p_said(
    log_p: Sequence[NDArray[np.float32]], rows: Sequence[Rendered], counted: Sequence[int] = ()
) -> list[NDArray[np.float32]]:
    """Return log p of each response token, `[tokens]` a row, from what `log_p_next` gave of the same rows and ids."""
    ids = np.array(sorted(counted))
    found = []
    for table, row in zip(log_p, rows, strict=True):
        said = np.array(row.ids[row.n_prompt :])
        found.append(table[np.arange(len(said)), np.searchsorted(ids, said) if counted else said])
    return found


def by_prompt(rows: Sequence[Rendered], token_budget: int) -> list[list[int]]:
    """Return index batches in which equal prompts stand together; prompts and responses each keep to the budget."""
    order = sorted(range(len(rows)), key=lambda i: (-rows[i].n_prompt, rows[i].ids[: rows[i].n_prompt], i))
    batches: list[list[int]] = []
    prompts: set[tuple[int, ...]] = set()
    longest = 0
    for index in order:
        row = rows[index]
        widest = max(longest, row.n_response)
        asked = prompts | {row.ids[: row.n_prompt]}
        n_rows = len(batches[-1]) + 1 if batches else 1
        prompt_length = rows[batches[-1][0]].n_prompt if batches else row.n_prompt
        if batches and n_rows * widest <= token_budget and len(asked) * prompt_length <= token_budget:
            batches[-1].append(index)
            prompts, longest = asked, widest
        else:
            batches.append([index])
            prompts, longest = {row.ids[: row.n_prompt]}, row.n_response
    return batches


def _logits(model: Model, rows: Sequence[Rendered]) -> torch.Tensor:
    """Return the logits before each response token, `[response tokens of all rows, vocabulary]`.

    Prompts but for their last token are read once, then what predicts the responses on their cache.
    """
    prompts = sorted({row.ids[: row.n_prompt - 1] for row in rows})
    padded_prompts = pad(prompts, "left", model.pad_id, model.device)
    with response_tokens(torch.zeros_like(padded_prompts.input_ids)):
        cache = prompt_cache(model.network, padded_prompts.inputs())
    if cache is None:
        return _whole_logits(model, rows)
    model.work.n_tokens += sum(map(len, prompts)) + sum(row.n_response + 1 for row in rows)
    which = torch.tensor([prompts.index(row.ids[: row.n_prompt - 1]) for row in rows], device=model.device)
    dealt_out(cache, which)
    padded_responses = pad([row.ids[row.n_prompt - 1 : -1] for row in rows], "right", model.pad_id, model.device)
    is_response = padded_responses.attention_mask.clone()
    is_response[:, 0] = 0
    starts = torch.tensor([row.n_prompt - 1 for row in rows], device=model.device).unsqueeze(1)
    inputs = {
        "input_ids": padded_responses.input_ids,
        "attention_mask": torch.cat([padded_prompts.attention_mask[which], padded_responses.attention_mask], dim=1),
        "position_ids": padded_responses.position_ids + starts,
        "past_key_values": cache,
    }
    with response_tokens(is_response):
        return logits_at(model.network, inputs, padded_responses.attention_mask)


def _whole_logits(model: Model, rows: Sequence[Rendered]) -> torch.Tensor:
    """Return the same, each row read as a whole: for models whose past cannot be shared."""
    whole = pad([row.ids for row in rows], "right", model.pad_id, model.device)
    is_response, predicts = torch.zeros_like(whole.input_ids), torch.zeros_like(whole.input_ids)
    for i, row in enumerate(rows):
        is_response[i, row.n_prompt : len(row.ids)] = 1
        predicts[i, row.n_prompt - 1 : len(row.ids) - 1] = 1
    model.work.n_tokens += sum(len(row.ids) for row in rows)
    with response_tokens(is_response):
        return logits_at(model.network, {**whole.inputs(), "use_cache": False}, predicts)


def _totals(logits: torch.Tensor, rows: Sequence[Rendered]) -> NDArray[np.float64]:
    """Return `[rows]`: sum_t log p(y_t), from the logits `[response tokens of all rows, vocabulary]` before each."""
    # one row at a time: log p over all of them would double the largest thing in memory
    each = torch.split(logits, [row.n_response for row in rows])
    sums = [_row_total(one, row.ids[row.n_prompt :]) for one, row in zip(each, rows, strict=True)]
    # to the CPU before it is made wider: Apple's devices have no float64
    return torch.stack(sums).cpu().numpy().astype(np.float64)


def _row_total(logits: torch.Tensor, response: tuple[int, ...]) -> torch.Tensor:
    """Return sum_t log p(y_t) from the logits that predict each response token."""
    targets = torch.tensor(response, device=logits.device).unsqueeze(1)
    return torch.log_softmax(logits, dim=-1).gather(1, targets).sum()
