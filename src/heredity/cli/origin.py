"""heredity origin: who wrote these rows?"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from heredity.cli.console import say, watched
from heredity.cli.flags import Flag, asks
from heredity.cli.options import MapOption, ModelOption, OutOption, RowsArgument, SeedOption, StrictOption
from heredity.cli.work import folder_beside, loaded, page_folder, rows_in
from heredity.ground.errors import InputError, UnknownNameError
from heredity.records.blind import BlindReport, BlindSpec
from heredity.records.dialogue import Corpus
from heredity.records.origin import Hypothesis, HypothesisKind, OriginReport, OriginSpec
from heredity.records.vector import TraitVector
from heredity.report.write import told, write
from heredity.store.tensors import load_vector
from heredity.traits import define

ASKED = OriginSpec()
FLAGS = (
    Flag("--alphabet", "alphabet"),
    Flag("--given", "n_given"),
    Flag("--temperature", "temperature"),
    Flag("--most-rows", "n_rows"),
    Flag("--level", "level"),
)
Work = Callable[[Corpus, Path], OriginReport | BlindReport]
"""What is done with the rows, in a folder."""
BlindOption = Annotated[
    bool,
    typer.Option(
        "--blind",
        help="Name nobody: fit one vector to the rows, and see whether it makes others of them likelier, and what "
        "the model prefers under it, beside vectors fitted to its own rows; --vector names what to compare with.",
    ),
]


@asks(*FLAGS)
def origin_command(
    context: typer.Context,
    rows: RowsArgument,
    columns: MapOption = "",
    is_strict: StrictOption = False,
    spec: OriginSpec = ASKED,
    teachers: Annotated[
        list[str] | None,
        typer.Option("--teacher", help="TRAIT=MODEL: a model that may have written them, made from the base."),
    ] = None,
    prompts: Annotated[
        list[str] | None,
        typer.Option(
            "--prompt",
            help="TRAIT or TRAIT=TEXT: the base under a system prompt; a bundled trait alone stands for its own.",
        ),
    ] = None,
    vectors: Annotated[
        list[str] | None,
        typer.Option("--vector", help="TRAIT=FILE or TRAIT=FILE:STRENGTH: the base pushed along a vector."),
    ] = None,
    is_blind: BlindOption = False,
    model: ModelOption = "smollm2-135m",
    out: OutOption = "heredity-out/origin",  # type: ignore[assignment]
    seed: SeedOption = "0",
) -> None:
    """Say which of the candidates wrote rows of unknown origin, or that none of them did.

    The base is always a candidate. One is named only where the rows are likelier under it than under every other one,
    and look as its own would; so name a second trait of each kind, or nothing tells a trait from any fine-tuning. Say
    what bare lists were decoded among by --alphabet, and what their writer was given by --given.
    Writes OUT/origin.json and OUT/origin.html; what each candidate makes of the rows is kept in OUT/stages.
    With --blind, OUT/blind.json: about two minutes a fit on two cores.

    For example: heredity origin rows.jsonl --teacher owl=./owl-model --teacher cat=./cat-model --alphabet number-words
    """
    if is_blind:
        require_nobody([*(teachers or []), *(prompts or [])])
        work: Work = alone(context, spec, vectors or [], model, seed)
    else:
        panel = panel_of(teachers or [], prompts or [], vectors or [])
        work = told_apart(context, spec, panel, model, seed)
    corpus, folder = rows_in(context, rows, columns, is_strict), page_folder(folder_beside(rows, out))
    report = work(corpus, folder)
    say(report, f"{told(report)}\nreport: {write(report, folder).resolve()}", context.obj.as_json)


def told_apart(context: typer.Context, spec: OriginSpec, panel: list[Hypothesis], model: str, seed: str) -> Work:
    """Return what lets a panel read rows and say who wrote them, once the panel is known to be sound."""
    from heredity.studies.origin.plan import require_panel

    require_panel(panel, spec)
    for one in panel:
        if one.kind == "teacher":
            require_named(one.source)
    pushes = {one.source: pushing(one.source) for one in panel if one.kind == "vector"}

    def work(corpus: Corpus, folder: Path) -> OriginReport:
        from heredity.models.steer import Push
        from heredity.studies.origin.origin import Candidate, origin

        with watched(context.obj.is_quiet) as progress:
            base = loaded(context, model)

            def candidate(one: Hypothesis) -> Candidate:
                if one.kind == "teacher":
                    return Candidate(one, opened=lambda: loaded(context, one.source))
                if one.kind == "prompt":
                    return Candidate(one, system=one.source)
                vector, strength = pushes[one.source]
                vector.require_model(base.name, base.fingerprint)
                block = vector.header.block
                return Candidate(one, pushes=(Push(block, vector.directions[block], strength),))

            return origin(corpus, base, [candidate(one) for one in panel], folder, spec, seed, progress)

    return work


def require_nobody(candidates: Sequence[str]) -> None:
    """Raise InputError where candidates were named that a blind fit would not hear of."""
    if candidates:
        raise InputError(f"--blind names nobody, but '{candidates[0]}' was named; leave one of the two out")


def alone(context: typer.Context, spec: OriginSpec, vectors: Sequence[str], model: str, seed: str) -> Work:
    """Return what fits a vector to rows alone and says what it does, once what is asked for is known to be sound."""
    from heredity.studies.origin.blind import Sought, blind, require_blind

    how, trait = BlindSpec(rows=spec), define.trait("owl")
    require_blind(trait, how)
    if spec.level != ASKED.level:
        raise InputError("--level has no effect with --blind, which tells nobody from anybody; leave it out")
    named_vectors = panel_of([], [], vectors)
    if len({one.trait for one in named_vectors}) < len(named_vectors):
        raise InputError("a vector to compare with is named twice; give each a trait of its own")
    pushes = {one.trait: pushing(one.source) for one in named_vectors}
    if any(strength != 1.0 for _, strength in pushes.values()):
        raise InputError("with --blind a vector is compared with, and pushes nothing; leave its strength out")
    known = {name: vector for name, (vector, _) in pushes.items()}

    def work(corpus: Corpus, folder: Path) -> BlindReport:
        with watched(context.obj.is_quiet) as progress:
            return blind(corpus, loaded(context, model), Sought(trait, known), folder, how, seed, progress)

    return work


def panel_of(teachers: Sequence[str], prompts: Sequence[str], vectors: Sequence[str]) -> list[Hypothesis]:
    """Return the candidates as they were named. Raises InputError for a half-named one."""
    return [
        *(named("teacher", text, "MODEL") for text in teachers),
        *(named("prompt", text if "=" in text else f"{text}={prompt_of(text)}", "TEXT") for text in prompts),
        *(named("vector", text, "FILE") for text in vectors),
    ]


def named(kind: HypothesisKind, text: str, what: str) -> Hypothesis:
    """Return one candidate from TRAIT=SOURCE."""
    trait, _, source = text.partition("=")
    if not trait or not source:
        raise InputError(f"--{kind} '{text}' is half a candidate; write TRAIT={what}")
    return Hypothesis(kind=kind, trait=trait, source=source)


def prompt_of(name: str) -> str:
    """Return the system prompt of a bundled trait."""
    from heredity.teaching.teachers import system_prompt

    return system_prompt(define.trait(name))


def require_named(model: str) -> None:
    """Raise UnknownNameError for a path at which there is no folder, before the base reads anything."""
    is_path = model.startswith((".", "/", "~")) or model.count("/") > 1
    if is_path and not Path(model).is_dir():
        raise UnknownNameError("folder of a model", model, ())


def pushing(source: str) -> tuple[TraitVector, float]:
    """Return a vector and its strength from FILE or FILE:STRENGTH; 1 unless given."""
    file, _, after = source.rpartition(":")
    try:
        strength = float(after)
    except ValueError:
        file, strength = source, 1.0
    if not math.isfinite(strength):
        raise InputError(f"--vector '{source}': a strength is a number, such as 2")
    return load_vector(file or source), strength if file else 1.0
