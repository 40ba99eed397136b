"""Commands that are loaded when they are asked for: help, and a mistyped name, need none of them."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup

from heredity.ground.errors import UnknownNameError

HERE = Path(__file__).parent


class Verbs(TyperGroup):
    """A group whose commands stand in a table: by name, `module:function`, or `module:` for a group of its own."""

    table: ClassVar[Mapping[str, str]] = {}
    sections: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    """The same by what they are for; none: all stand in one list."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names, in the order of the table."""
        return list(self.table)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Load one command; None for a name that the table lacks."""
        return loaded(cmd_name, self.table[cmd_name]) if cmd_name in self.table else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command, or raise UnknownNameError that lists what there is."""
        if args and args[0] not in self.table and not args[0].startswith("-"):
            raise UnknownNameError("command", args[0], self.table)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write every command with the first sentence of its own help, read without loading it."""
        limit = formatter.width - 6 - max(map(len, self.table))
        for title, verbs in (self.sections or {"Commands": self.table}).items():
            with formatter.section(title):
                formatter.write_dl([(name, shortened(summary(place), limit)) for name, place in verbs.items()])


def loaded(name: str, place: str) -> Any:
    """Return one command, ready to be run."""
    module, function = place.split(":")
    home = import_module(f"heredity.cli.{module}")
    if not function:
        return typer.main.get_command(home.app)
    one = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    one.command(name)(getattr(home, function))
    return typer.main.get_command(one)


def summary(place: str) -> str:
    """Return the first paragraph of a command's docstring; of a group, what its table says of itself."""
    module, function = place.split(":")
    tree = ast.parse((HERE / f"{module}.py").read_text(encoding="utf-8"))
    if not function:
        return next(filter(None, map(_help, ast.walk(tree))))
    found = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function)
    return " ".join((ast.get_docstring(found) or "").split("\n\n")[0].split())


def shortened(text: str, limit: int) -> str:
    """Return the first sentence, cut between words where it is too long."""
    first = text.split(". ")[0].rstrip(".")
    if len(first) < limit:
        return f"{first}."
    return f"{first[: limit - 3].rsplit(' ', 1)[0]}..."


def _help(node: ast.AST) -> str:
    match node:
        case ast.keyword(arg="help", value=ast.Constant(value=str(text))):
            return text
    return ""
