"""Options that several commands share."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from heredity.ground.files import spool

STDIN = Path("-")


def spooled(path: Path) -> Path:
    """Return the file; what is piped in, for `-`, is put into one that is gone when the command ends."""
    return spool(sys.stdin.buffer, "stdin.jsonl") if path == STDIN else path


ModelOption = Annotated[
    str, typer.Option("--model", "-m", help="Embedded model (smollm2-135m), hub id (owner/name), or folder.")
]
TraitOption = Annotated[
    str, typer.Option("--trait", "-t", help="Bundled trait (see: heredity trait list) or YAML file.")
]
OutOption = Annotated[Path, typer.Option("--out", "-o", help="Folder for all that is written.")]
SeedOption = Annotated[str, typer.Option("--seed", help="Any text; the same seed gives the same result.")]
RowsArgument = Annotated[
    Path,
    typer.Argument(
        help="Training rows: JSON lines or array, CSV or Parquet, gzip or zstandard too; a folder or a quoted pattern "
        "of them; messages, prompt and response, Alpaca, ShareGPT, preference pairs, question and answer, or text; "
        "hf:owner/name; or - (piped in).",
        show_default=False,
        callback=spooled,
    ),
]
SaidArgument = Annotated[
    Path, typer.Argument(help="Conversations, in any shape that rows come in.", show_default=False, callback=spooled)
]
MapOption = Annotated[
    str,
    typer.Option(
        "--map",
        help="What the rows' columns are, where they are called otherwise: prompt=question,response=solution. Of the "
        "rows alone, not of a reference.",
        show_default=False,
    ),
]
StrictOption = Annotated[
    bool, typer.Option("--strict", help="Stop at the first row that is malformed, rather than leave it out.")
]
VectorOption = Annotated[
    Path | None,
    typer.Option(
        "--vector",
        "-v",
        help="A vector saved by `heredity extract`; else one that is known of this model, or made.",
    ),
]
ReferenceOption = Annotated[
    Path | None,
    typer.Option("--reference", help="Benign rows to set the threshold by; else the model's own answers serve."),
]
ViaOption = Annotated[
    str | None, typer.Option("--via", help="Address of an OpenAI-compatible server, e.g. http://localhost:8000/v1")
]
JudgeOption = Annotated[
    str | None,
    typer.Option(
        "--judge",
        help="An independent judge that rates by the trait's rubric: a model (hub id or folder), or the address of an "
        "OpenAI-compatible server with --judge-model. It is shown beside the contrast judge.",
    ),
]
JudgeModelOption = Annotated[
    str | None, typer.Option("--judge-model", help="The judging model's name at the server that --judge names.")
]
AnswersOption = Annotated[
    bool,
    typer.Option(
        "--answers",
        help="Take the number that a remote judge answers, not the mean over the probabilities of all numbers: for "
        "models that show none.",
    ),
]
ThinkingOption = Annotated[
    int,
    typer.Option("--thinking-tokens", min=0, help="Further tokens of a remote judge that thinks before it answers."),
]
DollarsInOption = Annotated[float | None, typer.Option("--dollars-in", min=0, help="Price of a million prompt tokens.")]
DollarsOutOption = Annotated[
    float | None, typer.Option("--dollars-out", min=0, help="Price of a million reply tokens.")
]
SameFamilyOption = Annotated[
    bool,
    typer.Option("--same-family", help="The model was fine-tuned from the vector's own: read it all the same."),
]
VectorsOption = Annotated[
    list[Path] | None,
    typer.Option("--vector", "-v", help="A vector saved by `heredity extract`; may be repeated. None: all in OUT."),
]
