"""The README's commands and its walk are run as they stand."""

import re
from pathlib import Path

import pytest

from heredity.records.dialogue import Corpus
from readme import COMMANDS, DRAFTED, README, WALK, furnished, run


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, rows: Corpus) -> Path:
    return furnished(tmp_path_factory.mktemp("reader"), rows)


def test_the_two_commands_stand_in_the_readme() -> None:
    assert "make demo" in README
    assert "make test" in README
    assert len(README.splitlines()) <= 150


def test_every_command_is_run_by_a_test() -> None:
    assert {line.split()[1] for line in DRAFTED} == {"trait", "extract", "monitor", "chat"}
    assert {line.split()[1] for line in WALK} == set("trait extract screen train evaluate vector bake".split())


@pytest.mark.embedded
def test_the_readmes_commands_run_on_the_embedded_model(place: Path) -> None:
    for command in WALK:
        run(command, place)
    assert len((place / "clean.jsonl").read_bytes().splitlines()) < 24


def test_the_readmes_audit_runs_on_the_toy(place: Path, toy_folder: Path) -> None:
    audit = next(line for line in COMMANDS if line.startswith("heredity audit"))
    toy = audit.replace("rows.jsonl", "toy.jsonl").replace("evil", "darkness.yaml")
    run(f"{toy} --model {toy_folder} --out toy-out", place)
    assert (place / "toy-out" / "report.html").exists()


def test_the_readmes_walk_runs_on_the_toy(
    tmp_path: Path, rows: Corpus, toy_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a folder of its own: where the commands have trained a student, another run is refused."""
    walk = re.search(r"```python\n(.*?)```", README, re.S)
    assert walk is not None
    text = walk[1].replace("smollm2-135m", str(toy_folder)).replace('"evil"', '"./darkness.yaml"')
    text = text.replace("rows.jsonl", "toy.jsonl")
    monkeypatch.chdir(furnished(tmp_path, rows))
    names: dict[str, object] = {}
    exec(text, names)
    assert "result" in names
