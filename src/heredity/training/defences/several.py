"""Several defences at once: all of them act, or none does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch import nn

from heredity.models.hooks import Handle
from heredity.models.model import Model
from heredity.models.steer import Fires
from heredity.records.dialogue import Corpus
from heredity.records.student import Intervention
from heredity.training.batches import Examples
from heredity.training.defences.defence import Defence


class Several(Defence):
    """A context manager that enters every one of its defences, in their order. Each must have acted."""

    def __init__(self, defences: Sequence[Defence]) -> None:
        super().__init__([vector for defence in defences for vector in defence.vectors])
        self.defences = tuple(defences)

    @property
    def title(self) -> str:  # type: ignore[override]
        """What messages call it."""
        return " and ".join(defence.title for defence in self.defences)

    @property
    def interventions(self) -> tuple[Intervention, ...]:
        """What each of them does."""
        return tuple(one for defence in self.defences for one in defence.interventions)

    def taught(self, corpus: Corpus) -> Corpus:
        """Return the rows as all of them change them."""
        for defence in self.defences:
            corpus = defence.taught(corpus)
        return corpus

    def marked(self, model: Model, corpus: Corpus, examples: Examples) -> Examples:
        """Return the examples as all of them mark them."""
        for defence in self.defences:
            examples = defence.marked(model, corpus, examples)
        return examples

    def begin(self, network: nn.Module) -> Iterator[Handle]:
        """Attach every one's hooks; they count into this one's fires as well."""
        for defence in self.defences:
            defence.fires = _Both(self.fires)
            yield from defence.begin(network)

    def require_fired(self) -> None:
        """Raise HookError where one of them never acted."""
        for defence in self.defences:
            defence.require_fired()


class _Both(Fires):
    """Counts for one defence and for all of them."""

    def __init__(self, every: Fires) -> None:
        super().__init__()
        self.every = every

    def add(self, block: int) -> None:
        """Count one."""
        super().add(block)
        self.every.add(block)
