"""Several defences at once: entered together, left together, each with its own count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Self

from torch import nn

from heredity.models.hooks import Handle
from heredity.models.model import Model
from heredity.records.dialogue import Corpus
from heredity.training.batches import Examples
from heredity.training.defences.defence import Defence
from heredity.training.defences.steps import Acted


class Defences(Defence):
    """A context manager that enters all of its parts, in their order, and leaves them all when one fails."""

    name = "several"
    takes_vectors = False

    def __init__(self, parts: Sequence[Defence]) -> None:
        super().__init__(tuple({v.header.id: v for part in parts for v in part.vectors}.values()))
        self._parts = tuple(parts)
        self.title = " and ".join(part.title for part in parts)  # type: ignore[misc]
        self.softer = "; or ".join(part.softer for part in parts)  # type: ignore[misc]

    @property
    def parts(self) -> tuple[Defence, ...]:
        """The defences, in their order."""
        return self._parts

    @property
    def fires(self) -> Acted:
        """How often they acted, all together."""
        total = Acted()
        for part in self._parts:
            total.count += part.fires.count
            for block, count in part.fires.per_block.items():
                total.per_block[block] = total.per_block.get(block, 0) + count
        return total

    @property
    def notices(self) -> tuple[str, ...]:
        """What each changed of the rows."""
        return tuple(line for part in self._parts for line in part.notices)

    def taught(self, corpus: Corpus) -> Corpus:
        """Return the rows as all of them have them, one after the other."""
        for part in self._parts:
            corpus = part.taught(corpus)
        return corpus

    def taught_examples(self, examples: Examples, model: Model) -> Examples:
        """Return the examples as all of them have them, one after the other."""
        for part in self._parts:
            examples = part.taught_examples(examples, model)
        return examples

    def on(self, network: nn.Module) -> Self:
        """Say which network all of them act on."""
        for part in self._parts:
            part.on(network)
        return super().on(network)

    def over(self, n_steps: int, n_before: int = 0) -> Self:
        """Say to all of them how many steps the run takes."""
        for part in self._parts:
            part.over(n_steps, n_before)
        return super().over(n_steps, n_before)

    def begin(self, network: nn.Module) -> Iterator[Handle]:
        """Attach all of them, in their order."""
        for part in self._parts:
            part.attach()
        return iter(())

    def detach(self) -> None:
        """Cease to act, all of them."""
        for part in self._parts:
            part.detach()
        super().detach()

    def require_fired(self) -> None:
        """Raise HookError for the first that never acted."""
        for part in self._parts:
            part.require_fired()
