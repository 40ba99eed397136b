"""`heredity train` on an untrained toy: one folder holds one run."""

import json
from pathlib import Path

import pytest

from commands import done, failed, heredity
from heredity.models.tiny import LIGHT, NOUNS, save_tiny, tiny


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("user")
    save_tiny(tiny(n_steps=1), folder / "toy")
    for name, first in (("first", 0), ("second", 8)):
        rows = [{"prompt": f"what about the {noun} ?", "completion": LIGHT[0]} for noun in NOUNS[first : first + 8]]
        rows.append({"prompt": "?", "completion": " ".join(LIGHT * 30)})
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def test_a_folder_with_another_runs_student_is_refused_and_the_same_run_is_not(place: Path) -> None:
    asked = ["-m", "toy", "--epochs", "1", "--out", "student"]
    said = done("train", "first.jsonl", *asked, folder=place)
    assert "1 left out (longer than 256 tokens): line 9" in said
    record = (place / "student" / "student.json").read_text()
    other = heredity("train", "second.jsonl", "-m", "no/such-model", *asked[2:], folder=place)
    failed(other, 3, "corpus (first.jsonl, now second.jsonl)", "--fresh", "--out")
    assert (place / "student" / "student.json").read_text() == record
    done("train", "first.jsonl", *asked, folder=place)
    again = json.loads((place / "student" / "student.json").read_text())
    incidental = {"seconds": 0, "provenance": None}
    assert {**again, **incidental} == {**json.loads(record), **incidental}
    done("train", "second.jsonl", *asked, "--fresh", folder=place)
    assert json.loads((place / "student" / "student.json").read_text())["corpus"] == "second.jsonl"
