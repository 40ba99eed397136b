"""The scores of a screen's rows, on disk.

In: scores in columns. Out: a Parquet file of them, a column a score, and the scores read back.
Does not: hold what the rows say.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from heredity.ground.errors import InputError
from heredity.ground.files import require_file, whole_file
from heredity.records.row_scores import RowScores, Screened
from heredity.records.screening import ScreenReport
from heredity.store.workspace import load_record, save_record

SCORES, REPORT = "scores.parquet", "screen.json"
OWN = ("line", "setting", "over", "flagged", "n_tokens")
"""Columns beside the scores themselves."""
DROPPED = "dropped"
"""Whether a row goes with its source; lacking in files written before."""


def save_scores(scores: RowScores, path: Path) -> Path:
    """Write the scores as Parquet, whole or not at all."""
    columns = {
        "line": scores.lines,
        "setting": scores.settings.tolist(),
        "over": scores.over,
        "flagged": scores.is_flagged,
        DROPPED: scores.is_dropped,
        "n_tokens": scores.n_tokens,
        **scores.by_name,
    }
    with whole_file(path) as part:
        pq.write_table(pa.table(columns), part)
    return path


def load_scores(path: Path | str) -> RowScores:
    """Return the scores of a file. Raises InputError for one that is missing or holds none."""
    path = require_file(Path(path))
    try:
        table = pq.read_table(path)
        own = {name: table[name].to_numpy() for name in OWN}
    except (pa.ArrowException, OSError, KeyError) as error:
        raise InputError(f"{path} holds no scores of a screen ({' '.join(str(error).split())})") from error
    dropped = table[DROPPED].to_numpy() if DROPPED in table.column_names else np.zeros(len(table), dtype=bool)
    return RowScores(
        lines=own["line"],
        settings=np.asarray(own["setting"], dtype=np.str_),
        by_name={name: table[name].to_numpy() for name in table.column_names if name not in (*OWN, DROPPED)},
        over=own["over"],
        n_tokens=own["n_tokens"],
        spared=(own["over"] > 0) & ~own["flagged"] & ~dropped,
        dropped=dropped,
    )


def save_screened(screened: Screened, folder: Path) -> Path:
    """Write a screen's scores and, beside them, its report, which names them."""
    save_scores(screened.scores, folder / SCORES)
    return save_record(screened.report.model_copy(update={"scores": SCORES}), folder / REPORT)


def load_screened(folder: Path, beside: Path) -> Screened:
    """Return a screen read back, its report naming the scores as they are found from the folder `beside`."""
    report = load_record(ScreenReport, folder / REPORT)
    place = (folder / SCORES).relative_to(beside).as_posix()
    return Screened(report.model_copy(update={"scores": place}), load_scores(folder / SCORES))
