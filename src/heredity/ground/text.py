"""What is text and what only looks like it, and values short enough to be shown."""

from __future__ import annotations

import re
from typing import Any

from heredity.ground.errors import InputError

LONGEST_SHOWN = 40
"""Characters of a value that a message repeats."""
SECRET = re.compile(
    r"""(?x) -----BEGIN[A-Z ]*PRIVATE\ KEY-----.*
    | \b(?:sk|pk|rk|xox[abprs]|glpat|nvapi)-[\w-]{8,} | \b(?:gh[oprsu]|hf|sk_live|sk_test|github_pat)_\w{8,}
    | \b(?:AKIA|ASIA)[0-9A-Z]{12,} | \bAIza[\w-]{20,} | \beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?
    | (?i:\b(?:password|passwd|secret|api[_ -]?key|access[_ -]?token|bearer)\b["']?\s*(?:[:=]|is\b)?\s*["']?)
      (?=\S*\d)\S{6,}""",
    re.DOTALL,
)
"""What is written as keys, tokens and passwords are."""
KINDS = {dict: "an object", list: "a list", tuple: "a list", bytes: "bytes", type(None): "null"}


def half_character(text: str) -> str | None:
    r"""Return the first half of a character that stands alone, as an escape (`\ud83d`); None where all are whole.

    JSON and YAML can spell it, and no tokenizer, file or terminal can take it.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return f"\\u{ord(text[error.start]):04x}"
    return None


def first_half_character(value: Any, place: str = "") -> tuple[str, str] | None:
    """Return the place (`pairs.0.positive`) and the half of the first broken text in records, objects and lists."""
    if isinstance(value, str):
        half = half_character(value)
        return (place, half) if half else None
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list | tuple) else ()
    found = (first_half_character(one, f"{place}.{key}".lstrip(".")) for key, one in inner)
    return next((one for one in found if one), None)


def require_text(text: str, what: str) -> str:
    """Return the text. Raises InputError, which names `what`, where half a character stands in it."""
    half = half_character(text)
    if half is not None:
        raise InputError(f"{what} {broken(half)}")
    return text


def broken(half: str) -> str:
    """Return what is wrong with a text that holds half a character, and what to do."""
    return f"holds half a character ({half}), as of an emoji that was cut in two; take it out, or give the whole one"


def legible(value: object) -> str:
    """Return a value as a message may show it: short, on one line, with every character printable.

    A list or an object is named by its kind: it may be nested too deeply to be written out.
    """
    if type(value) in KINDS:
        return KINDS[type(value)]
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 4 * LONGEST_SHOWN:
        return "a number of many digits"
    shown = repr(value[: LONGEST_SHOWN + 1]) if isinstance(value, str) else str(value)
    shown = veiled(printable(" ".join(shown.split())))
    return shown if len(shown) <= LONGEST_SHOWN else f"{shown[:LONGEST_SHOWN]}..."


def veiled(text: str) -> str:
    """Return the text with what looks like a key, a token or a password left out: a terminal's words end up in logs."""
    return SECRET.sub("[secret]", text)


def printable(text: str) -> str:
    """Return the text with halves of characters written as escapes, so that any terminal and file takes it."""
    return text.encode(errors="backslashreplace").decode()
