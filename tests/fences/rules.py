"""The rules of the house, each a function from a folder to the places that break it.

In: the folder of the package, its parent, or the repository. Out: one line of text for each violation.
Does not: see an import whose name is computed, or know whether the code is right.
"""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOMS = ("traits", "vectors", "monitor", "screening", "teaching", "training", "evaluation", "lineage")
BASE = ("models", "store")
DOORS = ("report", "server", "web", "cli")
FLOORS = (("ground",), ("stats",), ("records",), BASE, ("judges",), ROOMS, ("studies",), *((door,) for door in DOORS))
HEIGHT = {name: height for height, floor in enumerate(FLOORS) for name in floor}
FRONT_DOOR = "__init__"

KNOW_TORCH = ("models", "training")
TORCH = ("torch", "transformers", "peft", "trl", "accelerate", "safetensors.torch")

STANDING = ("models/hooks.py", "models/blocks.py", "models/bake.py")
"""What finds blocks: the one way to stand after them, and what bakes a push into their own weights."""
PAGES = "heredity.report.pages."
READ_BY_PAGES = ("ground", "records", "report", "store")
RECKONING = ("statistics", "scipy", "numpy")
WRITERS = (
    "cli/draft.py",
    "cli/exchange.py",
    "models/bake.py",
    "models/embedded.py",
    "models/foreign.py",
    "models/remote/endpoint.py",
    "models/tiny.py",
    "training/callbacks.py",
    "training/resume.py",
)
"""Modules that keep files of their own: a user's traits and replies, the model cache, foreign forms, checkpoints."""

MAX_LINES_OF_FILE = 300
MAX_LINES_OF_FUNCTION = 60
MAX_PARAMETERS = 7

TEXT_SUFFIXES = {".py", ".md", ".toml", ".yaml", ".yml", ".txt", ".cff", ".jinja", ".sh"}
TEXT_NAMES = {"Makefile", "run"}
NOT_TRACKED = {"dist", "build", "demo-out", "heredity-out", "node_modules"}
MACHINE_PATH = re.compile(r"(?<![\w.~])/(?:work|root|home/\w+|Users/\w+)/")
REGISTRY = re.compile(
    r"pypi\.org|pythonhosted\.org|download\.pytorch\.org|npmjs\.org|anaconda\.org|j[f]rog|art[i]factory"
    r"|https?://[^\s/]*(?:registry|mirror)|index[-_]url"
)


class Module(NamedTuple):
    path: Path
    package: str
    tree: ast.Module

    def at(self, line: int) -> str:
        return f"{self.path}:{line}"


class Import(NamedTuple):
    module: Module
    line: int
    name: str

    @property
    def target(self) -> str | None:
        """The package of the house that is imported; None when it is somebody else's."""
        first, *rest = self.name.split(".")
        if first != "heredity":
            return None
        return rest[0] if rest and rest[0] in HEIGHT else FRONT_DOOR

    def __str__(self) -> str:
        return f"{self.module.at(self.line)}: {self.module.package} imports {self.name}"


def modules(house: Path) -> list[Module]:
    return [
        Module(path, _package(path.relative_to(house)), ast.parse(path.read_text(encoding="utf-8")))
        for path in sorted(house.rglob("*.py"))
    ]


def _package(path: Path) -> str:
    first = path.parts[0].removesuffix(".py")
    return "cli" if first == "__main__" else first


def imports(house: Path) -> list[Import]:
    return [Import(module, line, name) for module in modules(house) for line, name in _imported(module.tree)]


