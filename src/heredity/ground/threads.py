"""How threads wait for each other; decided before the library that runs them is loaded."""

from __future__ import annotations

from collections.abc import MutableMapping

SPINS = "4000"
"""Turns that a waiting thread spins before it sleeps. The library's own choice, to spin on, is no faster on a quiet
machine and up to 25 times slower beside a busy program; to sleep at once costs generation a third (`make bench`)."""
OWN = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")
"""Variables by which a user says how threads are to wait."""


def wait_patiently(environment: MutableMapping[str, str]) -> None:
    """Let OpenMP's threads (GNU's library) spin for a while only, unless the user has said how they are to wait.

    It must stand in the environment before torch is imported; later it has no effect.
    """
    if not any(name in environment for name in OWN):
        environment["GOMP_SPINCOUNT"] = SPINS
