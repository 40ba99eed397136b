"""What is known of rows once they have been gone through: how many there are, and some of each setting.

In: rows, one after the other. Out: counts, reasons, and as many rows of each setting as a standard may be drawn from.
Does not: hold the rest, or ask a model.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from heredity.ground.hashing import seed_from
from heredity.records.acting import MOST_SOURCES
from heredity.records.dialogue import Corpus, Exclusion, Row
from heredity.records.scan import MOST_READ
from heredity.records.screening import SETTINGS, Setting, setting_of
from heredity.store.row_file import RowFile
from heredity.store.rows import require_some

MOST_SAMPLED = 2000
"""Rows of a setting that are held; of fewer, all."""


@dataclass
class Survey:
    """What was gone through."""

    sampled: dict[Setting, list[Row]] = field(default_factory=lambda: {setting: [] for setting in SETTINGS})
    """Rows of each setting, drawn alike whatever their number, in the order of the file where all are held."""
    drawn: list[Row] = field(default_factory=list)
    """Rows drawn alike from all, whatever their setting."""
    n_rows: int = 0
    excluded: list[Exclusion] = field(default_factory=list)
    shapes: Counter[str] = field(default_factory=Counter)
    sources: dict[str, int] = field(default_factory=dict)
    """Rows by source: of the first sources that come, and of those asked for."""

    @property
    def rows(self) -> list[Row]:
        """The rows that are held, setting by setting."""
        return [row for setting in SETTINGS for row in self.sampled[setting]]


def gone_through(source: RowFile, seed: str, sources: Sequence[str] = ()) -> Survey:
    """Return what is known of a source's rows before a model is loaded; rows of the `sources` are counted apart.

    Raises InputError where no row can be used.
    """
    found = surveyed(source.each(), seed, sources)
    require_some(found.n_rows, found.excluded, source.source)
    return found


def sample_of(source: RowFile, found: Survey) -> Corpus:
    """Return rows drawn alike from all of a source's, in its order, as a corpus that says how many there are."""
    rows = sorted(found.drawn, key=lambda row: row.line)
    return Corpus(
        name=source.name,
        content_digest=source.content_digest(),
        rows=tuple(rows),
        excluded=tuple(found.excluded),
        shapes=dict(found.shapes.most_common()),
        n_in_file=None if len(rows) == found.n_rows else found.n_rows,
    )


def surveyed(rows: Iterable[tuple[Row | Exclusion, str]], seed: str, sources: Sequence[str] = ()) -> Survey:
    """Return the survey of rows, or of why they are left out, with the names of their shapes."""
    found = Survey()
    chance = random.Random(seed_from(seed, "survey"))
    counts: Counter[Setting] = Counter()
    for row, shape in rows:
        if isinstance(row, Exclusion):
            found.excluded.append(row)
            continue
        found.n_rows += 1
        found.shapes[shape] += 1
        count(found.sources, row.source, sources)
        setting = setting_of(row)
        counts[setting] += 1
        hold(found.sampled[setting], row, counts[setting], MOST_SAMPLED, chance)
        hold(found.drawn, row, found.n_rows, MOST_READ, chance)
    return found


def count(counts: dict[str, int], source: str, asked: Sequence[str]) -> None:
    """Count a row of a source, unless enough others are told apart and nobody asked for it."""
    if source in counts or source in asked or len(counts) < MOST_SOURCES:
        counts[source] = counts.get(source, 0) + 1


def hold(held: list[Row], row: Row, n_seen: int, most: int, chance: random.Random) -> None:
    """Hold a row, the `n_seen`th, so that every row seen is held with the same chance (Vitter 1985, algorithm R)."""
    if len(held) < most:
        held.append(row)
    elif (place := chance.randrange(n_seen)) < most:
        held[place] = row
