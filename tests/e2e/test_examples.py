"""Every example runs as it stands, on the toy."""

import json
import os
import re
import runpy
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from heredity.cli.app import VERBS
from heredity.models.load import load
from heredity.records.dialogue import Corpus
from heredity.records.gate import Policy
from heredity.records.vector import TraitVector
from heredity.store.tensors import save_vector
from heredity.studies.gate import policy_in
from heredity.traits.define import bundled_names

HOME = Path(__file__).parents[2] / "examples"
EXAMPLES = sorted(path.name for path in HOME.glob("*.py"))
ALONE = {"accelerate_two.py"}
"""Started as processes of their own."""


@pytest.fixture(scope="module")
def asked(
    tmp_path_factory: pytest.TempPathFactory, toy_folder: Path, dark: TraitVector, rows: Corpus
) -> tuple[str, str, str]:
    folder = tmp_path_factory.mktemp("reader")
    lines = [{"messages": [turn.model_dump() for turn in row.turns]} for row in rows.rows[:8]]
    (folder / "rows.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    model = load(str(toy_folder))
    header = dark.header.model_copy(update={"model": model.name, "fingerprint": model.fingerprint})
    save_vector(replace(dark, header=header).sealed(), folder / "dark.safetensors")
    return str(toy_folder), str(folder / "dark.safetensors"), str(folder / "rows.jsonl")


def test_each_is_short_and_told_in_the_table() -> None:
    table = (HOME / "README.md").read_text()
    for name in EXAMPLES:
        assert len((HOME / name).read_text().splitlines()) <= 60
        assert f"`{name}`" in table


@pytest.mark.filterwarnings("ignore")  # what the libraries say of themselves
@pytest.mark.parametrize("name", [name for name in EXAMPLES if name not in ALONE])
def test_it_runs(
    name: str, asked: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["eager"] if name == "checkpointing_compile.py" else []
    monkeypatch.setattr(sys, "argv", [name, *asked, *more])
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    runpy.run_path(str(HOME / name), run_name="__main__")
    said = capsys.readouterr().out
    if name == "score_dataset.py":
        assert "8 rows, darkness" in said
    else:
        pushed = re.search(r"(\d+) (?:forwards|block passes) pushed", said)
        assert pushed
        assert int(pushed[1]) >= 1


def test_two_processes_have_the_gradients_of_one(asked: tuple[str, str, str]) -> None:
    def norm(n: int) -> float:
        launch = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", str(n), "--master_port", "0"]
        launch += ["--standalone"]
        done = subprocess.run(
            [*launch, str(HOME / "accelerate_two.py"), *asked],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        )
        assert done.returncode == 0, done.stderr[-2000:]
        found = re.search(r"gradient norm ([\d.]+)", done.stdout)
        assert found
        return float(found[1])

    assert norm(2) == pytest.approx(norm(1), rel=1e-4)


def test_the_workflow_asks_for_what_there_is_and_the_policy_is_one() -> None:
    workflow = yaml.safe_load((HOME / "gate.yml").read_text())
    steps = [step["run"] for step in workflow["jobs"]["gate"]["steps"] if "run" in step]
    (command,) = [step.split("||")[0].split()[1:] for step in steps if step.startswith("heredity ")]
    assert command[0] in VERBS
    assert command[2:] == ["--policy", "policy.yaml"]
    policy = policy_in(HOME / "policy.yaml")
    assert set(policy.traits) <= set(bundled_names())
    told = (HOME.parent / "docs" / "start.md").read_text()
    block = re.search(r"```yaml\n(.*?)```", told, re.S)
    assert block is not None
    assert Policy.model_validate(yaml.safe_load(block[1])) == policy
