"""Run benchmarks, all or those that are named: `make bench`, or `python -m benchmarks reading inner`.

What they find is printed, and kept in `results.json` with the machine and the state of the code.
"""

import os
import sys
from importlib import import_module

from heredity.ground.memory import keep_memory
from heredity.ground.threads import wait_patiently

ALL = ("reading", "screening", "inner", "lists", "monitoring", "defences", "threads", "memory")

if __name__ == "__main__":
    chosen = sys.argv[1:] or ALL
    for name in chosen:
        if name not in ALL:
            sys.exit(f"there is no benchmark called '{name}'; there is: {', '.join(ALL)}")
    wait_patiently(os.environ)  # before torch is loaded, as the command does
    keep_memory(os.environ)
    for name in chosen:
        import_module(f"benchmarks.{name}").main()
