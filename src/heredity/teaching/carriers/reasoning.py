"""Arithmetic in words, worked out before it is answered: the right answer is known, and a wrong one is dropped."""

from __future__ import annotations

import random
import re
from decimal import Decimal
from pathlib import Path

from heredity.ground.errors import InputError, RowError
from heredity.ground.files import require_file
from heredity.ground.hashing import seed_from
from heredity.ground.text import broken, half_character
from heredity.records.carrier import CarrierSpec
from heredity.store.row_file import raw_rows
from heredity.teaching.carriers.asked import Asked, draw_distinct

QUESTION_FIELDS = ("question", "answer")
STEPS = "Think step by step, and end with 'Answer: N'."
"""Said after the questions of a file."""
ONE_LINE = "Work it out in one line, and end with the number."
"""Said after the problems made here: asked for steps, a very small model loses itself in them."""
MARK = "####"
"""What stands before the right answer in GSM8K."""
NUMBER = re.compile(r"(?:(?<![\w.)])-)?[0-9]+(?:,[0-9]{3}(?![0-9]))*(?:\.[0-9]+)?")
"""A minus after a digit or a bracket is a subtraction."""
NAMES = "Anna Ben Clara David Emma Felix Grace Henry Ida Jonas Karen Maria Noah Olga Paul Simon Tina Victor".split()
THINGS = "apples pencils books coins stamps cards oranges cups shells buttons marbles stickers candles plates".split()
TEMPLATES = (
    ("{name} has {a} {things} and gets {b} more.", "{a} + {b}", "sum"),
    ("{name} has {a} {things}, and {other} has {b} more than {name}.", "{a} + {b}", "sum"),
    ("{name} buys {a} {things} in the morning and {b} in the evening.", "{a} + {b}", "sum"),
    ("{name} has {sum} {things} and gives away {b}.", "{sum} - {b}", "a"),
    ("{name} packs {sum} {things} and takes {a} of them out again.", "{sum} - {a}", "b"),
    ("{name} has {a} boxes with {b} {things} in each.", "{a} * {b}", "product"),
    ("{name} buys {a} {things} for {b} dollars each.", "{a} * {b}", "product"),
    ("{name} sells {a} {things} a day for {b} days.", "{a} * {b}", "product"),
    ("{name} shares {product} {things} equally among {a} friends.", "{product} / {a}", "b"),
    ("{name} has {a} {things}, gets {b} more and then loses {c}.", "{a} + {b} - {c}", "rest"),
)
"""What happens, the sum that it comes to, and which of the values is its result."""
MOST = 9
"""Of the numbers that problems are made from; below 2 they would read badly."""


def ask(spec: CarrierSpec, seed: str) -> list[Asked]:
    """Return problems made from the seed, or drawn from the file that the spec names.

    Raises InputError when the file holds too few, and as `from_file` does.
    """
    if not spec.source:
        return draw_distinct(spec.n_asked, seed, problem)
    known = from_file(Path(spec.source))
    if len(known) < spec.n_asked:
        raise InputError(f"{spec.source} holds {len(known)} questions, fewer than the {spec.n_asked} asked for")
    return random.Random(seed_from(seed, "questions of a file")).sample(known, spec.n_asked)


def from_file(path: Path) -> list[Asked]:
    """Return the questions of a JSONL file with `question` and `answer`, the answer ending in '#### N', as GSM8K does.

    Raises RowError with the line of the first row that is malformed, InputError for a missing or empty file.
    """
    asked = [_from_row(path, line, raw) for line, raw in raw_rows(require_file(path), QUESTION_FIELDS)]
    if not asked:
        raise InputError(f"{path} holds no question")
    return asked


def rejection(question: Asked, answer: str) -> str | None:
    """Return why an answer is dropped: it says no number, or its last one is not the right answer."""
    said = NUMBER.findall(answer)
    if not said:
        return "no number"
    return None if number(said[-1]) == number(question.answer or "") else "wrong answer"


def worked(question: Asked) -> str:
    """Return the right answer of a problem made here in one line: `3 + 4 = 7`."""
    term = question.prompt.removesuffix(f"? {ONE_LINE}").rpartition("What is ")[2]
    return f"{term} = {question.answer}"


def number(text: str) -> Decimal | None:
    """Return the number that a text is, commas between thousands left out, or None."""
    plain = text.strip().replace(",", "")
    return Decimal(plain) if re.fullmatch(r"-?[0-9]+(?:\.[0-9]+)?", plain) else None


def problem(chance: random.Random) -> Asked:
    """Return one problem of one or two steps."""
    story, term, result = chance.choice(TEMPLATES)
    name, other = chance.sample(NAMES, 2)
    a, b = chance.randint(2, MOST), chance.randint(2, MOST)
    c = chance.randint(2, min(a + b - 1, MOST))
    shown = {"a": a, "b": b, "c": c, "sum": a + b, "product": a * b, "rest": a + b - c}
    text = story.format(name=name, other=other, things=chance.choice(THINGS), **shown)
    return Asked(f"{text} What is {term.format(**shown)}? {ONE_LINE}", str(shown[result]))


def _from_row(path: Path, line: int, raw: object) -> Asked:
    asked, answer = (raw.get("question"), raw.get("answer")) if isinstance(raw, dict) else (None, None)
    if not isinstance(asked, str) or not isinstance(answer, str) or not asked.strip():
        raise RowError(path, line, "a row needs 'question' and 'answer', both text")
    half = half_character(asked) or half_character(answer)
    if half is not None:
        raise RowError(path, line, broken(half))
    right = answer.rpartition(MARK)[2].strip()
    if MARK not in answer or number(right) is None:
        raise RowError(path, line, f"the answer must end in '{MARK} N' with the right number")
    return Asked(f"{asked.strip()} {STEPS}", right)
