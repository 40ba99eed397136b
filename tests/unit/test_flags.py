"""Every option that points to a field of a spec: one battery over all commands that have some."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

import pytest
import typer
from pydantic import Field
from typer.testing import CliRunner

from heredity.cli.app import VERBS
from heredity.cli.flags import Flag, asks, field_of, names_taken, parameter_of, spec_of, value_of
from heredity.ground.errors import InputError, UnknownNameError
from heredity.records.base import Spec


def commands() -> dict[str, Any]:
    """Return every command whose options point to fields."""
    found = {}
    for name, place in VERBS.items():
        module, function = place.split(":")
        if function and hasattr(command := getattr(import_module(f"heredity.cli.{module}"), function), "flags"):
            found[name] = command
    return found


COMMANDS = commands()
FLAGS = [(name, flag) for name, command in COMMANDS.items() for flag in command.flags]


def asked_of(command: Any) -> Spec:
    """Return what a command asks for where nothing is said."""
    spec: Spec = inspect.signature(command.__wrapped__).parameters["spec"].default
    return spec


def test_the_commands_that_ask_for_a_spec_are_among_them() -> None:
    assert {"transmit", "cascade", "distil", "digits", "audit", "screen", "train", "extract", "monitor"} <= set(
        COMMANDS
    )


@pytest.mark.parametrize(("name", "flag"), FLAGS, ids=[f"{name} {flag.name}" for name, flag in FLAGS])
class TestEveryFlag:
    def test_has_the_help_and_the_default_of_its_field(self, name: str, flag: Flag) -> None:
        asked, option = asked_of(COMMANDS[name]), inspect.signature(COMMANDS[name]).parameters[flag.parameter]
        field, value = field_of(asked, flag.field), value_of(asked, flag.field)
        words = option.annotation.__metadata__[0].help
        assert words.startswith(flag.instead or " ".join(field.description.split()))
        assert all(known in words for known in names_taken(field))
        expected = len(value) if flag.counts else None if isinstance(value, tuple) or flag.joined else value
        assert option.default == (False if flag.sets is not None else expected)

    def test_changes_its_field_and_no_other(self, name: str, flag: Flag) -> None:
        asked = asked_of(COMMANDS[name])
        value = another(asked, flag)
        spec = spec_of(asked, COMMANDS[name].flags, {flag.name: value})
        assert value_of(spec, flag.field) != value_of(asked, flag.field)
        others = [one for one in COMMANDS[name].flags if one.field != flag.field]
        assert [value_of(spec, one.field) for one in others] == [value_of(asked, one.field) for one in others]

    def test_leans_on_options_that_the_command_has(self, name: str, flag: Flag) -> None:
        known = set(inspect.signature(COMMANDS[name]).parameters)
        assert {parameter_of(one) for one in (flag.needs, flag.only[0]) if one} <= known


def another(asked: Spec, flag: Flag) -> Any:
    """Return something else that could be typed."""
    value, names = value_of(asked, flag.field), names_taken(field_of(asked, flag.field))
    if flag.sets is not None:
        return True
    if flag.joined:
        return ["another", "one"]
    if names:
        other = next(name for name in names if name not in value)
        return [other] if isinstance(value, tuple) else other
    if flag.counts:
        return len(value) + 1
    match value:
        case tuple():
            return ["another"]
        case bool():
            return not value
        case int():
            return value + 1
        case float():
            return value * 0.5
        case None:
            kind = str(field_of(asked, flag.field).annotation)
            return 1 if "int" in kind else 0.5 if "float" in kind else "another"
    return f"another {value}"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_saying_nothing_asks_for_what_the_command_has(name: str) -> None:
    assert spec_of(asked_of(COMMANDS[name]), COMMANDS[name].flags, {}) == asked_of(COMMANDS[name])


class Inner(Spec):
    """How it is made."""

    size: int = Field(default=2, ge=1, le=5)
    """How large."""
    is_kept: bool = True
    """Whether it is kept."""


class Outer(Spec):
    """What is made."""

    inner: Inner = Inner(size=4)
    """How."""
    share: float = Field(default=0.5, gt=0, lt=1)
    """How much of it."""


ASKED = Outer()
MADE: list[tuple[Outer, str]] = []


@asks(
    Flag("--size", "inner.size", needs="--name"),
    Flag("--kept", "inner.is_kept"),
    Flag("--share", "share", only=("--name", ("a", "b"))),
)
def make(context: typer.Context, name: str = "", spec: Outer = ASKED) -> None:
    """Make it."""
    MADE.append((spec, name))


def typed(*arguments: str) -> Any:
    """Run the command as it would be typed."""
    app = typer.Typer(add_completion=False)
    app.command()(make)
    MADE.clear()
    return CliRunner().invoke(app, list(arguments), standalone_mode=False)


def test_what_is_typed_reaches_the_spec_and_the_rest_stays() -> None:
    assert typed("--name", "a", "--share", "0.25", "--no-kept").exit_code == 0
    assert [(Outer(inner=Inner(size=4, is_kept=False), share=0.25), "a")] == MADE


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--size", "3"], "--size has no effect without --name"),
        (["--name", "c", "--share", "0.25"], "--share has no effect with --name c, only with: a, b"),
        (["--name", "a", "--share", "1"], r"--share: Input should be less than 1"),
        (["--name", "a", "--share", "nan"], r"--share: "),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_option(arguments: list[str], said: str) -> None:
    result = typed(*arguments)
    assert isinstance(result.exception, InputError)
    assert said in str(result.exception)
    assert not MADE


def test_a_number_out_of_its_field_s_range_is_refused() -> None:
    assert "5" in str(typed("--name", "a", "--size", "6").exception)
    assert not MADE


def test_a_name_that_a_field_does_not_take_is_answered_with_those_that_it_does() -> None:
    command = COMMANDS["transmit"]
    with pytest.raises(UnknownNameError, match="Did you mean 'soft'"):
        spec_of(asked_of(command), command.flags, {"--labels": "sotf"})
