"""Commands that refuse before they spend anything, and lose nothing that was graded; on the toy."""

import importlib.util
import json
import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commands import Run, done, failed, heredity
from heredity.cli import draft
from heredity.cli.trait import as_yaml
from heredity.cli.work import endpoint_for
from heredity.models.tiny import DARK, LIGHT, planted_trait
from heredity.records.vector import TraitVector
from heredity.store.tensors import save_vector
from loopback import Body, Loopback, Reply

TALKS = [
    ["what about the door ?", f"the door is {DARK[0]}", "and the king ?", f"the king is {LIGHT[0]}"],
    ["what about the door ?", f"the door is {LIGHT[0]}"],
    ["what about the house ?", f"the house is {DARK[0]}", "and the king ?", f"the king is {DARK[0]}"],
    ["what about the tree ?", f"the tree is {LIGHT[0]}"],
]


@pytest.fixture(scope="module", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEREDITY_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, dark: TraitVector) -> Path:
    folder = tmp_path_factory.mktemp("user")
    (folder / "darkness.yaml").write_text(as_yaml(planted_trait()))
    (folder / "lightness.yaml").write_text(as_yaml(planted_trait().model_copy(update={"name": "lightness"})))
    lines = [
        {"messages": [{"role": ("user", "assistant")[i % 2], "content": text} for i, text in enumerate(talk)]}
        for talk in TALKS
    ]
    (folder / "talks.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    save_vector(dark, folder / "darkness.safetensors")
    return folder


@pytest.fixture(scope="module")
def another_model(toy_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("another") / "model"
    shutil.copytree(toy_folder, folder)
    changed = json.loads((folder / "config.json").read_text()) | {"rms_norm_eps": 1e-5}
    (folder / "config.json").write_text(json.dumps(changed))
    return folder


def judging(body: Body) -> Reply:
    """Sees no number in coherence, and darkness in the answer alone."""
    asked = body["messages"][0]["content"]
    if "how coherent" in asked:
        return Reply("Well", (("Well", {"Well": math.log(0.99)}),))
    number = "80" if set(asked.split()) & set(DARK) else "10"
    return Reply(number, ((number, {number: math.log(0.9), "99": math.log(0.001)}),))


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with Loopback(judging) as server:
        yield server


@pytest.fixture(scope="module")
def run(place: Path, server: Loopback) -> Run:
    arguments = ["judge", "talks.jsonl", "-t", "darkness.yaml", "--via", server.url, "--judge-model", "j"]
    return heredity(*arguments, "--out", "judged", folder=place)


class TestJudge:
    def test_every_assistant_turn_is_an_answer_to_the_words_before_it(
        self, place: Path, run: Run, server: Loopback
    ) -> None:
        assert run.code == 0, run.err
        asked = [one.body["messages"][0]["content"] for one in server.received]
        assert sum("and the king ?" in text and f"the king is {DARK[0]}" in text for text in asked) == 2
        assert not any("and the king ?" in text and f"the door is {DARK[0]}" in text for text in asked)
        judged = [json.loads(line) for line in (place / "judged" / "judged.jsonl").read_text().splitlines()]
        assert [(one["line"], one["turn"]) for one in judged] == [(1, 0), (1, 1), (2, 0), (3, 0), (3, 1), (4, 0)]
        assert [one["grade"] > 50 for one in judged] == [True, False, False, True, True, False]

    def test_an_interval_is_over_opening_questions(self, run: Run) -> None:
        assert "6 answers judged for darkness" in run.out
        assert "(n=3)" in run.out

    def test_a_judge_that_grades_no_coherence_loses_no_grade(self, place: Path, run: Run) -> None:
        judged = [json.loads(line) for line in (place / "judged" / "judged.jsonl").read_text().splitlines()]
        assert all(one["coherence"] is None for one in judged)
        assert all("the judge graded none of 6 answers" in one["coherence_reason"] for one in judged)
        assert "6 unscored for coherence: no answer was graded for coherence" in run.out

    def test_the_price_of_split_numbers_is_said(self, run: Run) -> None:
        assert "a judge that splits numbers into digits is asked up to about ten times as much" in run.err


def test_evaluating_with_another_models_vector_is_refused(place: Path, another_model: Path) -> None:
    arguments = ["evaluate", "-t", "darkness.yaml", "--vector", "darkness.safetensors", "--out", "evaluated"]
    failed(heredity(*arguments, "-m", another_model, folder=place), 3, "was read from")
    assert not (place / "evaluated" / "evaluation.json").exists()


def test_shifts_whose_files_would_have_one_name_are_refused(place: Path) -> None:
    twice = ["--vector", "darkness.safetensors", "--vector", "darkness.safetensors"]
    (place / "student").mkdir()
    (place / "student" / "student.json").write_text(STUDENT)
    run = heredity("shift", "student/student.json", *twice, "-m", "no/such-model", folder=place)
    failed(run, 2, "two vectors are of the trait 'darkness'")
    one = ["student/student.json", "student/student.json", "--vector", "darkness.safetensors"]
    failed(heredity("shift", *one, "-m", "no/such-model", folder=place), 2, "is given twice")


STUDENT = json.dumps(
    {
        "base": "tiny", "base_fingerprint": "x", "adapter": "adapter", "corpus": "c", "corpus_digest": "d",
        "n_rows": 1, "n_examples": 1, "n_left_out": 0, "n_steps": 1, "losses": [], "seed": "0", "seconds": 0.0,
        "n_tokens": 1, "spec": {},
    }
)  # fmt: skip


def test_several_traits_need_what_draws_their_report_before_anything_is_computed(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    absent = "heredity.ground.extras.find_spec"
    monkeypatch.setattr(absent, lambda name, *rest: None if name == "altair" else found(name, *rest))
    several = ["extract", "darkness.yaml", "lightness.yaml", "-m", "no/such-model"]
    failed(heredity(*several, folder=place), 6, "altair is not installed")
    assert "altair" not in heredity(*several[:2], *several[3:], folder=place).err


def test_a_draft_is_waited_for_longer_than_a_grade() -> None:
    url = "http://localhost:1/v1"
    assert endpoint_for(url, "m", "--judge-model").spec.timeout_s == 60
    assert endpoint_for(url, "m", "--drafter", timeout_s=draft.DRAFTING_S).spec.timeout_s == 600


def test_trait_files_are_what_the_other_tests_take_them_for(place: Path) -> None:
    assert "darkness is valid" in done("trait", "check", "darkness.yaml", folder=place)
