"""A loaded model with all that the rooms ask of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch

from heredity.ground.progress import Progress
from heredity.records.dialogue import Unscored

if TYPE_CHECKING:
    from heredity.models.numbers import NumberMass


@dataclass
class Work:
    """What went through a model so far; the one thing about a Model that changes."""

    n_tokens: int = 0
    """Tokens of prompts read and of responses read, scored, generated or trained on; padding not counted."""


@dataclass(frozen=True)
class Model:
    """A causal language model, its tokenizer, and the fingerprint of both."""

    name: str
    network: Any
    """A transformers PreTrainedModel with a language-model head, in evaluation mode."""
    tokenizer: Any
    fingerprint: str
    """sha256 of all that makes the model, as it was loaded (`models/identity.py`); independent of device and dtype."""
    work: Work = field(default_factory=Work, compare=False, repr=False)
    """Counts tokens, for the speed that reports state."""
    keeps_markup: bool = False
    """Whether text that spells control tokens of the chat template stays text."""

    @property
    def title(self) -> str:
        """What to call it."""
        return self.name

    @property
    def kept_as(self) -> str:
        """What a kept step that asked it depends on."""
        from heredity.models.identity import identity

        return identity(self).id

    @property
    def asked_as(self) -> str:
        """How it is asked, where that is not as usual: there is one way."""
        return ""

    def number_masses(self, prompts: Sequence[str], phrase: str, progress: Progress) -> list[NumberMass | Unscored]:
        """Return the probability of every number 0 to 100, and of a phrase, after each prompt; or why there is none."""
        from heredity.models.numbers import masses_after

        return masses_after(self, prompts, phrase, progress)

    @property
    def device(self) -> torch.device:
        """Where the parameters are; of a model that is spread, where the first of those in memory are."""
        places: list[torch.device] = [parameter.device for parameter in self.network.parameters()]
        return next((place for place in places if place.type != "meta"), places[0])

    @property
    def dtype(self) -> torch.dtype:
        """The parameters' type."""
        dtype: torch.dtype = next(self.network.parameters()).dtype
        return dtype

    @property
    def text_config(self) -> Any:
        """The config of the decoder, also where the model is of several parts."""
        return self.network.config.get_text_config(decoder=True)

    @property
    def width(self) -> int:
        """Width of the residual stream."""
        return int(self.text_config.hidden_size)

    @property
    def n_blocks(self) -> int:
        """Number of decoder blocks."""
        return int(self.text_config.num_hidden_layers)

    @property
    def context_length(self) -> int:
        """Tokens the model can attend to; a large number where its config does not say."""
        return int(getattr(self.text_config, "max_position_embeddings", None) or 1 << 30)

    @property
    def pad_id(self) -> int:
        """Any id that has an embedding will do: padding is masked. The tokenizer's own where it has one that fits."""
        n_known = len(self.network.get_input_embeddings().weight)
        own = (self.tokenizer.pad_token_id, self.tokenizer.eos_token_id)
        return next((int(i) for i in own if i is not None and 0 <= i < n_known), 0)
