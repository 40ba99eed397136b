"""Threads are told how to wait before torch is there, and a user's own word stands."""

import os
import subprocess
import sys

import pytest

from heredity.ground.threads import OWN, SPINS, wait_patiently

LOOK = """
import os, sys
from heredity.cli import app
before, sys.argv = "torch" in sys.modules, ["heredity", "version"]
try:
    app.main()
except SystemExit:
    print(before, os.environ.get("GOMP_SPINCOUNT"))
"""


def test_the_command_sets_it_before_torch_is_loaded() -> None:
    clean = {name: value for name, value in os.environ.items() if name not in OWN}
    said = subprocess.run([sys.executable, "-c", LOOK], env=clean, capture_output=True, text=True, check=True).stdout
    assert said.split()[-2:] == ["False", SPINS]


@pytest.mark.parametrize("own", [{"GOMP_SPINCOUNT": "7"}, {"OMP_WAIT_POLICY": "active"}])
def test_what_the_user_has_set_stands(own: dict[str, str]) -> None:
    environment = dict(own)
    wait_patiently(environment)
    assert environment == own
