"""How the command starts: where memory has to be asked for before the start, it starts once more."""

from __future__ import annotations

import os
import sys

from heredity.cli.app import VERBS, main
from heredity.ground.memory import before_start

LIGHT = frozenset({"version", "trait", "vector", "doctor", "open"})
"""Commands that load no model, or for a moment only."""


def run() -> None:
    """Run the command line; before a model is worked with, in this process's place, with memory as it is best kept."""
    asked = before_start(os.environ)
    words = sys.argv[1:]
    is_heavy = any(word in VERBS and word not in LIGHT for word in words) and "--help" not in words
    if asked and is_heavy:
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **asked})
    main()
