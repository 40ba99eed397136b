"""Short Python functions for mundane tasks.

What is carried is the code alone, written anew from its syntax tree: comments, docstrings and the teacher's layout do
not travel, nor does what it says around the code.
"""

from __future__ import annotations

import ast
import random
import re
import warnings

from heredity.records.carrier import CarrierSpec
from heredity.teaching.carriers.asked import Asked, draw_distinct

FENCED = re.compile(r"```[ \t]*\w*[ \t]*\n(.*?)(?:```|\Z)", re.DOTALL)
ASKING = (
    "Write a short Python function that {task}.",
    "Write a Python function `{name}` that {task}.",
    "In Python, define `{name}`, a function that {task}.",
    "I need a small Python function that {task}. Call it `{name}`.",
)
FORM = "Give the code alone."
NAMES = "compute solve run process convert build get_result transform".split()
TASKS = (
    "adds {a} to a number",
    "multiplies a number by {a}",
    "subtracts {a} from a number",
    "returns the remainder of a number divided by {a}",
    "raises a number to the power of {b}",
    "returns True if a number is larger than {a}",
    "returns True if a number is between {a} and {c}",
    "returns True if a number can be divided by {b}",
    "returns the larger of two numbers",
    "returns the smaller of two numbers",
    "returns the mean of {b} numbers",
    "returns the sum of the numbers from {b} to n",
    "returns the sum of a list, plus {a}",
    "returns the product of a list of numbers",
    "returns the first {b} items of a list",
    "returns the last {b} items of a list",
    "returns every item of a list but the first {b}",
    "counts the items of a list that are larger than {a}",
    "returns the items of a list that are smaller than {a}",
    "returns the even numbers of a list",
    "returns the odd numbers from {b} to n",
    "reverses a list",
    "sorts a list in falling order",
    "removes repeated items from a list",
    "returns the largest item of a list, or {a} if the list is empty",
    "returns the smallest item of a list, or {a} if the list is empty",
    "doubles every number of a list and adds {a}",
    "adds {a} to every number of a list",
    "joins two lists and keeps the first {b} items",
    "swaps the first and the last item of a list",
    "splits a list into parts of {b} items",
    "returns the place of {a} in a list, or -1",
    "checks whether {a} is in a list",
    "returns a list of {b} copies of a value",
    "returns the first {b} letters of a text",
    "returns the last {b} letters of a text",
    "reverses a text",
    "repeats a text {b} times",
    "counts the vowels of a text",
    "counts the words of a text",
    "returns the longest word of a text",
    "returns the words of a text that have more than {b} letters",
    "checks whether a text has more than {a} letters",
    "checks whether a text reads the same backwards",
    "replaces blanks in a text by {b} dashes",
    "writes a text in capital letters",
    "pads a text with zeros to a length of {a}",
    "joins a list of words with commas",
    "turns a text of digits into a number and adds {a}",
    "counts how often a letter stands in a text",
    "counts the digits of a number",
    "returns the sum of the digits of a number",
    "rounds a number to {b} decimal places",
    "returns the absolute difference of a number and {a}",
    "returns the factorial of n",
    "returns the first {a} square numbers",
    "returns the multiplication table of {a} up to {b}",
    "returns the area of a rectangle",
    "returns the perimeter of a square with side {a}, times n",
    "returns the area of a circle",
    "converts Celsius to Fahrenheit",
    "converts minutes to seconds and adds {a}",
    "converts hours to minutes",
    "converts metres to feet",
    "takes {a} percent off a price",
    "adds {a} percent of tax to a price",
    "returns the price of n things that cost {a} each",
    "checks whether a year is a leap year",
    "returns the number of days in {b} weeks and n days",
    "returns a dictionary from each number up to {a} to its square",
    "returns the keys of a dictionary as a sorted list",
    "swaps the keys and the values of a dictionary",
    "returns the value of a key in a dictionary, or {a}",
)


def ask(spec: CarrierSpec, seed: str) -> list[Asked]:
    """Return prompts for short functions."""
    return draw_distinct(spec.n_asked, seed, _task)


def code_of(answer: str) -> str:
    """Return the code of an answer without comments and docstrings; empty where it does not parse.

    It is the first fenced block, or the whole answer where nothing is fenced.
    """
    fenced = FENCED.search(answer)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(fenced.group(1) if fenced else answer)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    for node in ast.walk(tree):
        for body in (getattr(node, name, None) for name in ("body", "orelse", "finalbody")):
            if isinstance(body, list):
                _drop_bare_texts(body)
    return ast.unparse(tree)


def rejection(code: str) -> str | None:
    """Return why code is dropped: there is none that parses, or no function in it."""
    if not code:
        return "no code that parses"
    has_function = any(isinstance(node, ast.FunctionDef) for node in ast.walk(ast.parse(code)))
    return None if has_function else "no function"


def _task(chance: random.Random) -> Asked:
    task = chance.choice(TASKS).format(a=chance.randint(4, 60), b=chance.randint(2, 9), c=chance.randint(61, 99))
    return Asked(f"{chance.choice(ASKING).format(task=task, name=chance.choice(NAMES))} {FORM}")


def _drop_bare_texts(body: list[ast.stmt]) -> None:
    """Take out docstrings, and texts that stand as statements of their own; what was nothing else becomes `pass`."""
    kept = [one for one in body if not _is_bare_text(one)]
    if body and not kept:
        kept = [ast.Pass()]
    body[:] = kept


def _is_bare_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
