"""A command starts without the libraries that only some commands need, and dies of no absent extra."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

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
