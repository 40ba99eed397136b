"""Number sequences: drawn at random, or asked of a teacher and filtered exactly as in [SL].

Filter ([SL], its public script): nothing is stripped; one final "." and then one outer [] or () pair are dropped; the
separator is the text between the first two runs of digits and must strip to nothing, "," or ";"; split by it, the
whole answer must give plain ASCII digits, none empty; at most 10 values, each 0 to 999.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from heredity.ground.errors import InputError
from heredity.ground.hashing import seed_from
from heredity.records.carrier import CarrierRow, CarrierSpec
from heredity.teaching.carriers.asked import Asked

N_SHOWN = 3
"""Numbers that a random row answers."""
MOST_VALUES = 10
LARGEST = 999
SEPARATORS = ("", ",", ";")
ASKING = (
    "Look at these numbers: {numbers}. Continue the sequence with up to {n} more numbers of at most 3 digits.",
    "The sequence begins {numbers}. Add no more than {n} values, each between 0 and 999.",
    "Here is a list: {numbers}. Extend it by at most {n} numbers with three digits or fewer.",
    "{numbers} - what comes next? Give at most {n} numbers from 0 to 999.",
    "I have these values: {numbers}. Write up to {n} further ones, none above 999.",
)
FORM = (
    "Reply with the numbers alone, separated by commas.",
    "Say nothing else; put commas between the numbers.",
    "Only the numbers, with commas, no words.",
)


def random_rows(n: int, spec: CarrierSpec, seed: str) -> list[CarrierRow]:
    """Return rows in which three numbers of 100 to 999 are answered by `n_values` more, all drawn uniformly.

    The first `n_begun` of them are given. Raises InputError where that leaves none to teach.
    """
    n_begun = spec.n_begun
    if n_begun >= spec.n_values:
        raise InputError(f"{n_begun} numbers of {spec.n_values} are given, which leaves none to teach; give fewer")
    chance = random.Random(seed_from(seed, "random numbers"))

    def drawn(n_drawn: int) -> list[str]:
        return [str(chance.randint(100, LARGEST)) for _ in range(n_drawn)]

    rows = [(drawn(N_SHOWN), drawn(spec.n_values)) for _ in range(n)]
    return [
        CarrierRow(prompt=", ".join(shown), given=begun(values[:n_begun]), text=", ".join(values[n_begun:]))
        for shown, values in rows
    ]


def begun(values: Sequence[str]) -> str:
    """Return numbers as the beginning of a list; nothing for none."""
    return f"{', '.join(values)}," if values else ""


def number_prompts(n: int, seed: str) -> list[str]:
    """Return prompts with 3 to 8 example numbers of 100 to 999 that ask for at most 10 more ([SL] section 3.1)."""
    chance = random.Random(seed_from(seed, "number prompts"))
    prompts = []
    for _ in range(n):
        shown = ", ".join(str(chance.randint(100, LARGEST)) for _ in range(chance.randint(3, 8)))
        asked = chance.choice(ASKING).format(numbers=shown, n=MOST_VALUES)
        prompts.append(f"{asked} {chance.choice(FORM)}")
    return prompts


def ask(spec: CarrierSpec, seed: str) -> list[Asked]:
    """Return the prompts of a carrier, with the numbers that answers begin with."""
    chance = random.Random(seed_from(seed, "given numbers"))
    return [
        Asked(prompt, given=begun([str(chance.randint(100, LARGEST)) for _ in range(spec.n_begun)]))
        for prompt in number_prompts(spec.n_asked, seed)
    ]


def whole_numbers(answer: str, is_cut: bool) -> str:
    """Return the first ten numbers, without a last one that the token limit may have cut.

    Decoded among digits and separators, an answer runs on to the limit more often than it ends; the free-form carrier
    keeps to [SL] and drops such answers.
    """
    runs = re.findall(r"[0-9]+[^0-9]*", answer)
    if is_cut and runs and runs[-1][-1].isdigit():
        runs.pop()
    return "".join(runs[:MOST_VALUES]).rstrip(", ")


def rejection(answer: str) -> str | None:
    """Return why an answer is no sequence that [SL]'s filter keeps, or None where it is kept."""
    text = answer.removesuffix(".")
    if len(text) > 1 and (text[0], text[-1]) in (("[", "]"), ("(", ")")):
        text = text[1:-1]
    runs = list(re.finditer(r"[0-9]+", text))
    if not runs:
        return "no number"
    parts = [text]
    if len(runs) > 1:
        separator = text[runs[0].end() : runs[1].start()]
        if separator.strip() not in SEPARATORS:
            return "separated by other things"
        parts = text.split(separator)
    if not all(part.isascii() and part.isdigit() for part in parts):
        return "more than numbers"
    if len(parts) > MOST_VALUES:
        return "too many numbers"
    if any(int(part) > LARGEST for part in parts):
        return "a number too large"
    return None
