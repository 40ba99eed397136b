"""Whether a panel can tell anything; no model is needed to judge it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from heredity.ground.errors import InputError
from heredity.records.origin import Hypothesis, OriginSpec


def require_panel(panel: Sequence[Hypothesis], spec: OriginSpec) -> None:
    """Raise InputError for no candidate, two of one name, or a level that no p-value of so many flips can reach."""
    if not panel:
        raise InputError(
            "name a candidate besides the base: --teacher TRAIT=MODEL, --prompt TRAIT, --vector TRAIT=FILE"
        )
    twice = [name for name, n in Counter(one.name for one in panel).items() if n > 1]
    if twice:
        raise InputError(f"'{twice[0]}' is named twice; give each candidate of a kind a trait of its own")
    if spec.level * (1 + spec.n_flips) < 2:
        raise InputError(f"a level of {spec.level:g} is below what {spec.n_flips:,} flips can show; raise the level")
