"""How a model answers everyday questions, known before: in the package for the embedded model, or kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from heredity.ground.errors import HeredityError
from heredity.ground.hashing import digest
from heredity.ground.settings import cache_folder
from heredity.records.base import Record
from heredity.records.dialogue import Row
from heredity.stats.arrays import Floats
from heredity.store.known_vectors import BUNDLED
from heredity.store.questions import everyday_questions
from heredity.store.tensors import load_arrays, save_arrays
from heredity.store.workspace import load_record, save_record

PLACE = BUNDLED.parent / "manner"


class UsualAnswers(Record):
    """Everyday questions with a model's own answers."""

    rows: tuple[Row, ...]


def known_manner(fingerprint: str, blocks: Sequence[int]) -> Floats | None:
    """Return `[answers, blocks, width]`, or None where it was not read yet."""
    for path in (manner_path(PLACE, fingerprint, blocks), manner_path(cache_folder() / "manner", fingerprint, blocks)):
        if path.is_file():
            try:
                return load_arrays(path)["own"].astype(np.float64)
            except (HeredityError, KeyError):  # cut off: it is read anew
                continue
    return None


def keep_manner(own: Floats, fingerprint: str, blocks: Sequence[int], folder: Path | None = None) -> Floats:
    """Keep what was read where the next command finds it, in half precision; return it as it was kept."""
    halves = own.astype(np.float16)
    save_arrays({"own": halves}, manner_path(folder or cache_folder() / "manner", fingerprint, blocks))
    return halves.astype(np.float64)


def known_answers(fingerprint: str) -> tuple[Row, ...] | None:
    """Return everyday questions with the model's own answers, or None where they were not asked yet."""
    for path in (answers_path(PLACE, fingerprint), answers_path(cache_folder() / "manner", fingerprint)):
        if path.is_file():
            try:
                return load_record(UsualAnswers, path).rows
            except HeredityError:  # cut off: they are asked anew
                continue
    return None


def keep_answers(rows: tuple[Row, ...], fingerprint: str, folder: Path | None = None) -> tuple[Row, ...]:
    """Keep a model's answers where the next command finds them, and return them."""
    save_record(UsualAnswers(rows=rows), answers_path(folder or cache_folder() / "manner", fingerprint))
    return rows


def answers_path(folder: Path, fingerprint: str) -> Path:
    """Return where answers are kept: by model, and by the questions, which a later version may change."""
    return folder / f"{digest({'model': fingerprint, 'questions': everyday_questions('')})[:16]}.json"


def manner_path(folder: Path, fingerprint: str, blocks: Sequence[int]) -> Path:
    """Return where it is kept: by model and blocks, and by the questions, which a later version may change."""
    key = digest({"model": fingerprint, "blocks": list(blocks), "questions": everyday_questions("")})
    return folder / f"{key[:16]}.safetensors"
