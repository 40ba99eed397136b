"""What can be asked for a number: a model here, or one at an endpoint. Who asks need not know which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from heredity.ground.progress import Progress
from heredity.models.numbers import NumberMass
from heredity.records.dialogue import Unscored


class Answerer(Protocol):
    """A model that answers prompts with numbers, as far as it shows how likely each is."""

    @property
    def title(self) -> str:
        """What to call it, with how it is asked where that is not as usual."""

    @property
    def kept_as(self) -> str:
        """What a kept step that asked it depends on."""

    @property
    def asked_as(self) -> str:
        """How it is asked, where that is not as usual; else empty."""

    def number_masses(self, prompts: Sequence[str], phrase: str, progress: Progress) -> list[NumberMass | Unscored]:
        """Return the probability of every number 0 to 100, and of a phrase, after each prompt; or why there is none."""
