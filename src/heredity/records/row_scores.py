"""The scores of a screen's rows, in columns; they lie in a file beside the report, which leaves them out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heredity.records.screening import RowScore, ScreenReport, Setting
from heredity.stats.arrays import Floats


@dataclass(frozen=True)
class RowScores:
    """The scores of every row, in columns of one length."""

    lines: NDArray[np.int64]
    settings: NDArray[np.str_]
    """What stands before each row's answers."""
    by_name: dict[str, Floats]
    """Every score, by its name in the table of scores."""
    over: Floats
    """The score that decides in the row's setting, less the threshold there, in deviations of the benign rows there."""
    n_tokens: NDArray[np.int64]
    """Response tokens."""
    spared: NDArray[np.bool_] | None = None
    """Rows over their threshold that stay because of a budget; None for none."""
    dropped: NDArray[np.bool_] | None = None
    """Rows that go with their source; None for none."""

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def is_flagged(self) -> NDArray[np.bool_]:
        """Whether each row is over the threshold of its setting, and neither spared nor dropped."""
        return np.asarray((self.over > 0) & ~_or_none(self.spared, self) & ~self.is_dropped)

    @property
    def is_dropped(self) -> NDArray[np.bool_]:
        """Whether each row goes with its source."""
        return _or_none(self.dropped, self)

    @property
    def is_kept(self) -> NDArray[np.bool_]:
        """Whether each row stays."""
        return ~self.is_flagged & ~self.is_dropped

    @property
    def gone_lines(self) -> set[int]:
        """Lines of the rows that go: flagged, or of a source that does."""
        return set(self.lines[~self.is_kept].tolist())

    @property
    def kept_lines(self) -> set[int]:
        """Lines of the rows that stay: scored, not flagged, of no source that goes."""
        return set(self.lines[self.is_kept].tolist())

    def row(self, place: int, prompt: str, response: str) -> RowScore:
        """Return one row with what it says."""
        setting: Setting = "alone" if self.settings[place] == "alone" else "behind"
        return RowScore(
            line=int(self.lines[place]),
            setting=setting,
            scores={name: float(values[place]) for name, values in self.by_name.items()},
            over=float(self.over[place]),
            flagged=bool(self.is_flagged[place]),
            n_tokens=int(self.n_tokens[place]),
            prompt=prompt,
            response=response,
        )


def _or_none(marks: NDArray[np.bool_] | None, scores: RowScores) -> NDArray[np.bool_]:
    return np.zeros(len(scores), dtype=bool) if marks is None else marks


@dataclass(frozen=True)
class Screened:
    """A screen: its report, and the scores of every row, which the report leaves out."""

    report: ScreenReport
    scores: RowScores
    rejected: RowScores | None = None
    """Those of the rejected sides, where rows are pairs: their chosen sides are the rows."""
