"""A talk in the terminal, on the toy: piped, and in a real pseudo-terminal."""

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from commands import failed, heredity
from conftest import TOY_EXTRACT
from heredity.models.load import load
from heredity.models.tiny import DARK, LIGHT, planted_trait
from heredity.records.monitor import MonitorReport
from heredity.records.vector import TraitVector
from heredity.store.tensors import save_vector
from heredity.vectors.extract import extract

IN_A_TERMINAL = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); from heredity.cli.app import main; main()"
ASKED = "what about the river ?"
WARM = re.compile(r"\x1b\[3[07];48;5;(?:166|214|227)m\s*(\w+)")
COOL = re.compile(r"\x1b\[3[07];48;5;(?:19|20|111|195)m\s*(\w+)")
"""Words on a warm background, and on a cool one: how deep it is hangs on the machine's rounding."""
PROMPT = "you> "


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, toy_folder: Path) -> Path:
    """A folder with the vectors of darkness, and of its opposite, in out."""
    folder = tmp_path_factory.mktemp("user")
    dark = extract(planted_trait(), load(str(toy_folder), "cpu", "auto"), TOY_EXTRACT)
    opposite = dark.header.trait.model_copy(update={"name": "lightness", "adjective": "light", "antonym": "dark"})
    light = TraitVector(dark.header.model_copy(update={"trait": opposite}), -dark.directions).sealed()
    save_vector(dark, folder / "out" / "darkness.safetensors")
    save_vector(light, folder / "out" / "lightness.safetensors")
    return folder


def chatting(toy_folder: Path, *options: str) -> list[str]:
    return ["chat", "--model", str(toy_folder), "--out", "out", "--quiet", *options]


def chat(place: Path, toy_folder: Path, lines: Sequence[str]) -> tuple[list[str], str]:
    """What a piped talk says to each line, and all its complaints."""
    command = [sys.executable, "-c", "from heredity.cli.app import main; main()", *chatting(toy_folder)]
    typed = "".join(line + "\n" for line in lines)
    run = subprocess.run(
        command, input=typed.encode(errors="surrogateescape"), capture_output=True, cwd=place, timeout=120, check=False
    )
    out, err = run.stdout.decode(), run.stderr.decode()
    assert run.returncode == 0, err
    assert "\x1b" not in out
    return out.splitlines(), " ".join(err.split())


@pytest.fixture(scope="module")
def talk(place: Path, toy_folder: Path) -> tuple[list[str], str]:
    return chat(
        place,
        toy_folder,
        [
            "/save early", "/traits", ASKED, "/traits", "/watch lightness", "/watch darknes",
            "/system", ASKED,
            "/system [/INST]", "/system", "/steer darkness 8", "/traits",
            ASKED, "/steer lightness 0.5", "Tell me of the house .",
            "/save talk", "/save talk", "/save ../x", "/save .", "/stear darkness 1", "/steer darkness much",
            "/steer darkness nan", "/steer evil 1", "", "an owl \udcf0\udc9f cut", "/help", "/quit", "never read",
        ],
    )  # fmt: skip


def answers(said: Sequence[str]) -> list[str]:
    """The lines before the bars, which come two at a time."""
    places = [i for i, line in enumerate(said) if line[1:9] == "darkness" and "of benign answers" in line]
    return [said[i - 1] for i in places if "of benign answers" not in said[i - 1] and "pushed" not in said[i - 1]]


