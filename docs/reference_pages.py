"""The pages of reference, made from the code's own words: commands, the front door in Python, records, traits."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

import heredity
from heredity import records
from heredity.cli.app import SECTIONS, app
from heredity.records.base import Record
from heredity.traits import define

LONG = 60
"""Characters from which a default is left out."""
SPECIAL = re.compile(r"([\\*_<>\[\]#|])")


def write(folder: Path) -> None:
    """Write all pages of reference into a folder."""
    folder.mkdir(exist_ok=True)
    for name, lines in (("commands", commands()), ("python", front_door()), ("records", kinds()), ("traits", traits())):
        (folder / f"{name}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def commands() -> Iterator[str]:
    """Yield the page of all commands, as their own help tells them."""
    yield "# Commands\n\nWhat `heredity COMMAND --help` says, by what each is for.\n"
    group = typer.main.get_command(app)
    with group.make_context("heredity", ["doctor"], resilient_parsing=True) as context:
        for section, verbs in SECTIONS.items():
            yield f"## {section}\n"
            for verb in verbs:
                command = group.get_command(context, verb)
                yield from helped(command, f"heredity {verb}", 3)


def helped(command: Any, name: str, level: int) -> Iterator[str]:
    """Yield one command's help, and that of the commands within it."""
    with command.context_class(command, info_name=name, max_content_width=100) as context:
        yield f"{'#' * level} {name}\n\n```text\n{command.get_help(context).strip()}\n```\n"
        for inner in command.list_commands(context) if hasattr(command, "list_commands") else ():
            yield from helped(command.get_command(context, inner), f"{name} {inner}", level + 1)


def front_door() -> Iterator[str]:
    """Yield the page of what `import heredity as h` gives."""
    yield "# Python\n\nWhat `import heredity as h` gives. Nothing is imported until it is asked for.\n"
    for name in heredity.__all__:
        thing = getattr(heredity, name)
        yield f"## `h.{name}`\n"
        if inspect.isclass(thing):
            yield f"{plain(inspect.getdoc(thing) or '')}\n"
            yield from fields(thing)
        else:
            yield f"```python\n{name}{signature(thing)}\n```\n\n{plain(inspect.getdoc(thing) or '')}\n"


def signature(function: Any) -> str:
    """Return a function's signature, one parameter a line where it is long."""
    whole = str(inspect.signature(function)).replace("'", "")
    whole = re.sub(r"<heredity\.ground\.progress\.Silence object at \w+>", "SILENCE", whole)
    return whole if len(whole) < 80 else whole.replace(", ", ",\n    ").replace("(", "(\n    ", 1)


def kinds() -> Iterator[str]:
    """Yield the page of all records and specs, with what each field means."""
    yield "# Records\n\nWhat is written down as JSON, and the specs that ask for it. Every record is frozen.\n"
    for module in sorted(info.name for info in pkgutil.iter_modules(records.__path__)):
        loaded = importlib.import_module(f"heredity.records.{module}")
        own = [
            thing
            for thing in vars(loaded).values()
            if inspect.isclass(thing) and issubclass(thing, Record) and thing.__module__ == loaded.__name__
        ]
        if not own or module == "base":
            continue
        yield f"## {module.replace('_', ' ')}\n\n{plain(inspect.getdoc(loaded) or '')}\n"
        for thing in own:
            yield f"### {thing.__name__}\n\n{plain(inspect.getdoc(thing) or '')}\n"
            yield from fields(thing)


def fields(thing: Any) -> Iterator[str]:
    """Yield a record's fields, one a line; nothing for what is no record."""
    if not issubclass(thing, Record):
        return
    for name, field in thing.model_fields.items():
        said = plain(" ".join((field.description or "").split()))
        usual = "" if field.is_required() or field.default_factory else f", `{field.default!r}` unless given"
        yield f"- `{name}`{usual if len(usual) < LONG else ''}{': ' if said else ''}{said}"
    yield ""


def traits() -> Iterator[str]:
    """Yield the page of the bundled traits."""
    yield "# Bundled traits\n\n`heredity trait show NAME` prints one as YAML, to start another from.\n"
    for name in define.bundled_names():
        trait = define.trait(name)
        yield f"- `{name}`: {plain(trait.description)}"


def plain(text: str) -> str:
    """Return text as Markdown that shows it as it is."""
    return SPECIAL.sub(r"\\\1", text).replace("::", "\\:\\:")
