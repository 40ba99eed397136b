"""Vectors of many traits at once: every answer is given once, read once, and kept; a stopped run goes on from there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from heredity.ground.progress import SILENCE, Progress
from heredity.judges.independent import Judge, judge_id
from heredity.models.model import Model
from heredity.records.base import Record
from heredity.records.leakage import LeakageReport
from heredity.records.trait import Trait
from heredity.records.vector import Calibration, ExtractSpec, KeptCounts, TraitVector
from heredity.store.tensors import load_arrays, load_vector, save_arrays, save_vector
from heredity.store.workspace import load_record, save_record
from heredity.studies.bench import Bench, bench_in
from heredity.studies.each import of_each
from heredity.vectors.check import Poles
from heredity.vectors.extract import vector_from
from heredity.vectors.gather import Gathered, gather
from heredity.vectors.leakage import Found, leakage
from heredity.vectors.methods import method_named

AFTERWARDS = {"method", "n_folds", "n_null", "block", "strengths"}
"""What is asked of readings that are there; all else in a spec decides what is read."""


class Tally(Record):
    """What is known of gathered answers besides their readings."""

    counts: KeptCounts
    calibration: Calibration
    kept_by: str = "contrast"
    otherwise: KeptCounts | None = None


@dataclass(frozen=True)
class Extraction:
    """What came of each trait, and of the traits against each other."""

    found: tuple[Found, ...]
    """Vectors with the answers that they were made from."""
    failed: dict[str, str]
    """Traits that gave no vector, and why."""
    leakage: LeakageReport | None
    """None for fewer than two vectors."""

    @property
    def vectors(self) -> tuple[TraitVector, ...]:
        """The vectors, in the order of the traits."""
        return tuple(found.vector for found in self.found)


@dataclass(frozen=True)
class Also:
    """What an extraction of several traits may be asked for besides."""

    is_orthogonal: bool = False
    """Whether to say what is left of each vector without the span of the others."""
    judge: Judge | None = None
    """An independent judge, which then decides what answers are kept."""


@dataclass(frozen=True)
class _Desk:
    """What every step works with."""

    bench: Bench
    spec: ExtractSpec
    judge: Judge | None


def extract_many(
    traits: Sequence[Trait],
    model: Model,
    out: Path,
    spec: ExtractSpec | None = None,
    seed: str = "0",
    also: Also | None = None,
    progress: Progress = SILENCE,
) -> Extraction:
    """Return the vectors of all traits that have one, and how far each finds the others' answers.

    A trait without a usable contrast does not stop the others. Raises ExperimentError when no trait gives a vector.
    """
    spec = spec or ExtractSpec()
    method_named(spec.method)
    also = also or Also()
    desk = _Desk(bench_in(out, model, seed, progress), spec, also.judge)
    found, failed = of_each(traits, lambda trait: _found(desk, trait), "traits", progress)
    report = None
    if len(found) > 1:
        report = desk.bench.stamped("leakage", lambda: leakage(found, spec, seed, also.is_orthogonal))
    return Extraction(tuple(found), failed, report)


def _found(desk: _Desk, trait: Trait) -> Found:
    gathered = _gathered_stage(desk, trait)
    return Found(_vector_stage(desk, trait, gathered), gathered.poles)


def _gathered_stage(desk: _Desk, trait: Trait) -> Gathered:
    """Return a trait's readings, made or found; they do not depend on the method, the folds or the nulls."""
    bench, asked = desk.bench, desk.spec.model_dump(exclude=AFTERWARDS)

    def make(folder: Path) -> None:
        gathered = gather(trait, bench.model, desk.spec, bench.seed, bench.progress, desk.judge)
        poles = gathered.poles
        tallied = {name: getattr(gathered, name) for name in Tally.model_fields}
        arrays = {name: getattr(poles, name).astype(np.float32) for name in ("own_prompt", "bare", "projected")}
        flags = {name: getattr(poles, name).astype(np.int64) for name in ("is_positive", "is_kept")}
        whole = {**flags, "question": poles.question, "pair": poles.pair}
        save_arrays({**arrays, **whole}, folder / "poles.safetensors")
        save_record(Tally(**tallied), folder / "tally.json")

    depends_on = {"trait": trait.id, "asked": asked, "judge": judge_id(desk.judge)}
    return bench.step("gathered", depends_on, make, _load_gathered, f"{trait.name}, gathered")


def _load_gathered(folder: Path) -> Gathered:
    arrays, tally = load_arrays(folder / "poles.safetensors"), load_record(Tally, folder / "tally.json")
    poles = Poles(
        own_prompt=arrays["own_prompt"].astype(np.float64),
        bare=arrays["bare"].astype(np.float64),
        projected=arrays["projected"].astype(np.float64),
        is_positive=arrays["is_positive"].astype(bool),
        question=arrays["question"].astype(np.int64),
        pair=arrays["pair"].astype(np.int64),
        is_kept=arrays["is_kept"].astype(bool),
    )
    return Gathered(poles, tally.counts, tally.calibration, tally.kept_by, tally.otherwise)


def _vector_stage(desk: _Desk, trait: Trait, gathered: Gathered) -> TraitVector:
    bench = desk.bench

    def make(folder: Path) -> None:
        vector = vector_from(gathered, trait, bench.model, desk.spec, bench.seed, bench.progress)
        save_vector(vector, folder / "vector.safetensors")

    return bench.step(
        "vector",
        {"trait": trait.id, "spec": desk.spec.id, "judge": judge_id(desk.judge)},
        make,
        lambda folder: load_vector(folder / "vector.safetensors"),
        f"{trait.name}, vector",
    )
