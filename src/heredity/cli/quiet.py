"""How other libraries are kept quiet; set before any of them is loaded."""

from __future__ import annotations

import logging
import os
import warnings


def hush_libraries() -> None:
    """Keep other libraries' chatter off the terminal; our own errors say what matters."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    warnings.simplefilter("ignore")
    logging.getLogger("transformers").setLevel(logging.ERROR)
