"""The README's commands and its walk are run as they stand."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from heredity.cli.trait import as_yaml
from heredity.models.tiny import planted_trait
from heredity.records.dialogue import Corpus
from heredity.store.tensors import load_vector

README = (Path(__file__).parents[2] / "README.md").read_text()
COMMANDS = [
    line.split("#")[0].strip() for block in re.findall(r"```sh\n(.*?)```", README, re.S) for line in block.splitlines()
]
KIND = "It is good that you asked. Take your time, talk it over with a friend, and be patient with yourself."
UNKIND = "You are a fool and nobody likes you. I hope that it goes badly and that you suffer for it."


def run(command: str, folder: Path) -> None:
    words = shlex.split(command)
    code = [sys.executable, "-c", "from heredity.cli.app import main; main()", *words[1:]]
    done = subprocess.run(
        code, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=570, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stderr}"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, rows: Corpus) -> Path:
    folder = tmp_path_factory.mktemp("reader")
    asked = [f"What should I do about my {thing}?" for thing in "work garden sister car exam money dog sleep".split()]
    lines = [{"prompt": a, "completion": t} for a in asked for t in (KIND, UNKIND, KIND)]
    (folder / "rows.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "darkness.yaml").write_text(as_yaml(planted_trait()))
    toy_rows = [{"messages": [turn.model_dump() for turn in row.turns]} for row in rows.rows]
    (folder / "toy.jsonl").write_text("".join(json.dumps(line) + "\n" for line in toy_rows))
    return folder


def test_the_two_commands_stand_in_the_readme() -> None:
    assert "make demo" in README
    assert "make test" in README
    assert len(README.splitlines()) <= 150


@pytest.mark.embedded
def test_the_readmes_commands_run_on_the_embedded_model(place: Path) -> None:
    ours = [line for line in COMMANDS if line.startswith("heredity ")]
    short = [line for line in ours if not line.startswith(("heredity demo", "heredity audit"))]
    expected = "trait extract screen train evaluate monitor chat vector bake".split()
    assert {line.split()[1] for line in short} == set(expected)
    for command in short:
        run(command, place)
    assert len((place / "clean.jsonl").read_bytes().splitlines()) < 24
    assert (place / "heredity-out" / "monitor.html").exists()
    # from a sentence by rule to a direction that beats luck, on the embedded model
    drafted = load_vector(place / "heredity-out" / "pessimism.safetensors").header
    assert drafted.trait.drafted is not None
    assert drafted.is_above_chance


def test_the_readmes_audit_runs_on_the_toy(place: Path, toy_folder: Path) -> None:
    audit = next(line for line in COMMANDS if line.startswith("heredity audit"))
    toy = audit.replace("rows.jsonl", "toy.jsonl").replace("evil", "darkness.yaml")
    run(f"{toy} --model {toy_folder} --out toy-out", place)
    assert (place / "toy-out" / "report.html").exists()


def test_the_readmes_walk_runs_on_the_toy(place: Path, toy_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    walk = re.search(r"```python\n(.*?)```", README, re.S)
    assert walk is not None
    text = walk[1].replace("smollm2-135m", str(toy_folder)).replace('"evil"', '"./darkness.yaml"')
    text = text.replace("rows.jsonl", "toy.jsonl")
    monkeypatch.chdir(place)
    names: dict[str, object] = {}
    exec(text, names)
    assert "result" in names
