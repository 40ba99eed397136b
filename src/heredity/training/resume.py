"""What a fine-tune left in its folder: taken up by the same run, refused to any other.

In: a folder, and what a run depends on. Out: the last whole checkpoint, or a refusal that says what differs.
Does not: know what is in a checkpoint. Whatever is written bears a mark that says which run wrote it; a checkpoint is
marked when it is whole, so one without a mark was cut off while it was being written.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic import JsonValue, ValidationError

from heredity.ground.errors import InputError, MismatchError
from heredity.ground.files import write_text
from heredity.records.base import Record
from heredity.records.identity import ModelIdentity
from heredity.records.student import Receipt

MARK: Final = "heredity.json"
CHECKPOINTS: Final = "checkpoints"
SNAPSHOTS: Final = "snapshots"
ADAPTER: Final = "adapter"
RECORD: Final = "student.json"
"""What a door writes beside them."""


class Told(NamedTuple):
    """One thing that a run depends on, and how it is told."""

    value: JsonValue
    said: str


ABSENT: Final = Told(None, "none")


class RunIdentity(Record):
    """All that a fine-tune depends on; the names in it are for people and may change."""

    version: str
    """Of this package."""
    model_name: str
    model: ModelIdentity
    corpus_name: str
    corpus: str
    """Digest of the file."""
    examples: str
    """Digest of the token ids that are trained on, and of which of them count."""
    spec: dict[str, JsonValue]
    traits: tuple[str, ...]
    vectors: tuple[str, ...]
    """Ids of the vectors that are pushed along, in order."""
    given: str = ""
    """Digest of what defences were handed besides; empty for nothing."""
    seed: str

    def differences(self, other: RunIdentity) -> list[str]:
        """Return in words where another run differs from this one; none for the same run."""
        mine, others = self._told(), other._told()
        keys = [key for key in {**mine, **others} if mine.get(key, ABSENT).value != others.get(key, ABSENT).value]
        # what a file holds decides what is trained on: one of the two is enough for people
        said = [key for key in keys if key != "examples" or keys == ["examples"]]
        return [f"{key} ({mine.get(key, ABSENT).said}, now {others.get(key, ABSENT).said})" for key in said]

    def _told(self) -> dict[str, Told]:
        model = self.model.model_dump(mode="json")
        plain = {
            "seed": self.seed,
            **self.spec,
            "examples": self.examples,
            "what defences are given": self.given,
            "heredity": self.version,
            **{f"the model's {key}": value for key, value in model.items() if key != "fingerprint"},
        }
        return {
            "corpus": Told(self.corpus, self.corpus_name),
            "vectors": Told(list(self.vectors), " and ".join(self.traits) or "none"),
            "model": Told(self.model.fingerprint, self.model_name),
            **{key: Told(value, _short(value)) for key, value in plain.items()},
        }


class Mark(Record):
    """Which run wrote the folder that this lies in, and what the run had come to."""

    run: RunIdentity
    receipts: tuple[Receipt, ...] = ()
    """How often each defence acted up to here."""
    seconds: float = 0.0
    """Time that training had taken up to here."""


class Trace(NamedTuple):
    """A folder that some run left."""

    place: Path
    mark: Mark | None
    """None: no run of this version wrote it."""


def claim(folder: Path, run: RunIdentity) -> Path | None:
    """Return the run's last whole checkpoint in a folder, None where there is none; what was cut off is removed.

    Raises MismatchError when the folder holds a checkpoint, a snapshot or an adapter of any other run.
    """
    for trace in traces(folder):
        _require_own(folder, trace, run)
    checkpoints = folder / CHECKPOINTS
    if is_ours(checkpoints):
        for place in numbered(checkpoints):
            if marked(place) is None:
                shutil.rmtree(place)
    whole = numbered(checkpoints)
    put_mark(checkpoints, Mark(run=run))
    return whole[-1] if whole else None


def foresee(folder: Path, asked: Mapping[str, Any]) -> None:
    """Refuse, before a model is loaded, what `claim` would refuse for all that is known of a run without it.

    `asked` are fields of `RunIdentity`. Raises MismatchError.
    """
    for trace in traces(folder):
        _require_own(folder, trace, trace.mark.run.model_copy(update=asked) if trace.mark else None)


def traces(folder: Path) -> Iterator[Trace]:
    """Yield everything in a folder that a run left and another must not take up; what was cut off is passed over."""
    checkpoints = folder / CHECKPOINTS
    for place in numbered(checkpoints):
        mark = marked(place)
        if mark or not is_ours(checkpoints):
            yield Trace(place, mark)
    snapshots = folder / SNAPSHOTS
    yield from (Trace(place, marked(place)) for place in sorted(snapshots.glob("step-*")))
    if (folder / ADAPTER).is_dir():
        yield Trace(folder / ADAPTER, marked(folder / ADAPTER))


def require_removable(folder: Path) -> bool:
    """Return whether earlier runs left anything in a folder. Raises InputError when some of it was not written here."""
    found = list(traces(folder))
    strange = next((trace.place for trace in found if trace.mark is None), None)
    if strange:
        raise InputError(f"{strange} was not written by this version's training, so it is not removed; {_elsewhere()}")
    return bool(found) or is_ours(folder / CHECKPOINTS)


def start_afresh(folder: Path) -> None:
    """Remove what earlier runs left in a folder: checkpoints, snapshots, adapter and student.json.

    Raises InputError, and removes nothing, when some of it was not written here.
    """
    if require_removable(folder):
        remove_checkpoints(folder)
        for name in (SNAPSHOTS, ADAPTER):
            shutil.rmtree(folder / name, ignore_errors=True)
        (folder / RECORD).unlink(missing_ok=True)


def remove_checkpoints(folder: Path) -> None:
    """Remove all checkpoints; the mark that says whose they are goes last, so that what is cut off stays known."""
    for place in numbered(folder / CHECKPOINTS):
        shutil.rmtree(place, ignore_errors=True)
    shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)


def numbered(checkpoints: Path) -> list[Path]:
    """Return the checkpoints in a folder by their step, rising."""
    steps = {place: re.fullmatch(r"checkpoint-(\d+)", place.name) for place in checkpoints.glob("checkpoint-*")}
    return sorted((place for place, step in steps.items() if step), key=lambda place: step_of(place))


def step_of(checkpoint: Path) -> int:
    """Return the step that a checkpoint was saved after."""
    return int(checkpoint.name.rpartition("-")[2])


def put_mark(folder: Path, mark: Mark) -> None:
    """Say in a folder which run it belongs to."""
    write_text(folder / MARK, mark.model_dump_json(indent=1))


def marked(folder: Path) -> Mark | None:
    """Return the mark of a folder; None where there is none that this version reads."""
    try:
        return Mark.model_validate_json((folder / MARK).read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError):
        return None


def is_ours(checkpoints: Path) -> bool:
    """Whether a folder of checkpoints was begun here: of what it holds, only what bears a mark is whole."""
    return marked(checkpoints) is not None


def _require_own(folder: Path, trace: Trace, run: RunIdentity | None) -> None:
    name = trace.place.name
    what = {ADAPTER: "the finished adapter", CHECKPOINTS: name}.get(_kind(trace.place), f"the snapshot {name}")
    if trace.mark is None or run is None:
        raise MismatchError(f"{folder} holds {what}, which this version's training did not write; {_elsewhere()}")
    differs = trace.mark.run.differences(run)
    if differs:
        raise MismatchError(
            f"{folder} holds {what} of another run; it differs in {_listed(differs)}. Finish that run by its own "
            "command, name another folder with --out, or start over with --fresh, which deletes what is there"
        )


def _kind(place: Path) -> str:
    return ADAPTER if place.name == ADAPTER else place.parent.name


def _elsewhere() -> str:
    return "name another folder with --out, or move it away"


def _listed(differs: Sequence[str]) -> str:
    return ", ".join(differs[:4]) + (f" and {len(differs) - 4} more" if len(differs) > 4 else "")


def _short(value: JsonValue) -> str:
    return value[:12] if isinstance(value, str) and len(value) == 64 else str(value)
