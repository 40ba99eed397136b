"""What every step of a study works with: a place for results, a seed, progress, and the list of steps taken.

In: what a step depends on, how it is made and how it is read. Out: its result, made or found; the provenance of all.
Does not: know what any step is about.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

from heredity import __version__
from heredity.ground.memory import give_back
from heredity.ground.progress import SILENCE, Progress
from heredity.models.generate import sampling
from heredity.models.identity import identity
from heredity.models.load import n_threads
from heredity.models.model import Model
from heredity.records.base import Record
from heredity.records.provenance import Environment, Provenance, Stage
from heredity.store.workspace import Kept, Workspace, load_record, save_record

T = TypeVar("T")
R = TypeVar("R", bound=Record)
PACKAGES = ("heredity", "torch", "transformers", "peft", "trl", "numpy", "scipy")
RECORD = "record.json"


@dataclass(kw_only=True)
class Steps:
    """Steps that are kept by all that they depend on, without a language model."""

    workspace: Workspace
    seed: str
    """What all chance is drawn from."""
    progress: Progress = SILENCE
    stages: list[Stage] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    @property
    def n_tokens(self) -> int | None:
        """Tokens that the model has read and written so far; None without a model."""
        return None

    def step(
        self,
        name: str,
        depends_on: dict[str, Any],
        make: Callable[[Path], None],
        load: Callable[[Path], T],
        said: str | None = None,
    ) -> T:
        """Return one step's result, made or found; write down what it cost, and say so where it was already done.

        `name` is its folder; `said` is what people read. It depends on the seed besides `depends_on`, and on the model
        and this package, which the workspace knows.
        """

        def counted(folder: Path) -> int | None:
            before = self.n_tokens
            make(folder)
            after = self.n_tokens
            give_back()
            return None if before is None or after is None else after - before

        kept: Kept[T] = self.workspace.stage(name, {"seed": self.seed, **depends_on}, counted, load)
        told = said or name
        self.stages.append(Stage(name=told, cached=kept.cached, seconds=kept.seconds, n_tokens=kept.n_tokens))
        self.progress.note(f"{told}: {'as before' if kept.cached else f'{kept.seconds:.0f} s'}")
        return kept.value

    def record(
        self, name: str, depends_on: dict[str, Any], kind: type[R], make: Callable[[], R], said: str | None = None
    ) -> R:
        """Return a step whose result is one record."""

        def write(folder: Path) -> None:
            save_record(make(), folder / RECORD)

        return self.step(name, depends_on, write, lambda folder: load_record(kind, folder / RECORD), said)

    def timed(self, name: str, make: Callable[[], T]) -> T:
        """Return what is made anew each time, with its cost as a step."""
        before, started = self.n_tokens, time.monotonic()
        made = make()
        after, seconds = self.n_tokens, time.monotonic() - started
        n_tokens = None if before is None or after is None else after - before
        self.stages.append(Stage(name=name, cached=False, seconds=seconds, n_tokens=n_tokens))
        return made

    def stamped(self, name: str, make: Callable[[], R]) -> R:
        """Return a record that is made anew each time, with its cost as a step and with its provenance."""
        made = self.timed(name, make)
        return made.model_copy(update={"provenance": self.provenance()})

    def provenance(self) -> Provenance:
        """Return how all that was made at this bench came about."""
        return self._provenance("", "", environment("cpu", "float32"), {})

    def _provenance(self, model: str, fingerprint: str, where: Environment, drawn: dict[str, str | int]) -> Provenance:
        return Provenance(
            heredity=__version__,
            model=model,
            fingerprint=fingerprint,
            environment=where,
            sampling=drawn,
            stages=tuple(self.stages),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            seconds=time.monotonic() - self.started,
        )


@dataclass(kw_only=True)
class Bench(Steps):
    """Steps with a language model."""

    model: Model

    @property
    def n_tokens(self) -> int:
        """Tokens that the model has read and written so far."""
        return self.model.work.n_tokens

    def provenance(self) -> Provenance:
        """Return how all that was made at this bench came about."""
        model = self.model
        where = environment(str(model.device), str(model.dtype).removeprefix("torch."))
        return self._provenance(model.name, model.fingerprint, where, sampling())


def bench_in(out: Path | str, model: Model, seed: str, progress: Progress = SILENCE) -> Bench:
    """Return a bench that keeps its steps in `out/stages`."""
    workspace = Workspace(Path(out) / "stages", identity(model))
    return Bench(model=model, workspace=workspace, seed=seed, progress=progress)


def steps_in(out: Path | str, seed: str, progress: Progress = SILENCE) -> Steps:
    """Return the same without a model."""
    return Steps(workspace=Workspace(Path(out) / "stages", None), seed=seed, progress=progress)


def installed() -> dict[str, str]:
    """Return the versions of the packages that are there."""
    found = {name: next(iter(metadata.distributions(name=name)), None) for name in PACKAGES}
    return {name: distribution.version for name, distribution in found.items() if distribution is not None}


def environment(device: str, dtype: str) -> Environment:
    """Return what a run rests on."""
    return Environment(
        versions={"python": platform.python_version(), **installed()},
        device=device,
        dtype=dtype,
        n_threads=n_threads(),
        platform=f"{platform.system()} {platform.machine()}",
    )
