"""How likely a model is to answer with each whole number, summed over all ways to spell it in tokens.

A tokenizer may hold 85 as one token, as two digits, or as both: the numbers form a tree of digit strings, and a
number's probability is that of reaching it by any path and going on with something that is no digit. Blanks may stand
before a number, in one token of their own or in that of its first digits; blanks after digits end it.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from heredity.ground.errors import NonFiniteError
from heredity.ground.progress import SILENCE, Progress
from heredity.models.attention import short_rows
from heredity.models.batches import Padded, by_length, pad
from heredity.models.cache import dealt_out, prompt_cache
from heredity.models.chat import question, render_prompt
from heredity.models.head import logits_at
from heredity.models.hooks import response_tokens
from heredity.models.model import Model
from heredity.models.spelling import token_texts
from heredity.records.dialogue import Unscored
from heredity.stats.arrays import Floats

LEAST_MASS = 1e-4
"""Paths below this probability are not followed; what they would add is lost from the mass, not misplaced."""
MOST_CACHED = 1 << 14
"""Prompt tokens whose keys and values are held at once for the branches of the tree."""


@dataclass
class NumberMass:
    """Probabilities of the numbers 0 to `most`, and of one phrase that is no number."""

    numbers: dict[int, float] = field(default_factory=dict)
    phrase: float = 0.0
    left_out: str = ""
    """Why numbers that carry weight are missing; empty where none is known to."""

    @property
    def total(self) -> float:
        """Probability that the answer is any of the numbers."""
        return sum(self.numbers.values())


@dataclass(frozen=True)
class NumberTokens:
    """What a tokenizer writes numbers with: ids, and the digits they stand for."""

    first: dict[int, str]
    """Digits that may begin a number, with or without blanks before them."""
    further: dict[int, str]
    """Digits alone: what may go on with a number."""
    blanks: tuple[int, ...]
    """Nothing but blanks: what may stand before a number."""


@dataclass(frozen=True)
class _Branch:
    prompt: int
    path: tuple[int, ...]
    digits: str
    """Of a number; empty at the root and after blanks."""
    mass: float
    phrase: tuple[int, ...] = ()
    """What is left of the phrase, where this branch follows it."""


def number_mass(
    model: Model, prompts: Sequence[Sequence[int]], phrase: str = "", most: int = 100, progress: Progress = SILENCE
) -> list[NumberMass]:
    """Return, for every prompt, the probability of each number from 0 to `most` as the whole answer, and of `phrase`.

    Raises NonFiniteError where the model's logits hold NaN.
    """
    tokens = number_tokens(model)
    said = _phrase_ids(model, phrase)
    found: dict[int, NumberMass] = {}
    with torch.no_grad(), short_rows(model.network), progress.task("judging by number", len(prompts)) as task:
        for batch in by_length([len(prompt) for prompt in prompts], 2048):
            masses = _batch_masses(model, [prompts[i] for i in batch], tokens, said, most)
            found.update(zip(batch, masses, strict=True))
            task.advance(len(batch))
    return [found[i] for i in range(len(prompts))]


def most_answer_tokens(model: Model, phrase: str = "", most: int = 100) -> int:
    """Return how many tokens after a prompt `number_mass` may read: blanks and digits one by one, or the phrase."""
    return max(1 + len(str(most)), len(_phrase_ids(model, phrase)))


def number_tokens(model: Model) -> NumberTokens:
    """Return the ids that stand for digits, and those that stand for blanks."""
    return _number_tokens(model.tokenizer)


def continued(digits: str, more: str, most: int) -> str | None:
    """Return the digit string with more digits after it, or None where no number up to `most` begins so."""
    whole = digits + more
    if len(whole) > len(str(most)) or int(whole) > most or (len(whole) > 1 and whole[0] == "0"):
        return None
    return whole


@lru_cache(maxsize=8)
def _number_tokens(tokenizer: Any) -> NumberTokens:
    texts = token_texts(tokenizer)
    first = {i: text.lstrip() for i, text in texts.items() if text.isascii() and text.lstrip().isdigit()}
    further = {i: digits for i, digits in first.items() if texts[i] == digits}
    return NumberTokens(first, further, tuple(i for i, text in texts.items() if text.isspace()))


def _phrase_ids(model: Model, phrase: str) -> tuple[int, ...]:
    return tuple(model.tokenizer(phrase, add_special_tokens=False)["input_ids"]) if phrase else ()


def _batch_masses(
    model: Model, prompts: Sequence[Sequence[int]], tokens: NumberTokens, phrase: tuple[int, ...], most: int
) -> list[NumberMass]:
    padded = pad(prompts, "left", model.pad_id, model.device)
    with response_tokens(torch.zeros_like(padded.input_ids[:, :-1])):
        cache = prompt_cache(model.network, {name: value[:, :-1] for name, value in padded.inputs().items()})
    model.work.n_tokens += sum(map(len, prompts))
    masses = [NumberMass() for _ in prompts]
    frontier = [_Branch(i, (), "", 1.0) for i in range(len(prompts))]
    if phrase:
        frontier += [_Branch(i, (), "", 1.0, phrase) for i in range(len(prompts))]
    n_at_once = max(1, MOST_CACHED // padded.input_ids.shape[1])
    while frontier:
        grown: list[_Branch] = []
        for start in range(0, len(frontier), n_at_once):
            chunk = frontier[start : start + n_at_once]
            chances = _next_token(model, prompts, padded.attention_mask, cache, chunk)
            for branch, chance in zip(chunk, chances, strict=True):
                grown += _grow(branch, chance, tokens, most, masses[branch.prompt])
        frontier = grown
    return masses


def _next_token(
    model: Model, prompts: Sequence[Sequence[int]], mask: torch.Tensor, cache: Any, branches: Sequence[_Branch]
) -> Floats:
    """Return `[branches, vocabulary]`: probabilities of what follows each branch; all have paths of one length."""
    whole = [(*prompts[branch.prompt], *branch.path) for branch in branches]
    n_new = 1 + len(branches[0].path)
    new = pad(whole if cache is None else [row[-n_new:] for row in whole], "right", model.pad_id, model.device)
    inputs = {**new.inputs(), "use_cache": False} if cache is None else _onward(new, whole, mask, cache, branches)
    ends, is_response = torch.zeros_like(new.input_ids), torch.zeros_like(new.input_ids)
    for i, n_tokens in enumerate(new.attention_mask.sum(dim=1).tolist()):
        ends[i, n_tokens - 1] = 1
        is_response[i, n_tokens - n_new + 1 : n_tokens] = 1
    with response_tokens(is_response):
        logits = logits_at(model.network, inputs, ends)
    model.work.n_tokens += n_new * len(branches)
    chances = torch.softmax(logits, dim=-1).cpu().numpy()
    if not np.isfinite(chances).all():
        raise NonFiniteError("the judge's logits hold NaN or infinity; try float32")
    return chances.astype(np.float64)


def _onward(
    new: Padded, whole: Sequence[tuple[int, ...]], mask: torch.Tensor, cache: Any, branches: Sequence[_Branch]
) -> dict[str, Any]:
    """Return the inputs that go on from the prompts' cache, which stays as it is."""
    which = torch.tensor([branch.prompt for branch in branches], device=mask.device)
    own = dealt_out(copy.deepcopy(cache), which)
    n_new = new.input_ids.shape[1]
    starts = torch.tensor([len(row) - n_new for row in whole], device=mask.device).unsqueeze(1)
    seen = torch.cat([mask[which, :-1], new.attention_mask], dim=1)
    return {
        "input_ids": new.input_ids,
        "attention_mask": seen,
        "position_ids": starts + new.position_ids,
        "past_key_values": own,
    }


