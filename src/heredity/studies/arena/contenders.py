"""Who meets in an arena, by name, and which random twin stands beside whom.

In: names as people give them. Out: arms. Does not: train anybody.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from heredity.ground.errors import InputError
from heredity.records.arena import ArenaSpec
from heredity.records.audit import BASE, DEFENDED, KEPT, OTHER_DEFENCES, PLAIN, TWINS, ArmSpec
from heredity.records.defending import AfterwardsOptions, option_of
from heredity.training.defences.table import require_defence

STEERED = OTHER_DEFENCES["afterwards"]
NAMED: dict[str, ArmSpec] = {"filter": KEPT, "steering": DEFENDED, **dict(OTHER_DEFENCES.items())}
"""Contenders that have an arm of an audit already; any other name is a defence's."""
UNCONTROLLED = ("kl", "masking", "afterwards")
"""What has no twin: it has no direction, or trains nobody."""
ASKING = "inoculation"
"""Whose twin is learned behind a prompt that asks for nothing."""


def entrants(spec: ArenaSpec) -> tuple[ArmSpec, ...]:
    """Return every arm: base, plain, the contenders in their order, and the twins that are asked for.

    Raises UnknownNameError for a defence that is none, InputError for none at all, one that is named twice, or a
    control of one that is not there or has no twin.
    """
    names = list(spec.contenders)
    if not names:
        raise InputError("nobody meets in this arena; name a defence with --defend")
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InputError(f"'{twice[0]}' is named twice; each contender meets once")
    usual = tuple(ArenaSpec.model_fields["controls"].default)
    controls = tuple(name for name in usual if name in names) if spec.controls == usual else spec.controls
    alone = [name for name in controls if name not in names]
    if alone:
        raise InputError(f"'{alone[0]}' cannot have a control where it does not contend; it is one of: {names}")
    arms = {name: contender(name) for name in names}
    return (BASE, PLAIN, *arms.values(), *(twin_of(name, arms[name]) for name in controls))


def contender(name: str) -> ArmSpec:
    """Return the arm of one contender."""
    if name in NAMED:
        return NAMED[name]
    if name.startswith("afterwards"):
        _, options = option_of(name, {"afterwards": AfterwardsOptions})
        strength = options.model_dump()["strength"]
        title = f"{STEERED.title}, by {strength:g}"
        changed = {"name": slug(name), "short": name, "title": title, "strength": strength}
        return STEERED.model_copy(update=changed)
    require_defence(name)
    return ArmSpec(
        name=slug(name),
        title=f"Fine-tune on all rows, defended by {name}",
        short=name,
        rows="all",
        defence=name,
    )


def twin_of(name: str, arm: ArmSpec) -> ArmSpec:
    """Return the arm that differs from a contender's in nothing but what it knows of the trait.

    Raises InputError where there is none.
    """
    if name == ASKING:
        neutral = {"name": "neutral", "short": "Neutral prompt", "defence": f"{ASKING}:prompt=neutral"}
        title = "Fine-tune on all rows behind a prompt that asks for nothing"
        return arm.model_copy(update={**neutral, "title": title, "twin_of": arm.name})
    if any(part.split(":")[0] in (*UNCONTROLLED, ASKING) for part in name.split("+")):
        raise InputError(f"'{name}' has no random twin: it is along no direction")
    known = next((twin for twin in TWINS if twin.twin_of == arm.name), None)
    if known:
        return known
    return arm.model_copy(
        update={
            "name": f"{arm.name}-random",
            "title": f"{arm.title}, along a random direction",
            "short": f"{arm.short}, random",
            "along": "random",
            "twin_of": arm.name,
        }
    )


def slug(name: str) -> str:
    """Return a defence with its options as an arm's name."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def tried(arms: Sequence[ArmSpec]) -> list[ArmSpec]:
    """Return the arms that are neither the base nor the plain fine-tune nor a twin."""
    return [arm for arm in arms if arm.name not in (BASE.name, PLAIN.name) and not arm.twin_of]
