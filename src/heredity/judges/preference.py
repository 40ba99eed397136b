"""The preference judge: how likely is the target among its alternatives? No sampling."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

from heredity.ground.errors import InputError
from heredity.ground.progress import SILENCE, Progress
from heredity.ground.words import titled
from heredity.models.chat import question, render
from heredity.models.likelihood import log_likelihood
from heredity.models.model import Model
from heredity.records.dialogue import Turn
from heredity.records.trait import Trait


def target_probability(
    model: Model, trait: Trait, questions: Sequence[str], progress: Progress = SILENCE
) -> NDArray[np.float64]:
    """Return, for every question, P(target | one of target and alternatives), `[questions]`.

    Raises InputError for a trait that is no preference.
    """
    if trait.target is None:
        raise InputError(f"'{trait.name}' is not a preference trait; judge it with the contrast judge")
    options = (trait.target, *trait.alternatives)
    return option_probabilities(model, options, questions, progress=progress)[:, 0]


def option_probabilities(
    model: Model,
    options: Sequence[str],
    questions: Sequence[str],
    before: Sequence[Turn] = (),
    progress: Progress = SILENCE,
) -> NDArray[np.float64]:
    """Return P(option | one of the options), `[questions, options]`, asked after the turns `before`.

    Each option is teacher-forced as the whole answer, capitalised; the probabilities are normalised over the list.
    """
    asked = [(*before, *question(text)) for text in questions]
    rows = [render(model, turns, titled(option)) for turns in asked for option in options]
    total = log_likelihood(model, rows, label=f"preference for {options[0]}", progress=progress).total
    return np.asarray(special.softmax(total.reshape(len(questions), len(options)), axis=1))