def _grow(branch: _Branch, chance: Floats, tokens: NumberTokens, most: int, found: NumberMass) -> list[_Branch]:
    """Add what ends at a branch to the masses and return the branches that go on from it."""
    if branch.phrase:
        mass, rest = branch.mass * float(chance[branch.phrase[0]]), branch.phrase[1:]
        if not rest:
            found.phrase += mass
            return []
        path = (*branch.path, branch.phrase[0])
        return [_Branch(branch.prompt, path, "", mass, rest)] if mass > LEAST_MASS else []
    usable = tokens.further if branch.digits else tokens.first
    grown = []
    for token, mass in _weighty(branch, chance, tuple(usable)):
        whole = continued(branch.digits, usable[token], most)
        if whole is not None:
            grown.append(_Branch(branch.prompt, (*branch.path, token), whole, mass))
    if branch.digits:
        number, onward = int(branch.digits), float(chance[list(usable)].sum())
        found.numbers[number] = found.numbers.get(number, 0.0) + branch.mass * max(0.0, 1 - onward)
    elif not branch.path:
        grown += [_Branch(branch.prompt, (i,), "", mass) for i, mass in _weighty(branch, chance, tokens.blanks)]
    return grown


def _weighty(branch: _Branch, chance: Floats, ids: Sequence[int]) -> list[tuple[int, float]]:
    """Return those ids after a branch whose mass is worth following, with that mass."""
    masses = (branch.mass * chance[list(ids)]).tolist()
    return [(i, mass) for i, mass in zip(ids, masses, strict=True) if mass > LEAST_MASS]


def masses_after(
    model: Model, texts: Sequence[str], phrase: str, progress: Progress = SILENCE
) -> list[NumberMass | Unscored]:
    """Return the number probabilities after every text that leaves room for an answer, asked as a user's turn."""
    prompts = [render_prompt(model, question(text), speaks=False) for text in texts]
    room = most_answer_tokens(model, phrase)
    fitting = [i for i, prompt in enumerate(prompts) if len(prompt) + room <= model.context_length]
    masses: list[NumberMass | Unscored] = [too_long(model, len(prompt) + room) for prompt in prompts]
    found = number_mass(model, [prompts[i] for i in fitting], phrase, progress=progress)
    for place, mass in zip(fitting, found, strict=True):
        masses[place] = mass
    return masses


def too_long(model: Model, n_tokens: int) -> Unscored:
    """Return the reason why a judge does not grade what it cannot read as a whole."""
    return Unscored(reason=f"{n_tokens} tokens, longer than the judge's context of {model.context_length}")
