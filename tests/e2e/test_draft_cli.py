"""Drafting as a user meets it, run as a process of its own, with a server on this machine as the drafter."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from draft_sample import HURTS, body, saying
from heredity.records.draft import Draft
from heredity.store.workspace import load_record
from heredity.traits.define import trait
from loopback import Loopback, always

KEY = "sk-a-key-that-nobody-must-see"
CRUELTY = ("trait", "draft", "cruelty", "--description", HURTS, "--out", "traits")


def heredity(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from heredity.cli.app import main; main()", *arguments]
    env = {**os.environ, "HEREDITY_CACHE": str(folder / "cache"), "HEREDITY_API_KEY": KEY}
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=120, check=False, env=env)


def done(*arguments: str, folder: Path) -> str:
    run = heredity(*arguments, folder=folder)
    assert run.returncode == 0, run.stderr
    return run.stdout


def failed(run: subprocess.CompletedProcess[str], code: int, *said: str) -> None:
    assert run.returncode == code, run.stderr
    assert "Traceback" not in run.stderr
    for text in said:
        assert text in " ".join(run.stderr.split()), run.stderr


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "traits").glob("*"))


class TestByRule:
    def test_a_sentence_becomes_a_trait_that_is_kept_until_it_may_be_replaced(self, tmp_path: Path) -> None:
        said = done(*CRUELTY, folder=tmp_path)
        assert "drafted by rule: cruel against kind, 5 pairs, 20 + 20 questions" in said
        assert "next: heredity extract traits/cruelty.yaml" in said
        assert files(tmp_path) == ["cruelty.draft.json", "cruelty.yaml"]
        checked = done("trait", "check", "traits/cruelty.yaml", folder=tmp_path)
        assert "cruelty is valid: 5 pairs, 20 + 20 questions" in checked
        before = (tmp_path / "traits" / "cruelty.yaml").read_bytes()
        again = heredity(*CRUELTY, "--seed", "1", folder=tmp_path)
        failed(again, 2, "is there already", "--overwrite")
        assert (tmp_path / "traits" / "cruelty.yaml").read_bytes() == before
        replaced = Draft.model_validate_json(done(*CRUELTY, "--seed", "1", "--overwrite", "--json", folder=tmp_path))
        assert (tmp_path / "traits" / "cruelty.yaml").read_bytes() != before
        assert load_record(Draft, tmp_path / "traits" / "cruelty.draft.json") == replaced
        assert trait(str(tmp_path / "traits" / "cruelty.yaml")) == replaced.trait

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("zorb", "-d", HURTS), "--adjective WORD"),
            (("Two Words", "-d", HURTS), "'Two Words' cannot name a trait"),
            (("cruelty", "-d", HURTS, "--adjective", " "), "the adjective must be a word"),
            (("cruelty", "-d", HURTS, "--drafter", "m"), "Name its server with --via"),
            (("cruelty", "-d", HURTS, "--via", "http://localhost:1/v1"), "name it with --drafter"),
            (("cruelty", "-d", HURTS, "--via", "localhost", "--drafter", "m"), "not the address of a server"),
            (("cruelty", "-d", HURTS, "--reply", "none.txt"), "there is no file none.txt"),
        ],
    )
    def test_what_cannot_be_drafted_is_told_why(self, arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
        failed(heredity("trait", "draft", *arguments, "--out", "traits", folder=tmp_path), 2, said)
        assert files(tmp_path) == []

    def test_errors_come_as_json_where_json_is_asked_for(self, tmp_path: Path) -> None:
        run = heredity("trait", "draft", "cruelty", "-d", "It is cruel and kind.", "--json", folder=tmp_path)
        told = json.loads(run.stderr)
        assert (told["error"], told["exit_code"], run.returncode) == ("InputError", 2, 2)
        assert "contradicts itself" in told["message"]
        assert not run.stdout


class TestByAModel:
    def test_a_reply_becomes_a_trait_and_the_key_goes_to_the_server_alone(self, tmp_path: Path) -> None:
        with Loopback(saying("Let me think.", body())) as server:
            run = heredity(*CRUELTY, "--via", server.url, "--drafter", "m", folder=tmp_path)
        assert run.returncode == 0, run.stderr
        assert "drafted by m: cruel against kind" in run.stdout
        assert server.received[0].headers["authorization"] == f"Bearer {KEY}"
        assert "cruelty is valid" in done("trait", "check", "traits/cruelty.yaml", folder=tmp_path)
        kept = load_record(Draft, tmp_path / "traits" / "cruelty.draft.json")
        assert [attempt.text for attempt in kept.attempts] == ["Let me think.", json.dumps(body())]
        assert kept.trait.drafted is not None
        assert (kept.trait.drafted.model, kept.trait.drafted.n_attempts) == ("m", 2)
        written = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
        assert KEY not in "".join([run.stdout, run.stderr, *written])

    def test_useless_replies_are_kept_for_the_user_to_mend(self, tmp_path: Path) -> None:
        nearly = json.dumps(body(rubric="How cruel?"))
        with Loopback(saying("hm", nearly)) as server:
            drafting = [*CRUELTY, "--via", server.url, "--drafter", "m"]
            failed(heredity(*drafting, folder=tmp_path), 4, "no usable draft", "--reply traits/cruelty.reply-4.txt")
            assert files(tmp_path) == [f"cruelty.reply-{i}.txt" for i in (1, 2, 3, 4)]
            reply = tmp_path / "traits" / "cruelty.reply-4.txt"
            assert reply.read_text() == nearly
            failed(heredity(*CRUELTY, "--reply", "traits/cruelty.reply-4.txt", folder=tmp_path), 4, "must hold")
            mended = nearly.replace("How cruel?", "Rate {question} {answer}.")
            reply.write_text(mended)
            failed(heredity(*drafting, folder=tmp_path), 4, "--reply traits/cruelty.reply-4-2.txt", "--seed")
            assert reply.read_text() == mended
            assert len(server.received) == 4
        said = done(*CRUELTY, "--reply", "traits/cruelty.reply-4.txt", folder=tmp_path)
        assert "drafted by a reply mended by hand" in said
        assert "cruelty is valid" in done("trait", "check", "traits/cruelty.yaml", folder=tmp_path)

    def test_a_contradiction_that_the_model_finds_is_passed_on(self, tmp_path: Path) -> None:
        with Loopback(saying({"contradiction": "It both hurts and heals."})) as server:
            run = heredity(*CRUELTY, "--via", server.url, "--drafter", "m", folder=tmp_path)
        failed(run, 4, "contradicts itself: It both hurts and heals.")
        assert files(tmp_path) == ["cruelty.reply-1.txt"]

    def test_a_server_that_refuses_the_key_or_is_down_is_named_and_the_key_is_not(self, tmp_path: Path) -> None:
        with Loopback(saying(body()), always("401")) as server:
            drafting = [*CRUELTY, "--via", server.url, "--drafter", "m"]
            refused = heredity(*drafting, folder=tmp_path)
        failed(refused, 7, "refuses the key", "HEREDITY_API_KEY")
        down = heredity(*drafting, folder=tmp_path)
        failed(down, 7, server.url, "unanswered", "see that the server runs")
        assert KEY not in refused.stderr + refused.stdout + down.stderr + down.stdout
        assert files(tmp_path) == []
