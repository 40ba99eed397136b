"""heredity extract: from traits and a model to vectors."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from heredity.cli.console import say, watched
from heredity.cli.flags import Flag, asks
from heredity.cli.options import JudgeModelOption, JudgeOption, ModelOption, OutOption, SeedOption
from heredity.cli.work import judge_for, loaded, page_folder, writable
from heredity.ground.errors import ExperimentError, InputError
from heredity.records.trait import Trait
from heredity.records.vector import ExtractSpec, VectorHeader
from heredity.report.write import told, write
from heredity.store.known_vectors import keep_vector
from heredity.store.tensors import save_vector
from heredity.traits import define

if TYPE_CHECKING:
    from heredity.studies.extraction import Extraction

ASKED = ExtractSpec()


@asks(Flag("--method", "method"), Flag("--samples", "n_samples"))
def extract_command(
    context: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="TRAIT...", help="Bundled traits or YAML files.", show_default=False)
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All bundled traits.")] = False,
    model: ModelOption = "smollm2-135m",
    spec: ExtractSpec = ASKED,
    orthogonal: Annotated[
        bool, typer.Option("--orthogonal", help="Also say what is left of each vector without the span of the others.")
    ] = False,
    judge: JudgeOption = None,
    judge_model: JudgeModelOption = None,
    out: OutOption = "heredity-out",  # type: ignore[assignment]
    seed: SeedOption = "0",
) -> None:
    """Find the directions of one or several traits, each with its held-out AUC, its nulls and its dose-response.

    Writes OUT/TRAIT.safetensors, and for several traits OUT/leakage.html: does one trait's vector also find another?
    Answers are kept in OUT/stages: a stopped run goes on where it was, and another --method reads nothing anew. About
    two minutes a trait on two cores with the embedded model.
    """
    traits = distinct([define.trait(name) for name in [*(names or []), *(define.bundled_names() if every else [])]])
    if not traits:
        raise InputError("which trait? Name some, or say --all; `heredity trait list` shows the bundled ones")
    folder = page_folder(out) if len(traits) > 1 else writable(out)
    from heredity.studies.extraction import Also, extract_many

    with watched(context.obj.is_quiet) as progress:
        also = Also(orthogonal, judge_for(context, judge, judge_model))
        done = extract_many(traits, loaded(context, model), folder, spec, seed, also, progress)
    for vector in done.vectors:
        if judge is None:  # another judge keeps other answers: another vector
            keep_vector(vector)
    paths = [save_vector(vector, folder / f"{vector.header.trait.name}.safetensors") for vector in done.vectors]
    lines = [f"{told(vector.header)}\nwritten to {path}" for vector, path in zip(done.vectors, paths, strict=True)]
    if done.leakage:
        page = write(done.leakage, folder)
        lines = [*lines, told(done.leakage), f"report: {page.resolve()}"]
    say(result(done), "\n".join(lines), context.obj.as_json)
    if done.failed:
        raise ExperimentError("; ".join(f"{name} gave no vector: {why}" for name, why in done.failed.items()))


def distinct(traits: list[Trait]) -> list[Trait]:
    """Return the traits, each once. Raises InputError for two of one name: their files would be one."""
    by_id = {trait.id: trait for trait in traits}
    twice = [name for name, n in Counter(trait.name for trait in by_id.values()).items() if n > 1]
    if twice:
        raise InputError(f"two different traits are called '{twice[0]}'; rename one, or extract it with another --out")
    return list(by_id.values())


def result(done: Extraction) -> VectorHeader | dict[str, object]:
    """Return what --json prints: the one vector's header, or all of them with the leakage."""
    if len(done.vectors) == 1 and not done.failed:
        return done.vectors[0].header
    return {
        "vectors": {vector.header.trait.name: vector.header.model_dump(mode="json") for vector in done.vectors},
        "failed": done.failed,
        "leakage": done.leakage.model_dump(mode="json") if done.leakage else None,
    }