def _imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield from ((node.lineno, f"{module}.{alias.name}") for alias in names)
            case ast.Call(
                func=ast.Attribute(attr="import_module") | ast.Name(id="import_module" | "__import__"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield node.lineno, name


def inner_imports(house: Path) -> list[Import]:
    """Return the imports of one package of the house by another; the front door itself may lean on all."""
    return [i for i in imports(house) if i.module.package != FRONT_DOOR and i.target not in (None, i.module.package)]


# The rules.


def unplaced_modules(house: Path) -> list[str]:
    return [str(m.path) for m in modules(house) if m.package not in HEIGHT and m.package != FRONT_DOOR]


def imports_up(house: Path) -> list[str]:
    pairs = ((i, HEIGHT.get(i.module.package, -1)) for i in inner_imports(house) if i.target != FRONT_DOOR)
    return [str(i) for i, height in pairs if HEIGHT[str(i.target)] > height]


def imports_between(house: Path, siblings: tuple[str, ...]) -> list[str]:
    return [str(i) for i in inner_imports(house) if i.module.package in siblings and i.target in siblings]


def imports_between_pages(house: Path) -> list[str]:
    """A page that leans on another page: what two pages share is in the kit."""
    within = [(i, _page_of(i.module.path)) for i in imports(house)]
    return [str(i) for i, page in within if page and i.name.startswith(PAGES) and _named_page(i.name) != page]


def statistics_of_pages(house: Path) -> list[str]:
    """A page that could compute what its record lacks: it reads records and estimates, and nothing that reckons."""
    told = [i for i in imports(house) if "report" in i.module.path.relative_to(house).parts[:1]]
    return [
        str(i)
        for i in told
        if i.name.split(".")[0] in RECKONING
        or (i.target not in (None, *READ_BY_PAGES) and not i.name.startswith("heredity.stats.estimate"))
    ]


def writes_outside_the_store(house: Path) -> list[str]:
    """A file written by a module that is neither the store nor one of the few that keep files of their own."""
    keepers = {house / path for path in WRITERS}
    within = [m for m in modules(house) if m.package not in ("store", "ground") and m.path not in keepers]
    return [m.at(line) for m in within for line in _writes(m.tree)]


def other_ways_to_stand(house: Path) -> list[str]:
    """A forward hook that is registered, or a list of blocks that is looked up, beside the one place that does it."""
    within = [m for m in modules(house) if m.path.relative_to(house).as_posix() not in STANDING]
    return [
        m.at(node.lineno)
        for m in within
        for node in ast.walk(m.tree)
        if (isinstance(node, ast.Attribute) and node.attr == "register_forward_hook")
        or (isinstance(node, ast.Name) and node.id == "find_blocks")
    ]


def _writes(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr="write_text" | "write_bytes" | "save_pretrained" | "to_parquet" | "savez"):
                yield node.lineno
            case ast.Call(func=ast.Name(id="write_text" | "write_bytes" | "whole_file" | "save_file")):
                yield node.lineno
            case ast.Call(
                func=ast.Name(id="open") | ast.Attribute(attr="open"), args=[*_, ast.Constant(value=str(mode))]
            ):
                if set(mode) & set("wax+") and len(mode) < 4:
                    yield node.lineno


def _page_of(path: Path) -> str:
    parts = path.parts
    return parts[parts.index("pages") + 1] if "pages" in parts and "report" in parts else ""


def _named_page(name: str) -> str:
    return name.removeprefix(PAGES).split(".")[0]


def imports_of_the_front_door(house: Path) -> list[str]:
    within = (i for i in inner_imports(house) if i.module.package not in DOORS)
    return [str(i) for i in within if i.target == FRONT_DOOR and i.name != "heredity.__version__"]


def relative_imports(house: Path) -> list[str]:
    return [
        m.at(node.lineno)
        for m in modules(house)
        for node in ast.walk(m.tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]


def imports_of_torch(house: Path) -> list[str]:
    outside = (i for i in imports(house) if i.module.package not in KNOW_TORCH)
    return [str(i) for i in outside if any(f"{i.name}.".startswith(f"{name}.") for name in TORCH)]


def prints_and_exits(house: Path) -> list[str]:
    return [m.at(line) for m in modules(house) if m.package not in DOORS for line in _speaks_or_leaves(m.tree)]


def _speaks_or_leaves(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        match node:
            case (
                ast.Call(func=ast.Name(id="print" | "exit" | "quit"))
                | ast.Attribute(value=ast.Name(id="sys"), attr="exit")
                | ast.Attribute(value=ast.Name(id="os"), attr="_exit")
                | ast.Name(id="SystemExit", ctx=ast.Load())
            ):
                yield node.lineno
            case ast.ImportFrom(module="sys", names=names) if any(alias.name == "exit" for alias in names):
                yield node.lineno


def catches_of_everything(house: Path) -> list[str]:
    return [
        m.at(node.lineno)
        for m in modules(house)
        if m.package not in DOORS
        for node in ast.walk(m.tree)
        if isinstance(node, ast.ExceptHandler) and _swallows(node)
    ]


def _swallows(handler: ast.ExceptHandler) -> bool:
    caught = {n.id for n in ast.walk(handler.type) if isinstance(n, ast.Name)} if handler.type else {"Exception"}
    raises_again = any(isinstance(node, ast.Raise) for node in ast.walk(handler))
    return not raises_again and not caught.isdisjoint({"Exception", "BaseException"})


def long_files(house: Path) -> list[str]:
    sizes = ((m.path, len(m.path.read_text(encoding="utf-8").splitlines())) for m in modules(house))
    return [f"{path}: {size} lines" for path, size in sizes if size > MAX_LINES_OF_FILE]


def functions(house: Path) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for module in modules(house):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{module.at(node.lineno)} {node.name}", node


def long_functions(house: Path) -> list[str]:
    sizes = ((place, (node.end_lineno or node.lineno) - node.lineno + 1) for place, node in functions(house))
    return [f"{place}: {size} lines" for place, size in sizes if size > MAX_LINES_OF_FUNCTION]


def crowded_functions(house: Path) -> list[str]:
    counts = ((place, _n_parameters(node.args)) for place, node in functions(house) if not _is_command(place, node))
    return [f"{place}: {count} parameters" for place, count in counts if count > MAX_PARAMETERS]


def _is_command(place: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function is a command of the terminal: its parameters are the command's options."""
    return "/cli/" in place and node.name.endswith("_command")


def _n_parameters(given: ast.arguments) -> int:
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    starred = [star for star in (given.vararg, given.kwarg) if star]
    return len([a for a in named if a.arg not in ("self", "cls")]) + len(starred)


def loaded_by_import(source: Path) -> set[str]:
    return set(_python("import heredity, sys; print(*sys.modules)", source).split())


def unresolved_names(source: Path) -> list[str]:
    script = """
import heredity
if not heredity.__all__:
    print("__all__ is empty")
for name in heredity.__all__:
    try:
        getattr(heredity, name)
    except Exception as error:
        print(f"{name}: {error!r}")
"""
    return _python(script, source).splitlines()


def _python(script: str, source: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def foreign_words(root: Path) -> list[str]:
    return [
        f"{path}:{number}: {line.strip()}"
        for path in sorted(_texts(root))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if MACHINE_PATH.search(line) or REGISTRY.search(line)
    ]


def _texts(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        folders[:] = [f for f in folders if f not in NOT_TRACKED and (f in (".ci", ".github") or not f.startswith("."))]
        yield from (Path(folder, f) for f in files if f in TEXT_NAMES or Path(f).suffix in TEXT_SUFFIXES)
