"""heredity trait: list, show, check."""

from __future__ import annotations

from typing import Annotated, ClassVar

import typer

from heredity.cli.console import say
from heredity.cli.lazy import Verbs
from heredity.records.trait import Trait
from heredity.traits.define import bundled_names, trait


class _Traits(Verbs):
    table: ClassVar = {
        "list": "trait:list_traits",
        "show": "trait:show_trait",
        "check": "trait:check_trait",
        "draft": "draft:draft_command",
        "import": "exchange:import_trait_command",
        "export": "exchange:export_trait_command",
    }


app = typer.Typer(
    cls=_Traits,
    help="List, show, check, draft or exchange traits.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)


@app.callback()
def traits() -> None:
    """List, show, check, draft or exchange traits."""


def list_traits(context: typer.Context) -> None:
    """List the bundled traits."""
    traits = [trait(name) for name in bundled_names()]
    text = "\n".join(f"{one.name:<14} {one.kind:<11} {one.description}" for one in traits)
    say({one.name: one.description for one in traits}, text, context.obj.as_json)


def show_trait(
    context: typer.Context, name: Annotated[str, typer.Argument(help="Bundled trait or YAML file.")]
) -> None:
    """Print a trait as YAML: save it, change it, and use the file in place of a name."""
    one = trait(name)
    say(one, as_yaml(one), context.obj.as_json)


def check_trait(context: typer.Context, file: Annotated[str, typer.Argument(help="YAML file of a trait.")]) -> None:
    """Check a trait file: every field that is wrong is named."""
    one = trait(file)
    counts = f"{len(one.pairs)} pairs, {len(one.questions.extraction)} + {len(one.questions.evaluation)} questions"
    say({"name": one.name, "valid": True}, f"{one.name} is valid: {counts}", context.obj.as_json)


def as_yaml(one: Trait) -> str:
    """Return a trait as the YAML that `check` reads."""
    import yaml

    content = one.model_dump(mode="json", exclude={"schema_version"}, exclude_defaults=True)
    return str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)).rstrip()
