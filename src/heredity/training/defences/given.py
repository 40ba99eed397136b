"""What defences are given: vectors, and whatever else one of them needs. Rooms import no room, so it is handed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import nn

from heredity.ground.errors import InputError
from heredity.ground.hashing import digest
from heredity.records.defending import AskedDefence, Need
from heredity.records.dialogue import Row, rows_digest
from heredity.records.vector import TraitVector


@dataclass(frozen=True)
class Given:
    """What a fine-tune's defences may take; who asks for a defence hands in what that one needs."""

    vectors: tuple[TraitVector, ...] = ()
    """Of the traits to keep out."""
    benign: tuple[Row, ...] = ()
    """Rows that hold no trait, with the base's own answers: `kl` holds the student to the base there, mean ablation
    takes its mean there."""
    flagged: frozenset[int] | None = None
    """Lines that a screen flagged; None: nobody knows."""
    scores: Mapping[int, float] | None = None
    """A screen's score of every line; None: nobody knows."""
    base: nn.Module | None = None
    """The untouched network, where the one that is trained has no adapter to be disabled."""

    @property
    def content_digest(self) -> str:
        """The digest of what is handed in besides vectors; empty for nothing."""
        held = {
            "benign": rows_digest(self.benign) if self.benign else None,
            "flagged": None if self.flagged is None else sorted(self.flagged),
            "scores": None if self.scores is None else sorted(self.scores.items()),
        }
        return digest(held) if any(value is not None for value in held.values()) else ""

    def require(self, asked: AskedDefence, but: Sequence[Need] = ()) -> None:
        """Raise InputError where a defence needs what was not handed in, but for what is still to come."""
        for need in asked.options.needs:
            if need not in but and not self._has(need):
                raise InputError(f"{asked.said} needs {NEEDED[need]}, and was handed none")

    def _has(self, need: Need) -> bool:
        return bool(self.benign) if need == "benign" else bool(getattr(self, need))


NEEDED: Mapping[Need, str] = {
    "benign": "benign rows with the base's own answers (--benign ROWS; in Python Given(benign=...))",
    "flagged": "the lines that a screen flagged (--screened FOLDER; in Python Given(flagged=...))",
    "scores": "a screen's score of every row (--screened FOLDER; in Python Given(scores=...))",
}


def given_of(prevent: Given | TraitVector | Sequence[TraitVector]) -> Given:
    """Return what is given, where vectors alone may be."""
    if isinstance(prevent, Given):
        return prevent
    return Given((prevent,) if isinstance(prevent, TraitVector) else tuple(prevent))
