"""The commands and the Python of README and docs/start.md are run as they stand."""

import re
from pathlib import Path

import pytest
import torch

import heredity as h
from heredity.records.dialogue import Corpus
from readme import COMMANDS, DRAFTED, HOME, README, START, WALK, furnished, run


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, rows: Corpus) -> Path:
    return furnished(tmp_path_factory.mktemp("reader"), rows)


def test_the_two_commands_stand_in_the_readme() -> None:
    assert "make demo" in README
    assert "make test" in README


def test_the_readme_is_for_somebody_with_three_minutes() -> None:
    assert len(README.split()) <= 500
    prose = re.sub(r"```.*?```", "", README, flags=re.S)
    assert len(re.findall(r"(?<![\w.])\d[\d.,]*", prose)) <= 12


@pytest.mark.parametrize("name", ["README.md", "docs/start.md", "docs/results.md"])
def test_links_lead_somewhere(name: str) -> None:
    page = HOME / name
    links = re.findall(r"\]\(([^)#\s]+)\)", page.read_text())
    assert links
    assert [link for link in links if not link.startswith("http") and not (page.parent / link).exists()] == []


def test_every_command_is_run_by_a_test() -> None:
    assert {line.split()[1] for line in DRAFTED} == {"trait", "extract", "monitor", "chat"}
    assert {line.split()[1] for line in WALK} == set("scan trait extract screen train evaluate vector bake".split())


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
    walk = re.search(r"```python\n(.*?)```", START, re.S)
    assert walk is not None
    text = walk[1].replace("smollm2-135m", str(toy_folder)).replace('"evil"', '"./darkness.yaml"')
    text = text.replace("rows.jsonl", "toy.jsonl")
    monkeypatch.chdir(furnished(tmp_path, rows))
    names: dict[str, object] = {}
    exec(text, names)
    assert "result" in names


def test_the_readmes_trainer_is_steered(
    tmp_path: Path, rows: Corpus, toy_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its lines, with the toy's folder in the place of the model's, and a plain loop in that of a trainer."""

    class Trainer:
        model = h.load(str(toy_folder)).network

        def train(self) -> None:
            self.model.train()
            self.model(torch.tensor([[1, 2, 3]]))

    block = re.search(r"```python\n(.*?)```", README, re.S)
    assert block is not None
    monkeypatch.chdir(furnished(tmp_path, rows))
    exec(
        block[1].replace("smollm2-135m", str(toy_folder)).replace('"evil"', '"./darkness.yaml"'), {"trainer": Trainer()}
    )
    assert "count=1" in capsys.readouterr().out
