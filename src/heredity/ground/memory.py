"""Memory that is freed is kept for the next tensor, rather than given back to the system and asked for again.

Every large tensor otherwise costs a call to map it, a page fault for each page, and a call to unmap it. What that is
worth, with huge pages and without, says `make bench`.
"""

from __future__ import annotations

import ctypes
import platform
import sys
from collections.abc import Mapping

TUNABLES = "GLIBC_TUNABLES"
OWN = (TUNABLES, "MALLOC_MMAP_THRESHOLD_", "MALLOC_MMAP_MAX_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_")
"""Variables by which a user says how the C library is to manage memory."""
IN_HUGE_PAGES = ":".join(
    f"glibc.malloc.{name}" for name in ("hugetlb=1", "mmap_max=0", "trim_threshold=4294967296", "top_pad=67108864")
)
"""Huge pages where the system lends them on request; nothing mapped by itself; the heap grown by 64 MiB and kept."""
TRIM_THRESHOLD, MMAP_MAX = -1, -4
"""Parameters of `mallopt` (malloc.h of the GNU C library)."""
OUT_OF_REACH = 2**31 - 1
"""Bytes: no free stretch at the top of the heap is as long, or where it is, it may go back."""


def before_start(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what must stand in the environment before a process starts; nothing where the user has said his own."""
    is_ours = sys.platform == "linux" and platform.libc_ver()[0] == "glibc"
    return {TUNABLES: IN_HUGE_PAGES} if is_ours and not any(name in environment for name in OWN) else {}


def keep_memory(environment: Mapping[str, str]) -> bool:
    """Let the GNU C library keep what is freed, as far as a process that runs can say so; return whether it does.

    Nothing happens on other systems, with other allocators, or where it was said before the start.
    """
    if not before_start(environment):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(MMAP_MAX, 0)) and bool(mallopt(TRIM_THRESHOLD, OUT_OF_REACH))


def give_back() -> bool:
    """Give what is free back to the system, between two pieces of work; return whether anything was.

    Pieces that need memory in other sizes would otherwise pile up. Nothing happens without the GNU C library.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    return bool(trim(0)) if trim else False
