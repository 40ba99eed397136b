"""heredity trait draft: from a name and a sentence to a trait file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heredity.cli.console import say, watched
from heredity.cli.options import DollarsInOption, DollarsOutOption, SeedOption, ViaOption
from heredity.cli.trait import as_yaml
from heredity.cli.work import endpoint_for, writable
from heredity.ground.errors import DraftError, InputError
from heredity.ground.files import require_file, write_text
from heredity.records.draft import Draft, DraftSpec
from heredity.store.workspace import save_record
from heredity.traits.template import draft_by_template


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
    dollars_in: DollarsInOption = None,
    dollars_out: DollarsOutOption = None,
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
    try:
        if reply is not None:
            from heredity.traits.written import draft_from_reply

            draft = draft_from_reply(spec, require_file(reply).read_text(encoding="utf-8"), seed)
        elif via is not None:
            from heredity.traits.written import draft_by_model

            endpoint = endpoint_for(via, drafter, "--drafter", dollars_in, dollars_out)
            with watched(context.obj.is_quiet) as progress:
                draft = draft_by_model(spec, endpoint, seed, progress)
        else:
            draft = draft_by_template(spec, seed)
    except DraftError as error:
        kept = [
            write_text(folder / f"{spec.name}.reply-{i}.txt", text) for i, text in enumerate(error.replies, start=1)
        ]
        hint = f"its replies are kept in {folder}; mend one and use it with: --reply {kept[-1]}" if kept else ""
        raise DraftError(f"{error}; {hint}", error.replies) from error
    write_text(target, as_yaml(draft.trait) + "\n")
    save_record(draft, folder / f"{spec.name}.draft.json")
    say(draft, f"{described(draft)}\nwritten to {target}\nnext: heredity extract {target}", context.obj.as_json)


def spec_of(name: str, description: str, adjective: str | None, antonym: str | None) -> DraftSpec:
    """Return the spec. Raises InputError for a name that cannot be a trait's."""
    try:
        return DraftSpec(name=name, description=description, adjective=adjective, antonym=antonym)
    except ValueError as error:
        raise InputError(f"'{name}' cannot name a trait; write it in lower case, words joined by hyphens") from error


def described(draft: Draft) -> str:
    """Return what a person should look at first."""
    trait, drafted = draft.trait, draft.trait.drafted
    by = "by rule" if drafted is None or drafted.drafter == "template" else f"by {drafted.model}"
    lines = [
        f"{trait.title}, drafted {by}: {trait.adjective} against {trait.antonym}, {len(trait.pairs)} pairs, "
        f"{len(trait.questions.extraction)} + {len(trait.questions.evaluation)} questions",
        f"  +  {trait.system_prompt(0, 'positive')}",
        f"  -  {trait.system_prompt(0, 'negative')}",
        *(f"  ?  {question}" for question in trait.questions.extraction[:3]),
        *(f"  note: {note}" for note in draft.notes[:6]),
    ]
    return "\n".join(lines)
