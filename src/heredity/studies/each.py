"""The same for each of several traits, where one that fails stops no other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from heredity.ground.errors import ExperimentError
from heredity.ground.progress import Progress
from heredity.records.trait import Trait

T = TypeVar("T")


def of_each(
    traits: Sequence[Trait], make: Callable[[Trait], T], label: str, progress: Progress
) -> tuple[list[T], dict[str, str]]:
    """Return what is made of each trait, and by name why others gave nothing. Raises ExperimentError where all did."""
    made: list[T] = []
    failed: dict[str, str] = {}
    with progress.task(label, len(traits)) as task:
        for trait in traits:
            try:
                made.append(make(trait))
            except ExperimentError as error:
                failed[trait.name] = str(error)
                progress.note(f"{trait.name}: {error}")
            task.advance()
    if not made:
        name, reason = next(iter(failed.items()))
        raise ExperimentError(f"no trait gave a vector; {name}: {reason}")
    return made, failed
