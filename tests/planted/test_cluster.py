"""Workers of a cluster give the scores that this process gives, and one that dies costs its shard alone."""

import json
import os
import signal
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from heredity.ground.errors import ExperimentError, UnknownNameError
from heredity.models.load import load
from heredity.models.model import Model
from heredity.models.tiny import save_tiny
from heredity.records.dialogue import Corpus, Row
from heredity.records.engine import EngineSpec
from heredity.records.row_scores import Screened
from heredity.records.screening import ScreenSpec
from heredity.records.vector import TraitVector
from heredity.store.row_file import RowFile
from heredity.store.survey import gone_through
from heredity.studies.bench import bench_in
from heredity.studies.engines import cluster, shards
from heredity.studies.screening import require_possible, screen_file

SPEC = ScreenSpec(n_reference=40, n_tokens=14)
TWO = EngineSpec(name="ray", n_workers=2)


@pytest.fixture(scope="module")
def stored(toy: Model, tmp_path_factory: pytest.TempPathFactory) -> Model:
    """The toy as a model that workers can load by its name."""
    folder = tmp_path_factory.mktemp("toy")
    save_tiny(toy, folder)
    return load(str(folder), "cpu", "float32")


@pytest.fixture
def file(tmp_path: Path, rows: Corpus) -> RowFile:
    path = tmp_path / "rows.jsonl"
    lines = [json.dumps({"messages": [turn.model_dump() for turn in row.turns]}) for row in rows.rows]
    path.write_text("\n".join(lines))
    return RowFile(path)


@pytest.fixture(autouse=True)
def _small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "SHARD", 4)


def screened(file: RowFile, dark: TraitVector, model: Model, out: Path, engine: EngineSpec) -> Screened:
    spec = SPEC.model_copy(update={"engine": engine})
    return screen_file(file, gone_through(file, "0"), dark, bench_in(out, model, "0"), spec)


class TestTwoWorkers:
    def test_give_the_very_scores_and_keep_them_where_this_process_finds_them(
        self, file: RowFile, dark: TraitVector, stored: Model, tmp_path: Path
    ) -> None:
        own = dark_of(dark, stored)
        here = screened(file, own, stored, tmp_path / "here", EngineSpec())
        there = screened(file, own, stored, tmp_path / "there", TWO)
        assert there.scores.lines.tolist() == here.scores.lines.tolist()
        assert np.array_equal(there.scores.over, here.scores.over)
        assert there.report == here.report
        spoken = stored.work.n_tokens
        screened(file, own, stored, tmp_path / "there", EngineSpec())
        assert stored.work.n_tokens == spoken

    def test_one_that_is_killed_costs_its_shard_alone(
        self, file: RowFile, dark: TraitVector, stored: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        own, mark = dark_of(dark, stored), tmp_path / "killed"
        monkeypatch.setattr(cluster, "Worker", killed_once(mark))
        there = screened(file, own, stored, tmp_path / "out", TWO)
        assert mark.exists()
        here = screened(file, own, stored, tmp_path / "here", EngineSpec())
        assert np.array_equal(there.scores.over, here.scores.over)


def dark_of(dark: TraitVector, stored: Model) -> TraitVector:
    """Return the vector; the stored toy is the same model under another name."""
    header = dark.header.model_copy(update={"model": stored.name, "fingerprint": stored.fingerprint})
    return TraitVector(header, dark.directions)


def killed_once(mark: Path) -> type[cluster.Worker]:
    """Return a worker whose process is killed at its second shard, once among all workers."""

    class Killed(cluster.Worker):
        n_scored = 0

        def score(self, rows: Sequence[Row], measure: shards.Measure) -> tuple[shards.Shard, int]:
            self.n_scored += 1
            if self.n_scored == 2 and not mark.exists():
                mark.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return super().score(rows, measure)

    return Killed


class TestWhatIsRefused:
    def test_an_engine_that_is_none(self, file: RowFile) -> None:
        spec = SPEC.model_copy(update={"engine": EngineSpec(name="rya")})
        with pytest.raises(UnknownNameError, match="ray"):
            require_possible(gone_through(file, "0"), spec, None)

    def test_a_cluster_that_is_not_there(self, file: RowFile, dark: TraitVector, stored: Model, tmp_path: Path) -> None:
        nowhere = EngineSpec(name="ray", address="127.0.0.1:1")
        with pytest.raises(ExperimentError, match=r"no Ray cluster at '127\.0\.0\.1:1'"):
            screened(file, dark_of(dark, stored), stored, tmp_path / "out", nowhere)
