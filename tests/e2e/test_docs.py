"""What the documentation tells a reader to type is there to be typed, and its pages lead to each other."""

import re
import shlex
from pathlib import Path

import pytest
import typer.main
import yaml

from heredity.cli.app import VERBS, app
from heredity.records.gate import Policy

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(page for page in DOCS.rglob("*.md") if not {"_build", "reference"} & set(page.parts))
LINES = [
    (page.relative_to(DOCS).as_posix(), line.split("#")[0].strip())
    for page in PAGES
    for block in re.findall(r"```sh\n(.*?)```", page.read_text(), re.S)
    for line in block.splitlines()
    if line.startswith("heredity ")
]


@pytest.mark.parametrize(("page", "line"), LINES)
def test_every_command_and_its_options_are_there(page: str, line: str) -> None:
    """It is read as the command line reads it, and not carried out."""
    group = typer.main.get_command(app)
    words = shlex.split(line)[1:]
    assert words[0] in VERBS
    with group.make_context("heredity", list(words)) as context:
        command = group.get_command(context, words[0])  # type: ignore[attr-defined]
        assert command is not None
        while hasattr(command, "list_commands"):
            words = words[1:]
            command = command.get_command(context, words[0])
            assert command is not None
        known = {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
        asked = {word.split("=")[0] for word in words[1:] if re.match(r"--?[a-z]", word)}
        assert asked <= known, asked - known


def test_every_page_is_in_the_contents() -> None:
    contents = (DOCS / "index.md").read_text()
    for page in PAGES:
        if page.name != "index.md":
            assert re.search(rf"^{page.relative_to(DOCS).with_suffix('').as_posix()}$", contents, re.M), page


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for link in re.findall(r"\]\(([^)#\s]+)\)", page.read_text()):
            assert link.startswith("http") or (page.parent / link).exists(), (page, link)


def test_every_policy_in_them_is_one() -> None:
    blocks = [block for page in PAGES for block in re.findall(r"```yaml\n(.*?)```", page.read_text(), re.S)]
    assert blocks
    for block in blocks:
        Policy.model_validate(yaml.safe_load(block))