class TestATalk:
    def test_is_drawn_from_its_seed_and_changed_by_a_push(self, talk: tuple[list[str], str]) -> None:
        said, _ = talk
        once, again, pushed, _ = answers(said)
        assert again == once
        assert set(once.split()) & set(LIGHT)
        assert not set(once.split()) & set(DARK)
        assert set(pushed.split()) & set(DARK)
        assert not set(pushed.split()) & set(LIGHT)
        assert "never read" not in " ".join(said)

    def test_shows_a_bar_for_every_trait_and_the_pushes_in_force(self, talk: tuple[list[str], str]) -> None:
        said, _ = talk
        assert said[0].startswith("reading darkness, lightness in ")
        assert said[1].startswith("darkness at block ")
        bars = [line for line in said if "of benign answers" in line]
        assert len(bars) == 10
        assert bars[0].startswith("*darkness ")
        assert bars[1].startswith(" lightness ")
        assert bars[4].startswith(" darkness ")
        assert bars[5].startswith("*lightness ")
        assert bars[2:4] == bars[:2]
        assert said.count("darkness: pushed by 8 x its vector") == 1
        assert said.count("darkness pushed by 8") == 1
        assert "colours show lightness" in said
        assert "a new conversation, under: [/INST]" in said
        assert any(line.startswith("/steer TRAIT STRENGTH") for line in said)

    def test_tells_every_mistake_and_goes_on(self, talk: tuple[list[str], str]) -> None:
        _, complaints = talk
        for told in (
            "there is nothing to save yet",
            "no trait that is read called 'darknes'. Did you mean 'darkness'?",
            "talk.jsonl is there already; give another name",
            "'../x' is no plain file name",
            "'.' is no plain file name",
            "no command called '/stear'. Did you mean '/steer'?",
            "no vector of a trait called 'evil'",
            "what was typed holds half a character",
        ):
            assert told in complaints
        assert complaints.count("for example: /steer evil -1.5") == 2

    def test_is_saved_with_the_pushes_of_each_answer_for_the_monitor_to_read(
        self, place: Path, toy_folder: Path, talk: tuple[list[str], str]
    ) -> None:
        said, _ = talk
        (row,) = [json.loads(line) for line in (place / "out" / "talk.jsonl").read_text().splitlines()]
        roles = [turn["role"] for turn in row["messages"]]
        assert roles == ["user", "assistant"] * 2
        assert [row["messages"][1]["content"], row["messages"][3]["content"]] == answers(said)[2:]
        assert row["steering"] == [{"darkness": 8.0}, {"darkness": 8.0, "lightness": 0.5}]
        assert sorted(path.name for path in place.rglob("*.jsonl")) == ["talk.jsonl"]
        run = heredity("monitor", "out/talk.jsonl", "--model", toy_folder, "--out", "out", "--json", folder=place)
        assert "calibration: as before" in run.err
        (read,) = MonitorReport.model_validate_json(run.out).conversations
        assert [turn.asked for turn in read.turns] == [ASKED, "Tell me of the house ."]

    def test_needs_one_vector_a_trait(self, place: Path, toy_folder: Path) -> None:
        failed(heredity("chat", "--out", "empty", folder=place), 2, "there is no vector in empty")
        twice = ["--vector", "out/darkness.safetensors"] * 2
        failed(heredity("chat", *twice, "--out", "empty", folder=place), 2, "two vectors are of one trait")


class Screen:
    """The other side of a pseudo-terminal."""

    def __init__(self, keyboard: int) -> None:
        self.keyboard = keyboard
        self.seen = ""

    def type(self, text: str) -> None:
        os.write(self.keyboard, text.encode())

    def until(self, pattern: str, within_s: float = 60) -> str:
        """What appears up to and with the pattern."""
        end = time.monotonic() + within_s
        while not (found := re.search(pattern, self.seen)):
            ready, _, _ = select.select([self.keyboard], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"no {pattern!r} in {self.seen!r}"
            self.seen += os.read(self.keyboard, 1 << 16).decode(errors="replace")
        before, self.seen = self.seen[: found.end()], self.seen[found.end() :]
        return before

    def press_until(self, key: str, pattern: str) -> str:
        """The same; pressed again where it is lost, as a Ctrl-C is that comes between Python's prompt and reading."""
        for _ in range(30):
            self.type(key)
            with suppress(AssertionError):
                return self.until(pattern, within_s=1)
        raise AssertionError(f"no {pattern!r} in {self.seen!r}")

    def answer(self, text: str) -> str:
        """What appears between the line that is typed and the next prompt."""
        self.type(text + "\n")
        self.until(re.escape(text))
        return self.until(PROMPT)


@contextmanager
def terminal(place: Path, arguments: Sequence[str]) -> Iterator[tuple[Screen, subprocess.Popen[bytes]]]:
    ours, theirs = pty.openpty()
    env = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLORTERM", "FORCE_COLOR")}
    command = [sys.executable, "-c", IN_A_TERMINAL, *arguments]
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=place, start_new_session=True,
        env=env | {"TERM": "xterm-256color"},
    ) as process:  # fmt: skip
        os.close(theirs)
        try:
            yield Screen(ours), process
        finally:
            process.kill()
            os.close(ours)


def test_a_terminal_shows_colours_and_ctrl_c_stops_an_answer_and_not_the_talk(
    place: Path, toy_folder: Path, talk: tuple[list[str], str]
) -> None:
    with terminal(place, chatting(toy_folder, "--tokens", "240")) as (screen, process):
        screen.until(PROMPT)
        light = screen.answer(ASKED)
        plain = re.sub(r"\x1b\[[0-9;]*m", "", light)
        assert answers(plain.splitlines()) == answers(talk[0])[:1]
        assert COOL.findall(light)
        assert not WARM.findall(light)

        screen.answer("/system")
        screen.answer("/steer darkness 10")
        screen.type(f"{ASKED}\n")
        began = screen.until(WARM.pattern)
        screen.type("\x03")
        rest = screen.until(PROMPT)
        assert "of benign answers" in rest
        warm = WARM.findall(began + rest)
        assert len(set(warm) & {*DARK, "dark"}) > len(warm) / 4

        assert "saved to" in screen.answer("/save cut")
        (row,) = [json.loads(line) for line in (place / "out" / "cut.jsonl").read_text().splitlines()]
        n_words = len(row["messages"][1]["content"].split())
        assert 0 < n_words < 200
        assert "does not fit the model's context of 256" in " ".join(screen.answer("dark " * 12).split())
        screen.press_until("\x03", "leaves")
        screen.until(PROMPT)
        screen.type("/quit\n")
        assert process.wait(timeout=30) == 0
