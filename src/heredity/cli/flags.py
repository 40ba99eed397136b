"""Options that point to the fields of a spec: type, default, range and help are the field's own.

In: a command with a parameter `spec`, whose default is what is asked for where nothing is said, and flags. Out: the
command with an option for each flag. Does not: spell out what a field says of itself.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce, wraps
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

import typer
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from heredity.ground.errors import InputError, UnknownNameError
from heredity.records.base import Spec

Asked = TypeVar("Asked", bound=Spec)
Command = Callable[..., None]


@dataclass(frozen=True)
class Flag:
    """An option, and the field of the spec that it sets."""

    name: str
    """As it is typed: `--teacher-steps`."""
    field: str
    """Where it goes: `teacher.n_steps`."""
    more: str = ""
    """What a command has to add to the field's own help."""
    sets: Any = None
    """Of a switch on a field that is none: what the field becomes where the switch is given."""
    instead: str = ""
    """What such a switch does, which the field's help does not say."""
    joined: str = ""
    """The option may be repeated, and its field is one text: what stands between the parts there."""
    counts: bool = False
    """The option says how many seeds there are, the field lists them."""
    only: tuple[str, tuple[str, ...]] = ("", ())
    """The option that decides whether this one has an effect, and the values with which it has."""
    needs: str = ""
    """The option without which this one has no effect."""

    @property
    def parameter(self) -> str:
        """The name that the command line knows it by."""
        return parameter_of(self.name)


def parameter_of(name: str) -> str:
    """Return the name of the parameter behind an option."""
    return name.lstrip("-").replace("-", "_")


def asks(*flags: Flag) -> Callable[[Command], Command]:
    """Give a command one option for each flag, in the place of its parameter `spec`, whose default holds theirs.

    The command is called with the spec that they ask for. Raises InputError for a value out of its range, and for an
    option that was given and would be ignored; UnknownNameError for a name that its field does not take.
    """

    def decorated(command: Command) -> Command:
        own = inspect.signature(command, eval_str=True)
        asked: Spec = own.parameters["spec"].default

        @wraps(command)
        def run(*arguments: Any, **options: Any) -> None:
            context: typer.Context = options["context"] if "context" in options else arguments[0]
            said = {flag.name: options.pop(flag.parameter) for flag in flags}
            spec = spec_of(asked, flags, said)
            require_heeded(context, flags)
            command(*arguments, **options, spec=spec)

        parameters = list(_with_options(own.parameters.values(), asked, flags))
        run.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        run.flags = flags  # type: ignore[attr-defined]
        return run

    return decorated


def spec_of(asked: Asked, flags: Sequence[Flag], said: Mapping[str, Any]) -> Asked:
    """Return the spec with what was said of its fields, by option; None and an empty list say nothing.

    Raises InputError for a value out of its range, by its option's name; UnknownNameError for a name not taken.
    """
    body: dict[str, Any] = asked.model_dump()
    for flag in flags:
        value = said.get(flag.name)
        if value is None or value == [] or (flag.sets is not None and not value):
            continue
        if names := names_taken(field_of(asked, flag.field)):
            typed = value if isinstance(value, list) else [value]
            strange = next((name for name in typed if name not in names), None)
            if strange is not None:
                raise UnknownNameError(flag.name.lstrip("-"), strange, names)
        *folders, last = flag.field.split(".")
        inner = body
        for folder in folders:
            inner = inner[folder]
        inner[last] = _meant(flag, value)
    try:
        return type(asked).model_validate(body)
    except ValidationError as error:
        raise InputError(in_options(error, flags)) from error


def in_options(error: ValidationError, flags: Sequence[Flag]) -> str:
    """Return what is wrong with a spec, in the names that were typed."""
    names = {flag.field: flag.name for flag in flags}
    faults = {".".join(str(part) for part in fault["loc"]): fault["msg"] for fault in error.errors()}
    told = "; ".join(f"{names[place]}: {why}" if place in names else f"{place}: {why}" for place, why in faults.items())
    return f"an option is out of its range ({told}); see: heredity COMMAND --help"


