"""What several commands do first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from heredity.ground.errors import InputError, MismatchError
from heredity.ground.extras import require_extra
from heredity.ground.files import require_writable
from heredity.ground.settings import cache_folder
from heredity.records.dialogue import Corpus
from heredity.records.student import Student
from heredity.records.trait import Trait
from heredity.records.vector import TraitVector
from heredity.report.kit.text import remarks
from heredity.report.write import require_figures
from heredity.store.row_file import Asked, RowFile
from heredity.store.rows import read_conversations, read_rows
from heredity.store.shards import require_outside
from heredity.store.survey import gone_through, sample_of
from heredity.store.tensors import load_vector
from heredity.store.workspace import load_record, save_record

if TYPE_CHECKING:
    from heredity.judges.independent import Judge
    from heredity.models.model import Model
    from heredity.models.remote.endpoint import Endpoint
    from heredity.models.remote.replies import Manner


def writable(out: Path) -> Path:
    """Return the output folder, proven writable before any work is done."""
    return require_writable(Path(out))


def page_folder(out: Path) -> Path:
    """Return the output folder of a command that draws, once its page can be drawn and written."""
    require_figures()
    return writable(out)


def rows_in(
    context: typer.Context, path: Path, columns: str = "", is_strict: bool = False, is_spoken: bool = False
) -> Corpus:
    """Return a file's rows; say in which shapes they came where these are not the plain ones, and if many are lost.

    `is_spoken` takes all that an assistant says. Raises InputError for columns that are no `FIELD=COLUMN,...`.
    """
    corpus = (read_conversations if is_spoken else read_rows)(path, columns_in(columns), is_strict)
    remark(context, remarks(corpus.name, corpus.shapes, corpus.excluded, len(corpus.rows)))
    return corpus


def folder_beside(source: Path, folder: Path) -> Path:
    """Return the folder to write into. Raises InputError where it lies among the files that are read."""
    require_outside(source, folder)
    return folder


def sample_in(context: typer.Context, path: Path, columns: str, is_strict: bool, seed: str) -> Corpus:
    """Return some of a file's rows, thousands at the most, drawn alike; say what `rows_in` says of all of them."""
    source = RowFile(path, Asked(columns_in(columns), is_strict))
    survey = gone_through(source, seed)
    remark(context, remarks(source.name, survey.shapes, survey.excluded, survey.n_rows))
    return sample_of(source, survey)


def columns_in(text: str) -> dict[str, str]:
    """Return what --map says columns are. Raises InputError for what is no `FIELD=COLUMN,...`."""
    pairs = [pair.partition("=") for pair in text.split(",") if pair.strip()]
    if any(not field.strip() or not column.strip() for field, _, column in pairs):
        raise InputError(f"--map '{text}' is not FIELD=COLUMN, one after the other: prompt=question,response=solution")
    return {column.strip(): field.strip() for field, _, column in pairs}


def remark(context: typer.Context, lines: Sequence[str]) -> None:
    """Say on standard error what is to be known of rows, unless nobody reads there."""
    if not context.obj.is_quiet and not context.obj.as_json:
        for line in lines:
            typer.echo(line, err=True)


def loaded(context: typer.Context, name: str) -> Model:
    """Return the named model on the device and in the number type asked for."""
    from heredity.models.load import load

    shared = context.obj
    return load(name, shared.device, shared.dtype, shared.trust_remote_code, shared.control_as_text)


def vector_in(path: Path | None, trait: Trait) -> TraitVector | None:
    """Return the vector of a file, or None without one. Raises MismatchError for another trait's; needs no model."""
    if path is None:
        return None
    vector = load_vector(path)
    if vector.header.trait.id != trait.id:
        raise MismatchError(
            f"{path} is the vector of '{vector.header.trait.name}', or of an earlier wording of it, not of "
            f"'{trait.name}' as it reads now; extract it again with: heredity extract {trait.name}"
        )
    return vector


def fitting(vector: TraitVector, model: Model, same_family: bool) -> TraitVector:
    """Return a vector that the model may be read with: its own, or lent to it on the user's word.

    Raises MismatchError for another model's vector.
    """
    if same_family:
        kind = model.text_config.model_type
        return vector.lent_to(model.name, model.fingerprint, kind, model.n_blocks, model.width)
    try:
        vector.require_model(model.name, model.fingerprint)
    except MismatchError as error:
        raise MismatchError(f"{error}; or, if the model was fine-tuned from that one, say --same-family") from error
    return vector


def endpoint_for(
    url: str,
    name: str | None,
    option: str,
    dollars_in: float | None = None,
    dollars_out: float | None = None,
    timeout_s: float = 60.0,
    manner: Manner | None = None,
) -> Endpoint:
    """Return the remote model named. Raises InputError when no model or no address is."""
    if not name:
        raise InputError(f"which model at {url}? name it with {option}, as the server calls it")
    require_extra("endpoint")
    from heredity.models.remote.endpoint import Endpoint, EndpointSpec

    how = {} if manner is None else {"manner": manner}
    prices = {"dollars_in": dollars_in, "dollars_out": dollars_out}
    spec = EndpointSpec.model_validate({"url": url, "model": name, "timeout_s": timeout_s, **prices, **how})
    return Endpoint(spec, cache_folder() / "replies")


def judge_for(context: typer.Context, judge: str | None, judge_model: str | None) -> Judge | None:
    """Return the independent judge named, a local model loaded. Raises InputError for a name that is half given."""
    if judge is None:
        if judge_model is not None:
            raise InputError("--judge-model names a model at a server; give the server's address with --judge")
        return None
    if judge.startswith(("http://", "https://")):
        return endpoint_for(judge, judge_model, "--judge-model")
    if judge_model is not None:
        raise InputError(f"--judge-model names a model at a server, but '{judge}' is no address (http://...)")
    return loaded(context, judge)


def vectors_for(paths: Sequence[Path], folder: Path) -> list[TraitVector]:
    """Return the vectors of the files named, or of all files in the folder when none is named.

    Raises InputError when there is none.
    """
    chosen = list(paths) or sorted(folder.glob("*.safetensors"))
    if not chosen:
        raise InputError(f"there is no vector in {folder}; make one with: heredity extract evil --out {folder}")
    return [load_vector(path) for path in chosen]


def save_student(student: Student, folder: Path) -> Path:
    """Write student.json beside its adapters, naming them relative to itself, so that the folder can be moved."""
    snapshots = tuple(
        snapshot.model_copy(update={"adapter": f"snapshots/{Path(snapshot.adapter).name}"})
        for snapshot in student.snapshots
    )
    portable = student.model_copy(update={"adapter": "adapter", "snapshots": snapshots})
    return save_record(portable, folder / "student.json")


def student_in(path: Path) -> Student:
    """Return a saved student, its adapters found beside the file. Raises InputError for adapters elsewhere."""
    record = load_record(Student, path)

    def beside(adapter: str) -> str:
        found = (path.parent / adapter).resolve()
        if not found.is_relative_to(path.parent.resolve()):
            raise InputError(f"{path} names an adapter outside its folder ({adapter}); it must lie beside the file")
        return str(found)

    snapshots = tuple(
        snapshot.model_copy(update={"adapter": beside(snapshot.adapter)}) for snapshot in record.snapshots
    )
    return record.model_copy(update={"adapter": beside(record.adapter), "snapshots": snapshots})
