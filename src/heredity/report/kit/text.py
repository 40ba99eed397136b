"""Texts cut to size, times for people, and what was left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from heredity.records.dialogue import Exclusion

N_PLACES = 3
"""Lines that are named of those left out for one reason."""
PLAIN = {"messages", "prompt and response"}
"""Shapes that are not worth a word."""
MOST_LOST, N_REASONS = 0.1, 3
"""Share of rows left out that is worth a word, and reasons that are named."""
FOLD = 600
"""Characters from which a text is folded away behind its beginning."""


def by_reason(excluded: Iterable[Exclusion]) -> list[tuple[str, int]]:
    """Return how many rows were left out for each reason, most first, and the first places of each."""
    lines: dict[str, list[int]] = {}
    for exclusion in excluded:
        lines.setdefault(exclusion.reason, []).append(exclusion.line)
    ordered = sorted(lines.items(), key=lambda one: -len(one[1]))
    return [(f"{reason} ({places(numbers)})", len(numbers)) for reason, numbers in ordered]


def places(numbers: list[int]) -> str:
    """Return the first lines of several, in words."""
    shown = ", ".join(map(str, numbers[:N_PLACES]))
    more = ", ..." if len(numbers) > N_PLACES else ""
    return f"line{'' if len(numbers) == 1 else 's'} {shown}{more}"


def beginning(text: str, n: int = 180) -> str:
    """Return the first characters of a text, cut between words and on one line."""
    flat = " ".join(text[: n * 2].split())
    return flat if len(flat) <= n else f"{flat[:n].rsplit(' ', 1)[0]} ..."


def clock(seconds: float) -> str:
    """Return a length of time for people."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min {rest} s"


def remarks(name: str, shapes: Mapping[str, int], excluded: Sequence[Exclusion], n_rows: int) -> list[str]:
    """Return what is to be known of a file's rows before they are used."""
    found = []
    if set(shapes) - PLAIN:
        found.append(f"{name}: {', '.join(f'{n:,} of {shape}' for shape, n in shapes.items())}")
    n_lost, n_all = len(excluded), len(excluded) + n_rows
    if n_lost > MOST_LOST * n_all:
        found.append(
            f"{name}: {n_lost:,} of {n_all:,} rows are left out, more than a tenth; --strict stops at the first"
        )
        found += [f"  {n:,}: {reason}" for reason, n in by_reason(excluded)[:N_REASONS]]
    return found
