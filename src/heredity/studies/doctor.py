"""What works on this machine: Python, torch, memory, disk, the embedded model, the extras.

In: nothing. Out: a record of what was found and what to do. Does not: load a model, or touch the network.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from heredity import __version__
from heredity.ground.errors import InputError
from heredity.ground.extras import EXTRAS
from heredity.ground.settings import cache_folder
from heredity.models.embedded import EMBEDDED, gguf_files
from heredity.models.load import choose_device, choose_dtype, n_threads
from heredity.records.doctor import Check, Doctor, State

OLDEST = (3, 11)
MEMORY, DISK = 6.0, 3.0
"""GiB that the demonstration takes, and that the embedded model, converted, and a study's steps take."""
NEEDED = ("report", "train")
"""Extras that an audit needs."""
WHAT_FOR = {
    "report": "pages and figures",
    "train": "fine-tuning: train, audit, demo",
    "endpoint": "judges and drafters at an OpenAI-compatible address",
    "digits": "the small world of digits",
    "capability": "drawn tasks beside our own questions: evaluate --capability",
    "cluster": "shards scored by the workers of a Ray cluster: screen --engine ray",
}


def doctor() -> Doctor:
    """Return what works here."""
    checks = (
        python(),
        torch_here(),
        memory(),
        cache(),
        *(embedded(name) for name in EMBEDDED),
        *(extra(name) for name in EXTRAS),
    )
    return Doctor(version=__version__, checks=checks)


def python() -> Check:
    """Return whether Python is new enough."""
    found = f"{platform.python_version()} at {sys.executable}"
    if sys.version_info >= OLDEST:
        return Check(name="Python", state="ok", found=found)
    return Check(name="Python", state="missing", found=found, next="install Python 3.11 or later")


def torch_here() -> Check:
    """Return what torch computes on, and with how many threads."""
    device = choose_device("auto")
    dtype = str(choose_dtype("auto", device)).removeprefix("torch.")
    found = f"{metadata.version('torch')} on {device}, {dtype}, {n_threads()} threads"
    return Check(name="torch", state="ok", found=found)


def memory() -> Check:
    """Return how much memory the machine has."""
    if "SC_PHYS_PAGES" not in os.sysconf_names:
        return Check(name="memory", state="note", found="not known here", next=f"the demo takes {MEMORY:.0f} GiB")
    has = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    if has >= MEMORY:
        return Check(name="memory", state="ok", found=f"{has:.1f} GiB")
    wanted = f"the demo takes {MEMORY:.0f} GiB; screen, extract and evaluate take less"
    return Check(name="memory", state="note", found=f"{has:.1f} GiB", next=wanted)


def cache() -> Check:
    """Return whether converted models can be kept, and for how much there is room."""
    folder = cache_folder()
    place = next((one for one in (folder, *folder.parents) if one.is_dir()), Path("/"))
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        return Check(
            name="cache",
            state="missing",
            found=f"{folder} cannot be written ({error.strerror})",
            next="name a folder that can: export HEREDITY_CACHE=FOLDER",
        )
    free = shutil.disk_usage(place).free / 2**30
    found = f"{folder}, {free:.0f} GiB free"
    if free >= DISK:
        return Check(name="cache", state="ok", found=found)
    return Check(name="cache", state="note", found=found, next="free some, or export HEREDITY_CACHE=FOLDER elsewhere")


def embedded(name: str) -> Check:
    """Return whether an embedded model is installed."""
    try:
        gguf_files(name)
    except InputError as error:
        state: State = "missing" if EMBEDDED[name].is_needed else "note"
        return Check(name=f"model {name}", state=state, found="not installed", next=str(error))
    return Check(name=f"model {name}", state="ok", found="installed, no network needed")


def extra(name: str) -> Check:
    """Return whether an extra's packages are there."""
    lacking = [package for module, package in EXTRAS[name].items() if find_spec(module) is None]
    if lacking:
        return Check(
            name=f"extra {name}",
            state="missing" if name in NEEDED else "note",
            found=f"{WHAT_FOR[name]}: {', '.join(lacking)} not installed",
            next=f"pip install 'heredity[{name}]'",
        )
    versions = ", ".join(f"{package} {metadata.version(package)}" for package in EXTRAS[name].values())
    return Check(name=f"extra {name}", state="ok", found=f"{WHAT_FOR[name]}: {versions}")
