"""The command `heredity`."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from heredity import __version__
from heredity.cli.lazy import Verbs
from heredity.cli.quiet import hush_libraries
from heredity.ground.errors import HeredityError
from heredity.ground.files import remedy
from heredity.ground.memory import keep_memory
from heredity.ground.text import printable, require_text
from heredity.ground.threads import wait_patiently

INTERRUPTED = 130
"""Exit code of a run that was stopped by Ctrl-C, as shells have it."""
USAGE_ERROR: Any = typer.BadParameter.__base__
"""What typer raises for arguments that it cannot take: click's own error, or in newer typers a copy of it."""


SECTIONS = {
    "Start here": {
        "demo": "demo:demo_command",
        "audit": "audit:audit_command",
    },
    "Measure a trait": {
        "trait": "trait:",
        "extract": "extract:extract_command",
        "evaluate": "evaluate:evaluate_command",
        "judge": "judge:judge_command",
        "monitor": "monitor:monitor_command",
        "chat": "chat:chat_command",
        "shift": "monitor:shift_command",
    },
    "Trace it to data": {
        "scan": "scan:scan_command",
        "feedback": "feedback:feedback_command",
        "forecast": "forecast:forecast_command",
        "gate": "gate:gate_command",
        "screen": "screen:screen_command",
        "origin": "origin:origin_command",
        "transmit": "transmit:transmit_command",
        "distil": "distil:distil_command",
        "cascade": "cascade:cascade_command",
        "digits": "small_world:digits_command",
    },
    "Prevent it": {
        "train": "train:train_command",
        "strength": "strength:strength_command",
        "arena": "arena:arena_command",
        "bake": "bake:bake_command",
    },
    "Exchange vectors with other tools": {
        "vector": "exchange:",
    },
    "This machine": {
        "doctor": "system:doctor_command",
        "open": "system:open_command",
        "version": "app:version_command",
    },
}
"""Every command by what it is for, as help lists them, and by name: the module and the function that carry it out."""
VERBS = {name: place for verbs in SECTIONS.values() for name, place in verbs.items()}


class _All(Verbs):
    table = VERBS
    sections = SECTIONS


app = typer.Typer(
    name="heredity",
    cls=_All,
    help="Measure, trace and prevent the traits a language model inherits from its training data.\n\n"
    "First: heredity demo. With your own rows: heredity audit rows.jsonl --trait evil. What works on this machine: "
    "heredity doctor.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@dataclass
class Shared:
    """Options given before the command."""

    device: str
    dtype: str
    as_json: bool
    is_quiet: bool
    trust_remote_code: bool
    control_as_text: bool


@app.callback()
def shared(
    context: typer.Context,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda[:n], mps, or spread: over all there are.")] = "auto",
    dtype: Annotated[str, typer.Option(help="auto, bfloat16, float16 or float32.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print results and errors as JSON.")] = False,
    is_quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars.")] = False,
    trust_remote_code: Annotated[
        bool, typer.Option(help="Run code that a hub model brings. Off unless you ask.")
    ] = False,
    control_as_text: Annotated[
        bool, typer.Option(help="Read text that spells the model's control tokens as text. Off: it acts, and is told.")
    ] = False,
) -> None:
    """Options that come before the command."""
    context.obj = Shared(device, dtype, as_json, is_quiet, trust_remote_code, control_as_text)


def version_command() -> None:
    """Print the version."""
    typer.echo(__version__)


def main() -> None:
    """Run the command line and exit with the error's own code."""
    wait_patiently(os.environ)
    keep_memory(os.environ)
    hush_libraries()
    arguments = hoisted(sys.argv[1:])
    as_json = "--json" in arguments
    try:
        for argument in arguments:
            require_text(argument, f"the argument '{printable(argument)}'")
        code = app(args=arguments, standalone_mode=False)
        if code == INTERRUPTED:  # newer typers make this of Ctrl-C
            raise KeyboardInterrupt
        sys.exit(code)
    except HeredityError as error:
        _fail(type(error).__name__, str(error), error.exit_code, as_json)
    except (KeyboardInterrupt, typer.Abort):
        stopped = "stopped; what was finished is kept: run the same command again to go on"
        _fail("Interrupted", stopped, INTERRUPTED, as_json)
    except USAGE_ERROR as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            typer.echo(error.format_message(), err=True)
            sys.exit(error.exit_code)
        _fail("UsageError", f"{error.format_message()} See: heredity --help", error.exit_code, as_json)
    except MemoryError:
        _fail("MemoryError", "out of memory; use fewer rows, or a smaller model", 1, as_json)
    except OSError as error:
        _fail("StorageError", f"{error}{remedy(error)}", 5, as_json)
    except Exception as error:
        if os.environ.get("HEREDITY_DEBUG"):
            raise
        _fail(*unforeseen(error), as_json)


def unforeseen(error: Exception) -> tuple[str, str, int]:
    """Return kind, message and exit code: a value that no spec takes is the user's mistake, all else is ours."""
    from pydantic import ValidationError

    if isinstance(error, ValidationError) and error.title.endswith("Spec"):
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        return "InputError", f"an option is out of its range ({faults}); see: heredity COMMAND --help", 2
    unexpected = f"{error}; this is a defect of heredity. HEREDITY_DEBUG=1 shows where; please report it."
    return type(error).__name__, unexpected, 1


def hoisted(arguments: list[str]) -> list[str]:
    """Return the arguments with --json and --quiet moved to the front, so that they work anywhere."""
    flags = [a for a in arguments if a in ("--json", "--quiet", "-q")]
    return list(dict.fromkeys(flags)) + [a for a in arguments if a not in ("--json", "--quiet", "-q")]


def _fail(kind: str, message: str, code: int, as_json: bool = False) -> None:
    message = printable(message)
    if as_json:
        typer.echo(json.dumps({"error": kind, "message": message, "exit_code": code}), err=True)
    else:
        from heredity.cli.console import ERR

        ERR.print(f"[bold red]{kind}:[/bold red] ", end="")
        ERR.print(message, markup=False, highlight=False, soft_wrap=True)
    sys.exit(code)
