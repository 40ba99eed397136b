"""A command starts without the libraries that only some commands need, and dies of no absent extra."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from heredity.cli.app import VERBS
from heredity.cli.lazy import loaded, shortened, summary
from heredity.cli.trait import _Traits

SOURCE = Path(__file__).parents[2] / "src"
HEAVY = ("altair", "torch", "openai", "transformers", "vl_convert")
BLOCKED = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {absent!r}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
import heredity.cli.app
"""


def python(script: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_the_command_line_starts_without_the_heavy_libraries() -> None:
    loaded = set(python("import heredity.cli.app, sys; print(*sys.modules)").split())
    assert "heredity.cli.app" in loaded
    assert loaded.isdisjoint(HEAVY)


@pytest.mark.parametrize("absent", [("altair", "vl_convert"), ("openai",)])
def test_the_command_line_starts_where_an_extra_is_not_installed(absent: tuple[str, ...]) -> None:
    python(BLOCKED.format(absent=absent))


COMMAND = """
import sys
sys.argv = {argv!r}
from heredity.cli.app import main
try:
    main()
finally:
    print("loaded", *sys.modules)
"""


@pytest.mark.parametrize(
    ("argv", "needless"),
    [
        (["heredity", "--help"], {"numpy", "scipy", "pydantic", "yaml", "rich.console"}),
        (["heredity", "trait", "--help"], {"numpy", "scipy", "torch"}),
        (["heredity", "trait", "list"], {"numpy", "scipy", "torch"}),
    ],
)
def test_first_contact_loads_no_more_than_it_shows(argv: list[str], needless: set[str]) -> None:
    said = python(COMMAND.format(argv=argv))
    loaded = set(said.splitlines()[-1].split())
    assert "heredity.cli.app" in loaded
    assert loaded.isdisjoint(needless)


def test_every_command_in_the_table_is_there_and_its_line_of_help_is_its_own() -> None:
    for table in (VERBS, _Traits.table):
        for name, place in table.items():
            command = loaded(name, place)
            line = summary(place)
            assert " ".join((command.help or "").split()).startswith(line)
            assert shortened(line, 60).rstrip(".") in f"{line}."
