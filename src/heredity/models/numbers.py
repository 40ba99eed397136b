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

import torch

from heredity.ground.errors import NonFiniteError
from heredity.ground.progress import SILENCE, Progress
from heredity.models.batches import by_length, pad
from heredity.models.generate import prefilled
from heredity.models.model import Model
from heredity.models.spelling import token_texts
from heredity.models.steer import response_tokens

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
    with torch.no_grad(), progress.task("judging by number", len(prompts)) as task:
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
        cache = prefilled(model, padded)
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
) -> torch.Tensor:
    """Return `[branches, vocabulary]`: probabilities of what follows each branch; all have paths of one length."""
    which = torch.tensor([branch.prompt for branch in branches], device=model.device)
    own = copy.deepcopy(cache)
    own.batch_select_indices(which)
    said = torch.tensor([[prompts[b.prompt][-1], *b.path] for b in branches], device=model.device)
    starts = torch.tensor([len(prompts[b.prompt]) - 1 for b in branches], device=model.device).unsqueeze(1)
    seen = mask[which]
    if said.shape[1] > 1:
        seen = torch.cat([seen, seen.new_ones(len(branches), said.shape[1] - 1)], dim=1)
    with response_tokens(torch.ones_like(said)):
        # all of the few logits: torch copies the head's weights once a row to multiply a slice of the hidden states
        logits = model.network(
            input_ids=said,
            attention_mask=seen,
            position_ids=starts + torch.arange(said.shape[1], device=model.device),
            past_key_values=own,
        ).logits[:, -1]
    model.work.n_tokens += said.numel()
    chances = torch.softmax(logits.float(), dim=-1)
    if not torch.isfinite(chances).all():
        raise NonFiniteError("the judge's logits hold NaN or infinity; try float32")
    return chances.cpu()


def _grow(branch: _Branch, chance: torch.Tensor, tokens: NumberTokens, most: int, found: NumberMass) -> list[_Branch]:
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
        number, onward = int(branch.digits), float(chance[list(usable)].double().sum())
        found.numbers[number] = found.numbers.get(number, 0.0) + branch.mass * max(0.0, 1 - onward)
    elif not branch.path:
        grown += [_Branch(branch.prompt, (i,), "", mass) for i, mass in _weighty(branch, chance, tokens.blanks)]
    return grown


def _weighty(branch: _Branch, chance: torch.Tensor, ids: Sequence[int]) -> list[tuple[int, float]]:
    """Return those ids after a branch whose mass is worth following, with that mass."""
    masses = (branch.mass * chance[list(ids)].double()).tolist()
    return [(i, mass) for i, mass in zip(ids, masses, strict=True) if mass > LEAST_MASS]
