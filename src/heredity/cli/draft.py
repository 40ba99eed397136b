"""heredity trait draft: from a name and a sentence to a trait file."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from heredity.cli.console import say, watched
from heredity.cli.options import SeedOption, ViaOption
from heredity.cli.trait import as_yaml
from heredity.cli.work import endpoint_for, writable
from heredity.ground.errors import DraftError, InputError
from heredity.ground.files import read_text, write_text
from heredity.records.draft import DraftSpec
from heredity.report.write import told, write
from heredity.traits.draft import draft
from heredity.traits.written import draft_from_reply

DRAFTING_S = 600.0
"""Seconds that one attempt at a draft may take: it is thousands of tokens, and small servers are slow."""


def draft_command(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The trait's name, in lower case with hyphens.")],
    description: Annotated[
        str, typer.Option("--description", "-d", help="One sentence: what a model with the trait is like.")
    ],
    adjective: Annotated[str | None, typer.Option(help='Completes "You are a(n) ... assistant."')] = None,
    antonym: Annotated[str | None, typer.Option(help="The same for the opposite pole.")] = None,
    via: ViaOption = None,
    drafter: Annotated[str | None, typer.Option(help="The drafting model's name at the endpoint.")] = None,
    reply: Annotated[
        Path | None, typer.Option(help="Use a reply that was kept and mended by hand, instead of asking.")
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace a trait file that is there already.")] = False,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the trait file.")] = Path("heredity-out/traits"),
    seed: SeedOption = "0",
) -> None:
    """Draft a trait: contrast pairs, questions and rubric from one sentence.

    Without --via it is made by rule, always the same. With --via URL --drafter MODEL a language model writes it; the
    key is read from HEREDITY_API_KEY or OPENAI_API_KEY. Writes OUT/NAME.yaml, which every command takes in place of a
    trait's name, and OUT/NAME.draft.json with all that came back. Read the draft before you trust it.
    """
    spec = spec_of(name, description, adjective, antonym)
    folder = writable(out)
    target = folder / f"{spec.name}.yaml"
    if target.exists() and not overwrite:
        raise InputError(f"{target} is there already; use it, give another --out, or replace it with --overwrite")
    if drafter and not via:
        raise InputError(f"where is '{drafter}'? Name its server with --via; without one the trait is made by rule")
    endpoint = endpoint_for(via, drafter, "--drafter", timeout_s=DRAFTING_S) if via else None
    try:
        if reply is not None:
            drafted = draft_from_reply(spec, read_text(reply), seed)
        else:
            with watched(context.obj.is_quiet) as progress:
                drafted = draft(spec, endpoint, seed, progress)
    except DraftError as error:
        if reply is not None or not error.replies:
            raise
        last = kept(error.replies, folder, spec.name)[-1]
        raise DraftError(
            f"{error}; its replies are kept in {folder}: mend one and use it with --reply {last}, or ask for others "
            "with another --seed",
            error.replies,
        ) from error
    write_text(target, as_yaml(drafted.trait) + "\n")
    write(drafted, folder)
    say(drafted, f"{told(drafted)}\nwritten to {target}\nnext: heredity extract {target}", context.obj.as_json)


def spec_of(name: str, description: str, adjective: str | None, antonym: str | None) -> DraftSpec:
    """Return the spec. Raises InputError for a name that cannot be a trait's, or a pole without a word."""
    try:
        return DraftSpec(name=name, description=description, adjective=adjective, antonym=antonym)
    except ValidationError as error:
        field = error.errors()[0]["loc"][0]
        if field == "name":
            advice = f"'{name}' cannot name a trait; write it in lower case, words joined by hyphens"
        else:
            advice = f"the {field} must be a word, without blanks around it"
        raise InputError(advice) from error


def kept(replies: Sequence[str], folder: Path, name: str) -> list[Path]:
    """Write every reply to a file of its own and return where they are; one mended by hand is never written over."""
    paths: list[Path] = []
    for i, text in enumerate(replies, start=1):
        places = (folder / f"{name}.reply-{i}{f'-{n}' if n > 1 else ''}.txt" for n in count(1))
        path = next(place for place in places if not place.exists() or place.read_bytes() == text.encode())
        paths.append(write_text(path, text))
    return paths
