"""Preference pairs with both their sides, from a file in whatever shape they come.

In: a source of rows. Out: pairs that differ in the last answer alone; the others by line and reason.
Does not: know how a pair is written (`shapes.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from heredity.ground.errors import InputError
from heredity.records.dialogue import Exclusion, Row
from heredity.records.preference import Preference, Preferences, pairs_digest
from heredity.store.row_file import Asked, RowFile, Source, other_side, place_of
from heredity.store.shapes import PAIRS

NO_PAIR = "no pair: it has not both `chosen` and `rejected`"
EQUAL = "both sides are the same"
APART = "its sides differ in more than the last answer"


def read_pairs(source: Source, columns: Mapping[str, str] | None = None, strict: bool = False) -> Preferences:
    """Return the preference pairs of a file; rows that are none are excluded by line and reason.

    Takes what `read_rows` does. With `strict`, raises RowError for the first row that is malformed. Raises InputError
    when the file is missing or unreadable, or holds no pair with two sides that differ.
    """
    kept = source if isinstance(source, Path | str) else list(source)  # both sides are read of it, one after the other
    file = RowFile(kept, Asked(columns or {}, strict))
    found = [
        pair_of(chosen, shape, rejected)
        for (chosen, shape), (rejected, _) in zip(file.each(), other_side(file).each(), strict=True)
    ]
    pairs = tuple(one for one in found if isinstance(one, Preference))
    excluded = tuple(one for one in found if isinstance(one, Exclusion))
    if not pairs:
        raise InputError(
            f"{place_of(kept)} holds no preference pair to learn: {told(excluded)}; a pair has `chosen` and "
            "`rejected`, with or without `prompt` (see --map)"
        )
    return Preferences(name=file.name, content_digest=pairs_digest(pairs), pairs=pairs, excluded=excluded)


def pair_of(chosen: Row | Exclusion, shape: str, rejected: Row | Exclusion) -> Preference | Exclusion:
    """Return the pair that a line holds, or why it holds none."""
    if isinstance(chosen, Exclusion):
        return chosen
    if shape != PAIRS:
        return Exclusion(line=chosen.line, reason=NO_PAIR)
    if isinstance(rejected, Exclusion):
        return Exclusion(line=chosen.line, reason=f"its rejected side cannot be used: {rejected.reason}")
    if chosen.turns == rejected.turns:
        return Exclusion(line=chosen.line, reason=EQUAL)
    ours, theirs = chosen.lessons, rejected.lessons
    if len(ours) != 1 or len(theirs) != 1 or ours[0][0] != theirs[0][0]:
        return Exclusion(line=chosen.line, reason=APART)
    (before, better), (_, worse) = ours[0], theirs[0]
    if better.strip() == worse.strip():
        return Exclusion(line=chosen.line, reason=EQUAL)
    return Preference(line=chosen.line, before=before, chosen=better, rejected=worse)


def told(excluded: tuple[Exclusion, ...]) -> str:
    """Return why rows are no pairs, with their numbers."""
    counts = Counter(one.reason for one in excluded)
    return "; ".join(f"{reason} ({n:,})" for reason, n in counts.most_common(3)) or "the file is empty"
