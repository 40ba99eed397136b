"""heredity trait: list, show, check."""

from __future__ import annotations

from typing import Annotated, ClassVar

import typer

from heredity.cli.console import say
from heredity.cli.lazy import Verbs
from heredity.records.trait import Trait
from heredity.traits import define


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
    traits = [define.trait(name) for name in define.bundled_names()]
    text = "\n".join(f"{trait.name:<14} {trait.kind:<11} {trait.description}" for trait in traits)
    say({trait.name: trait.description for trait in traits}, text, context.obj.as_json)


def show_trait(
    context: typer.Context, name: Annotated[str, typer.Argument(help="Bundled trait or YAML file.")]
) -> None:
    """Print a trait as YAML: save it, change it, and use the file in place of a name."""
    trait = define.trait(name)
    say(trait, as_yaml(trait), context.obj.as_json)


def check_trait(context: typer.Context, file: Annotated[str, typer.Argument(help="YAML file of a trait.")]) -> None:
    """Check a trait file: every field that is wrong is named."""
    trait = define.trait(file)
    counts = (
        f"{len(trait.pairs)} pairs, {len(trait.questions.extraction)} + {len(trait.questions.evaluation)} questions"
    )
    say({"name": trait.name, "valid": True}, f"{trait.name} is valid: {counts}", context.obj.as_json)


def as_yaml(trait: Trait) -> str:
    """Return a trait as the YAML that `check` reads."""
    import yaml

    content = trait.model_dump(mode="json", exclude={"schema_version"}, exclude_defaults=True)
    return str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)).rstrip()
