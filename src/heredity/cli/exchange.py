"""heredity vector, and heredity trait import and export: what other tools read and write."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heredity.cli.console import say, watched
from heredity.cli.options import ModelOption, OutOption, SeedOption, TraitOption
from heredity.cli.trait import as_yaml
from heredity.cli.work import loaded, writable
from heredity.ground.errors import InputError, UnknownNameError
from heredity.ground.files import read_text, require_file, write_text
from heredity.records.vector import TraitVector
from heredity.report.write import told
from heredity.store.control_vector import FIRST_BLOCK, ControlVector, read_control_vector, write_control_vector
from heredity.store.tensors import load_vector, save_vector
from heredity.traits import define
from heredity.traits.upstream import EVAL_FOLDER, EXTRACT_FOLDER, from_upstream, to_upstream

app = typer.Typer(
    help="Show a vector, write it for other tools, or take over and test one that others made.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
ENDINGS = (".pt", ".gguf")
VectorArgument = Annotated[
    Path, typer.Argument(metavar="VECTOR", help="A vector saved by heredity (.safetensors).", show_default=False)
]
BlockOption = Annotated[int | None, typer.Option("--block", help="0-based block; else the vector's own choice.")]


@app.command("show")
def show_command(context: typer.Context, vector: VectorArgument) -> None:
    """Print what a saved vector rests on: its block, its held-out AUC beside luck, its dose-response."""
    header = load_vector(vector).header
    say(header, told(header), context.obj.as_json)


@app.command("export")
def export_command(
    context: typer.Context,
    vector: VectorArgument,
    to: Annotated[
        Path, typer.Option("--to", help="FILE.pt (persona vectors) or FILE.gguf (llama.cpp).", show_default=False)
    ],
    block: BlockOption = None,
    all_blocks: Annotated[
        bool, typer.Option("--all-blocks", help="In a .gguf, every block's own direction but block 0's.")
    ] = False,
) -> None:
    """Write a vector for other tools.

    FILE.pt: the public persona-vectors form, every block in one tensor [n_blocks + 1, width]; slot 0 is zeros.

    FILE.gguf: a control vector for llama.cpp (--control-vector FILE.gguf) that pushes after one block. llama.cpp
    cannot push after block 0. With --all-blocks, choose among them by --control-vector-layer-range: llama.cpp adds
    every direction in the range.
    """
    one = load_vector(vector)
    if ending(to) == ".gguf":
        what = _export_control_vector(one, to, block, all_blocks)
    elif block is not None:
        raise InputError("a .pt file holds every block, and who reads it chooses one; --block is for .gguf files")
    else:
        from heredity.models.blocks import hidden_states_slot
        from heredity.models.foreign import write_directions

        write_directions(one.directions, to)
        what = (
            f"all {one.header.n_blocks} blocks; the chosen one, {one.block}, is in slot {hidden_states_slot(one.block)}"
        )
    say({"path": str(to), "what": what}, f"{one.header.trait.name}: {what}\nwritten to {to}", context.obj.as_json)


@app.command("import")
def import_command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="FILE.pt (persona vectors) or FILE.gguf (llama.cpp).")],
    name: TraitOption,
    model: ModelOption = "smollm2-135m",
    block: BlockOption = None,
    samples: Annotated[int, typer.Option(help="Answers for each question, contrast pair and pole.")] = 1,
    overwrite: Annotated[bool, typer.Option(help="Replace a vector of the trait that is there already.")] = False,
    out: OutOption = "heredity-out",  # type: ignore[assignment]
    seed: SeedOption = "0",
) -> None:
    """Take over a direction that others made, after the test that one of ours takes.

    The model answers under the trait's contrasting prompts, and the direction must tell the answers apart better
    than luck. Nothing in the file is run. Writes OUT/TRAIT.safetensors, which every other command takes.
    """
    trait, kind = define.trait(name), ending(require_file(file))
    folder = writable(out)
    target = free_place(folder / f"{trait.name}.safetensors", overwrite)
    from heredity.models.foreign import read_directions
    from heredity.records.vector import ExtractSpec
    from heredity.vectors.adopt import adopt

    found = read_control_vector(file) if kind == ".gguf" else read_directions(file)
    with watched(context.obj.is_quiet) as progress:
        network = loaded(context, model)
        directions = found.at_every_block(network.n_blocks) if isinstance(found, ControlVector) else found
        vector = adopt(directions, trait, network, ExtractSpec(n_samples=samples, block=block), seed, progress)
    path = save_vector(vector, target)
    say(vector.header, f"{told(vector.header)}\nwritten to {path}", context.obj.as_json)


def import_trait_command(
    context: typer.Context,
    extract: Annotated[Path, typer.Argument(metavar="EXTRACT.json", help=f"From {EXTRACT_FOLDER}.")],
    evaluation: Annotated[
        Path | None, typer.Argument(metavar="EVAL.json", help=f"From {EVAL_FOLDER}.", show_default=False)
    ] = None,
    name: Annotated[str, typer.Option("--name", help="Name of the trait; else the file's.", show_default=False)] = "",
    adjective: Annotated[
        str | None, typer.Option(help="`You are a(n) ... assistant`, positive pole; else the name.")
    ] = None,
    antonym: Annotated[str, typer.Option(help="The same for the negative pole.")] = "helpful",
    description: Annotated[str | None, typer.Option(help="One sentence; else made from the name.")] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace a trait file that is there already.")] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="YAML file to write; else NAME.yaml.")] = None,
) -> None:
    """Turn a trait's two persona-vectors files into one YAML file that every command takes."""
    asked = None if evaluation is None else read_text(evaluation)
    trait = from_upstream(read_text(extract), asked, name or _name_of(extract), adjective, antonym, description)
    path = write_text(free_place(out or Path(f"{trait.name}.yaml"), overwrite), as_yaml(trait) + "\n")
    counts = (
        f"{len(trait.pairs)} pairs, {len(trait.questions.extraction)} + {len(trait.questions.evaluation)} questions"
    )
    say({"name": trait.name, "path": str(path)}, f"{trait.name}: {counts}\nwritten to {path}", context.obj.as_json)


