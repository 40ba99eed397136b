"""What is freed is kept for the next tensor where the C library can, and a user's own word stands."""

import os
import platform
import subprocess
import sys

import pytest

from heredity.ground.memory import OWN, keep_memory

HELD = """
import os
import numpy as np
from heredity.ground.memory import keep_memory
kept = {asked} and keep_memory({{}})
def held():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
before = held()
block = np.ones(25 * 2**20)
del block
print(kept, round(held() - before))
"""
GNU = platform.libc_ver()[0] == "glibc"


def held_after(is_asked: bool) -> tuple[bool, int]:
    """Return whether memory is kept, and how many MiB are still held after an array of 200 MiB was freed."""
    clean = {name: value for name, value in os.environ.items() if name not in OWN}
    script = [sys.executable, "-c", HELD.format(asked=is_asked)]
    said = subprocess.run(script, env=clean, capture_output=True, text=True, check=True).stdout.split()
    return said[0] == "True", int(said[1])


@pytest.mark.skipif(not GNU, reason="only the GNU C library can be told")
def test_what_is_freed_is_kept_and_without_it_given_back() -> None:
    is_kept, still = held_after(True)
    assert is_kept
    assert still > 150
    is_kept, still = held_after(False)
    assert not is_kept
    assert still < 50


@pytest.mark.parametrize("name", OWN)
def test_what_the_user_has_set_stands(name: str) -> None:
    assert not keep_memory({name: "1"})


@pytest.mark.skipif(not GNU, reason="only the GNU C library can be told")
def test_what_is_kept_can_be_given_back() -> None:
    clean = {name: value for name, value in os.environ.items() if name not in OWN}
    script = (
        HELD.format(asked=True)
        + "from heredity.ground.memory import give_back\ngive_back()\nprint(round(held() - before))"
    )
    run = subprocess.run([sys.executable, "-c", script], env=clean, capture_output=True, text=True, check=True)
    kept, left = run.stdout.splitlines()
    assert int(kept.split()[1]) > 150
    assert int(left) < 50


STARTED = """
import sys
sys.argv[1:] = {words!r}
import heredity.cli.start as start
import os
start.os.execve = lambda program, words, environment: print("again", environment["GLIBC_TUNABLES"]) or sys.exit(0)
start.main = lambda: print("at once")
start.run()
"""


@pytest.mark.skipif(not GNU, reason="only the GNU C library can be told")
@pytest.mark.parametrize(
    ("words", "own", "said"),
    [
        (["audit", "rows.jsonl"], {}, "again"),
        (["--quiet", "demo"], {}, "again"),
        (["audit", "--help"], {}, "at once"),
        (["trait", "list"], {}, "at once"),
        (["audit", "rows.jsonl"], {"GLIBC_TUNABLES": "glibc.malloc.check=0"}, "at once"),
    ],
)
def test_a_command_starts_once_more_where_a_model_is_worked_with_and_once_only(
    words: list[str], own: dict[str, str], said: str
) -> None:
    clean = {name: value for name, value in os.environ.items() if name not in OWN} | own
    script = [sys.executable, "-c", STARTED.format(words=words)]
    assert subprocess.run(script, env=clean, capture_output=True, text=True, check=True).stdout.startswith(said)