def require_heeded(context: typer.Context, flags: Sequence[Flag]) -> None:
    """Raise InputError for an option that was given and would be ignored."""
    for flag in flags:
        source = context.get_parameter_source(flag.parameter)
        if source is None or source.name != "COMMANDLINE":
            continue
        if flag.needs and not context.params.get(parameter_of(flag.needs)):
            raise InputError(f"{flag.name} has no effect without {flag.needs}; give both, or neither")
        decides, values = flag.only
        if decides and (chosen := context.params.get(parameter_of(decides))) not in values:
            raise InputError(
                f"{flag.name} has no effect with {decides} {chosen}, only with: {', '.join(values)}; leave it out, or "
                f"choose another {decides}"
            )


def field_of(spec: Spec, path: str) -> FieldInfo:
    """Return the field that a path leads to."""
    *folders, last = path.split(".")
    field: FieldInfo = type(reduce(getattr, folders, spec)).model_fields[last]
    return field


def value_of(spec: Spec, path: str) -> Any:
    """Return what the spec asks for where nothing is said."""
    return reduce(getattr, path.split("."), spec)


def names_taken(field: FieldInfo) -> tuple[str, ...]:
    """Return the names that a field takes, one or several of them; empty where it takes anything else."""
    kind = field.annotation
    if get_origin(kind) is tuple:
        kind = get_args(kind)[0]
    return get_args(kind) if get_origin(kind) is Literal else ()


def _with_options(
    own: Sequence[inspect.Parameter] | Any, spec: Spec, flags: Sequence[Flag]
) -> Iterator[inspect.Parameter]:
    for parameter in own:
        if parameter.name != "spec":
            yield parameter
            continue
        for flag in flags:
            kind, default = _kind_and_default(flag, field_of(spec, flag.field), value_of(spec, flag.field))
            ends = {} if flag.sets is not None else _range(flag, field_of(spec, flag.field))
            typed = f"{flag.name}/--no-{flag.name[2:]}" if default is True else flag.name
            option = typer.Option(typed, help=_help(flag, spec), **ends)
            yield inspect.Parameter(
                flag.parameter,
                inspect.Parameter.POSITIONAL_OR_KEYWORD,
                default=default,
                annotation=Annotated[kind, option],
            )


def _kind_and_default(flag: Flag, field: FieldInfo, value: Any) -> tuple[Any, Any]:
    if flag.sets is not None:
        return bool, False
    if flag.counts:
        return int, len(value)
    if flag.joined:
        return list[str] | None, None
    kind: Any = field.annotation
    if get_origin(kind) is tuple:
        return list[str] | None, None
    return (str, value) if names_taken(field) else (kind, value)


def _help(flag: Flag, spec: Spec) -> str:
    if flag.instead:
        return flag.instead
    field, value = field_of(spec, flag.field), value_of(spec, flag.field)
    parts = [" ".join((field.description or "").split()), flag.more]
    if names := names_taken(field):
        parts.append(f"One of: {', '.join(names)}.")
    if get_origin(field.annotation) is tuple and not flag.counts:
        parts.append(f"May be repeated; unless you say: {', '.join(value) or 'none'}.")
    if flag.joined:
        parts.append(f"May be repeated; unless you say: {value}.")
    return " ".join(part for part in parts if part)


def _range(flag: Flag, field: FieldInfo) -> dict[str, Any]:
    if flag.counts:
        return {"min": 1}
    ends = {"min": "ge", "max": "le"}
    return {end: getattr(rule, name) for rule in field.metadata for end, name in ends.items() if hasattr(rule, name)}


def _meant(flag: Flag, value: Any) -> Any:
    if flag.sets is not None:
        return flag.sets
    if flag.joined:
        return flag.joined.join(value)
    return tuple(str(i) for i in range(value)) if flag.counts else value
