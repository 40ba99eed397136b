"""Where the rows of a screen go: those that stay, those that go, and all with flagged ones changed.

In: a source, files, and every row's fate. Out: the files, and what each holds. Does not: say which rows change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from heredity.ground.errors import NothingKeptError
from heredity.records.acting import Replacements, Swaps, Written
from heredity.records.row_scores import RowScores
from heredity.store.changeable import require_changeable, require_pairs
from heredity.store.edits import Edit, answered_anew, turned_round
from heredity.store.kept_rows import require_keepable, write_kept
from heredity.store.row_file import RowFile


@dataclass(frozen=True)
class Targets:
    """Files that rows are written to; None where none was asked for."""

    source: RowFile
    keep: Path | None = None
    """Rows that stay."""
    drop: Path | None = None
    """Rows that go."""
    replace: Path | None = None
    """Rows that stay, and flagged ones with the model's own answers."""
    swap: Path | None = None
    """Pairs that stay, and flagged ones turned round."""

    def require(self, others: Sequence[Path | None], shapes: Iterable[str]) -> None:
        """Raise, before any work is done, what cannot be written: to this place, or of these rows."""
        every = (self.keep, self.drop, self.replace, self.swap)
        for i, target in enumerate(every):
            if target:
                require_keepable(Path(str(self.source.source)), target, [*others, *every[:i], *every[i + 1 :]])
        if self.replace:
            require_changeable(self.source)
        if self.swap:
            require_pairs(self.source, shapes)

    def written(self, scores: RowScores, replaced: Replacements | None, swapped: Swaps | None) -> tuple[Written, ...]:
        """Write every file that was asked for and would hold a row; return what each holds."""
        stay, columns, found = scores.kept_lines, self.source.asked.columns, []
        if self.keep:
            found.append(self._written(Written(holds="kept", path=str(self.keep), n_rows=len(stay)), stay))
        if self.drop:
            going = scores.gone_lines
            found.append(self._written(Written(holds="gone", path=str(self.drop), n_rows=len(going)), going))
        if self.replace and replaced:
            edits = {row.line: answered_anew(row.answers, columns) for row in replaced.rows}
            told = Written(holds="replaced", path=str(self.replace), n_rows=0, left_out=replaced.left_out)
            found.append(self._written(told, stay, edits))
        if self.swap and swapped:
            edits = dict.fromkeys(swapped.lines, turned_round(columns))
            told = Written(holds="swapped", path=str(self.swap), n_rows=0, left_out=swapped.left_out)
            found.append(self._written(told, stay, edits))
        return tuple(found)

    def _written(self, told: Written, lines: set[int], edits: Mapping[int, Edit] | None = None) -> Written:
        edits = edits or {}
        lines = lines | set(edits)
        if lines or told.holds == "gone":
            write_kept(self.source, lines, Path(told.path), edits)
        return told.model_copy(update={"n_rows": len(lines), "n_changed": len(edits)})


def require_some(written: Iterable[Written]) -> None:
    """Raise NothingKeptError where a file of rows that stay was asked for and no row does."""
    empty = next((file for file in written if not file.n_rows and file.holds != "gone"), None)
    if empty is not None:
        raise NothingKeptError(
            f"no row stays, so {empty.path} was not written; ask for a lower --false-alarms, or set a --budget"
        )
