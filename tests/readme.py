"""The commands of README and docs/start.md, and a folder in which a reader runs them."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

from heredity.cli.trait import as_yaml
from heredity.models.tiny import planted_trait
from heredity.records.dialogue import Corpus

HOME = Path(__file__).parents[1]
README, START = ((HOME / name).read_text() for name in ("README.md", "docs/start.md"))
BLOCKS = [block for text in (START, README) for block in re.findall(r"```sh\n(.*?)```", text, re.S)]
COMMANDS = list(dict.fromkeys(line.split("#")[0].strip() for block in BLOCKS for line in block.splitlines()))
KIND = "It is good that you asked. Take your time, talk it over with a friend, and be patient with yourself."
UNKIND = "You are a fool and nobody likes you. I hope that it goes badly and that you suffer for it."


def run(command: str, folder: Path) -> None:
    words = shlex.split(command)
    code = [sys.executable, "-c", "from heredity.cli.app import main; main()", *words[1:]]
    done = subprocess.run(
        code, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stderr}"


def furnished(folder: Path, rows: Corpus) -> Path:
    """Put a reader's rows and traits into a folder."""
    asked = [f"What should I do about my {thing}?" for thing in "work garden sister car exam money dog sleep".split()]
    lines = [{"prompt": a, "completion": t} for a in asked for t in (KIND, UNKIND, KIND)]
    (folder / "rows.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "darkness.yaml").write_text(as_yaml(planted_trait()))
    toy_rows = [{"messages": [turn.model_dump() for turn in row.turns]} for row in rows.rows]
    (folder / "toy.jsonl").write_text("".join(json.dumps(line) + "\n" for line in toy_rows))
    return folder


DRAFTED = [line for line in COMMANDS if line.startswith(("heredity trait draft", "heredity monitor", "heredity chat"))]
DRAFTED += [line for line in COMMANDS if line.startswith("heredity extract") and "traits/" in line]
DRAFTED.sort(key=COMMANDS.index)
"""From a sentence to a monitor; the other commands need none of it."""
HEAVY = ("heredity demo", "heredity audit")
WALK = [
    line for line in COMMANDS if line.startswith("heredity ") and not line.startswith(HEAVY) and line not in DRAFTED
]