def export_trait_command(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="TRAIT", help="Bundled trait or YAML file.")],
    out: OutOption = "heredity-out",  # type: ignore[assignment]
) -> None:
    """Write a trait as the two persona-vectors files.

    Pairs, questions and rubric are kept to the letter; the form has no place for the rest (title, description,
    adjective, antonym, what a preference prefers).
    """
    trait = define.trait(name)
    places = [Path(out) / folder / f"{trait.name}.json" for folder in (EXTRACT_FOLDER, EVAL_FOLDER)]
    paths = [str(write_text(path, text)) for path, text in zip(places, to_upstream(trait), strict=True)]
    say({"name": trait.name, "paths": paths}, f"{trait.name}\nwritten to {' and '.join(paths)}", context.obj.as_json)


def free_place(path: Path, overwrite: bool) -> Path:
    """Return where to write. Raises InputError for a file that is there already, unless it may be replaced."""
    if path.exists() and not overwrite:
        raise InputError(f"{path} is there already; use it, give another --out, or replace it with --overwrite")
    return path


def ending(path: Path) -> str:
    """Return a foreign vector file's ending. Raises UnknownNameError, with what there is, for another."""
    if path.suffix not in ENDINGS:
        raise UnknownNameError("kind of vector file", path.suffix or path.name, ENDINGS)
    return path.suffix


def _export_control_vector(vector: TraitVector, to: Path, block: int | None, all_blocks: bool) -> str:
    """Write a control vector and return what it holds, in words."""
    if block is not None and all_blocks:
        raise InputError("--block asks for one block and --all-blocks for all; give one of them")
    from heredity.models.blocks import require_block

    n_blocks = vector.header.n_blocks
    chosen = require_block(vector.block if block is None else block, n_blocks)
    blocks = range(FIRST_BLOCK, n_blocks) if all_blocks else [chosen]
    write_control_vector({b: vector.directions[b] for b in blocks}, vector.header.architecture, to)
    if all_blocks:
        return f"blocks {blocks[0]} to {blocks[-1]}; block 0 is left out, llama.cpp has no place for it"
    return f"block {chosen} alone, for llama.cpp's --control-vector"


def _name_of(path: Path) -> str:
    return path.stem.lower().replace("_", "-")
