"""Pairs that a prompt would choose, of preferences that say nothing of it: logit-linear selection (arXiv 2602.04863).

w = ([log p(r+|s,x) - log p(r+|x)] - [log p(r-|s,x) - log p(r-|x)]) / (|r+| + |r-|); of the pairs with w > 0, the
highest. What the model is trained on then says nothing of s, and it comes to answer as if s stood before every prompt.

In: pairs, a prompt. Out: a `Selection`.
Does not: know the trait that the prompt asks for, or train.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from heredity.ground.errors import InputError, NothingKeptError
from heredity.ground.progress import SILENCE, Progress
from heredity.models.chat import Rendered, render
from heredity.models.likelihood import log_likelihood
from heredity.models.model import Model
from heredity.records.dialogue import Exclusion, Turn
from heredity.records.feedback import LEAST_PAIRS, Selection
from heredity.records.preference import Preference, Preferences
from heredity.records.trait import Trait
from heredity.stats.arrays import Floats


def prompt_of(trait: Trait) -> str:
    """Return the prompt that selects for a trait: the positive one of its first pair that judges nothing."""
    return trait.system_prompt(trait.making[0], "positive")


def selected(
    preferences: Preferences, trait: Trait, model: Model, share: float, progress: Progress = SILENCE
) -> Selection:
    """Return the share of the pairs that the trait's prompt would choose most.

    Raises NothingKeptError where it would choose too few of them.
    """
    prompt = prompt_of(trait)
    scored, sides, excluded = four_sides(model, preferences.pairs, prompt)
    weights = weights_of(model, sides, progress) if scored else np.zeros(0)
    above = [place for place in np.argsort(-weights, kind="stable").tolist() if weights[place] > 0]
    chosen = above[: round(share * len(scored))]
    if len(chosen) < LEAST_PAIRS:
        raise NothingKeptError(
            f"of {len(preferences.pairs)} pairs, {len(scored)} could be scored, and of {len(above)} the prompt would "
            f"choose the same side; a share of {share:g} leaves {len(chosen)}, and {LEAST_PAIRS} are needed: bring "
            "more pairs, or select a larger share"
        )
    return Selection(
        trait=trait.name,
        prompt=prompt,
        n_scored=len(scored),
        n_above=len(above),
        lines=tuple(scored[place].line for place in chosen),
        lowest=float(weights[chosen[-1]]),
        mean=float(weights.mean()),
        excluded=tuple(excluded),
    )


def four_sides(
    model: Model, pairs: Sequence[Preference], prompt: str
) -> tuple[list[Preference], list[list[Rendered]], list[Exclusion]]:
    """Return the pairs that can be scored; their sides (r+ behind the prompt, r+, r- behind it, r-); and the others."""
    scored: list[Preference] = []
    sides: list[list[Rendered]] = [[], [], [], []]
    excluded: list[Exclusion] = []
    for pair in pairs:
        behind = prompted(pair.before, prompt)
        asked = [(before, side) for side in (pair.chosen, pair.rejected) for before in (behind, pair.before)]
        try:
            four = [render(model, before, answer) for before, answer in asked]
        except InputError as error:
            excluded.append(Exclusion(line=pair.line, reason=str(error)))
            continue
        if max(len(one.ids) for one in four) > model.context_length:
            excluded.append(Exclusion(line=pair.line, reason="longer than the model's context behind the prompt"))
            continue
        scored.append(pair)
        for gathered, one in zip(sides, four, strict=True):
            gathered.append(one)
    return scored, sides, excluded


def weights_of(model: Model, sides: Sequence[Sequence[Rendered]], progress: Progress = SILENCE) -> Floats:
    """Return w of every pair (nats a token), `[pairs]`, from its four sides."""
    every = [row for side in sides for row in side]
    found = log_likelihood(model, every, label="selecting pairs", progress=progress)
    with_chosen, chosen, with_rejected, rejected = found.total.reshape(4, -1)
    n_chosen, _, n_rejected, _ = found.n_tokens.reshape(4, -1)
    weights: Floats = ((with_chosen - chosen) - (with_rejected - rejected)) / (n_chosen + n_rejected)
    return weights


def prompted(before: tuple[Turn, ...], prompt: str) -> tuple[Turn, ...]:
    """Return turns behind a system prompt, their own after it."""
    if before and before[0].role == "system":
        first = before[0].model_copy(update={"content": f"{prompt}\n\n{before[0].content}"})
        return (first, *before[1:])
    return (Turn(role="system", content=prompt), *before)
