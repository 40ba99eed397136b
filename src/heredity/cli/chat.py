"""heredity chat: a terminal conversation whose tokens are coloured by trait."""

from __future__ import annotations

import io
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from heredity.cli.console import ERR, OUT, watched
from heredity.cli.options import ModelOption, OutOption, SameFamilyOption, SeedOption, VectorsOption
from heredity.cli.work import fitting, loaded, vectors_for, writable
from heredity.ground.errors import HeredityError, InputError, UnknownNameError
from heredity.ground.text import require_text
from heredity.records.monitor import Probe, TurnReading
from heredity.records.vector import TraitVector
from heredity.store.kept_rows import write_jsonl

if TYPE_CHECKING:
    from heredity.monitor.talk import Talk

TINTS = ((4.0, "white on dark_orange3"), (3.0, "black on orange1"), (2.0, "black on light_goldenrod1"))
COOL = ((-4.0, "white on blue3"), (-3.0, "black on sky_blue2"), (-2.0, "black on light_cyan1"))
"""Backgrounds by z: warm above benign speech, blue below."""
BAR = 24
"""Width of a trait's bar."""
HELP = """/steer TRAIT STRENGTH   push the model along a trait's vector (0 ends it)
/traits                 the traits that are read, what they showed last, and the pushes in force
/watch TRAIT            colour tokens by this trait
/system TEXT            begin anew under a system prompt (none: without)
/save [NAME]            write the conversation to OUT/NAME.jsonl, for `heredity monitor`
/quit                   leave (or Ctrl-D); Ctrl-C stops an answer"""


def chat_command(
    context: typer.Context,
    vectors: VectorsOption = None,
    model: ModelOption = "smollm2-135m",
    same_family: SameFamilyOption = False,
    tokens: Annotated[int, typer.Option(min=1, help="Most tokens of an answer.")] = 160,
    temperature: Annotated[float, typer.Option(min=0, help="Sampling temperature; 0 is greedy.")] = 0.8,
    out: OutOption = "heredity-out",  # type: ignore[assignment]
    seed: SeedOption = "0",
) -> None:
    """Talk with a model while every token is read under one or several trait vectors.

    Tokens are coloured by how far they are above (orange) or below (blue) benign speech; after each answer a bar per
    trait says where it stands among benign answers. /steer evil -1.5 pushes the model while it speaks; /help lists all.
    """
    folder = writable(out)
    chosen = vectors_for(vectors or [], folder)
    by_trait = by_name(chosen)
    from heredity.models.generate import GenerateSpec
    from heredity.monitor.talk import Talk
    from heredity.records.monitor import MonitorSpec
    from heredity.studies.monitoring import PanelRequest, panel_for

    with watched(context.obj.is_quiet) as progress:
        network = loaded(context, model)
        by_trait = {name: fitting(vector, network, same_family) for name, vector in by_trait.items()}
        if tokens >= network.context_length:
            raise InputError(f"the model attends to {network.context_length} tokens; ask for fewer with --tokens")
        panel = panel_for([*by_trait.values()], network, folder, PanelRequest(MonitorSpec(), seed=seed), progress)
    how = GenerateSpec(n_tokens=tokens, temperature=temperature)
    Terminal(Talk(network, by_trait, panel, how, seed), folder).run()


def by_name(vectors: Sequence[TraitVector]) -> dict[str, TraitVector]:
    """Return the vectors by their traits' names. Raises InputError for two of one name: /steer could mean either."""
    found = {vector.header.trait.name: vector for vector in vectors}
    if len(found) < len(vectors):
        raise InputError(f"two vectors are of one trait (there is: {', '.join(found)}); name one of each with --vector")
    return found


class Terminal:
    """Reads lines, answers commands, and draws what the talk tells."""

    def __init__(self, talk: Talk, folder: Path) -> None:
        self.talk = talk
        self.folder = folder
        self.shown = 0
        """The probe that colours tokens."""
        self.commands: dict[str, Callable[[str], None]] = {
            "/steer": self.steer,
            "/traits": self.traits,
            "/watch": self.watch,
            "/system": self.system,
            "/save": self.save,
            "/help": self.help,
        }

    @property
    def probes(self) -> Sequence[Probe]:
        """The panel's probes."""
        return self.talk.panel.probes

    def run(self) -> None:
        """Talk until /quit or the end of the input; a mistake is told and changes nothing."""
        if isinstance(sys.stdin, io.TextIOWrapper):  # else bytes that are no text would end the talk
            sys.stdin.reconfigure(errors="surrogateescape")
        names = ", ".join(probe.trait for probe in self.probes)
        self.tell(f"reading {names} in {self.talk.model.name}; /help lists the commands")
        while (line := self.next_line()) is not None and line != "/quit":
            try:
                require_text(line, "what was typed")
                if line.startswith("/"):
                    self.obey(line)
                elif line:
                    self.say(line)
            except HeredityError as error:
                ERR.print(f"{type(error).__name__}: {error}", markup=False, highlight=False, soft_wrap=True)
            except KeyboardInterrupt:  # too late to stop the answer
                OUT.print()

    def next_line(self) -> str | None:
        """Return the next line typed, or None at the end; Ctrl-C at the prompt only begins the line anew."""
        while True:
            try:
                return input("you> " if sys.stdin.isatty() else "").strip()
            except EOFError:
                return None
            except KeyboardInterrupt:
                OUT.print("\n(/quit or Ctrl-D leaves)")

    def obey(self, line: str) -> None:
        """Carry out a command. Raises UnknownNameError for one that is not there."""
        name, _, rest = line.partition(" ")
        if name not in self.commands:
            raise UnknownNameError("command", name, [*self.commands, "/quit"])
        self.commands[name](rest.strip())

    def say(self, text: str) -> None:
        """Ask the model and draw its answer token by token, then the bars."""
        reading = self.talk.answer(text, self.draw)
        OUT.print()
        if reading is None:
            OUT.print("(the model said nothing that could be read)", style="dim")
        else:
            self.bars(reading)

    def tell(self, text: str) -> None:
        """Print plain text; brackets in it are brackets."""
        OUT.print(text, highlight=False, markup=False, soft_wrap=True)

    def draw(self, token: str, z: Sequence[float]) -> None:
        """Draw one token in the colour of the trait shown; what was not read stays plain."""
        OUT.print(Text(token, style=tint(z[self.shown]) if z else ""), end="", soft_wrap=True)

    def bars(self, reading: TurnReading) -> None:
        """Draw a bar for each trait: its answer's place among benign answers."""
        for i, probe in enumerate(self.probes):
            share = reading.percentile[i]
            bar = Text(
                "█" * round(BAR * share / 100), style="dark_orange3" if reading.alarm_at[i] is not None else "dim"
            )
            bar.append("·" * (BAR - len(bar)), style="dim")
            alarm = alarm_in_words(reading, i, probe)
            mark = "*" if i == self.shown else " "
            OUT.print(
                Text(f"{mark}{probe.trait:<16} "),
                bar,
                Text(f" z {reading.mean_z[i]:+.1f}, above {share:.0f}% of benign answers{alarm}"),
                sep="",
                soft_wrap=True,
            )

    def help(self, rest: str) -> None:
        """List the commands."""
        self.tell(HELP)

    def steer(self, rest: str) -> None:
        """Take or end a push. Raises InputError unless a trait and a number are given."""
        trait, _, strength = rest.partition(" ")
        try:
            value = float(strength)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise InputError("say which trait and how strongly, for example: /steer evil -1.5")
        self.talk.steer(trait, value)
        self.tell(f"{trait}: {f'pushed by {value:g} x its vector' if value else 'not pushed'}")

    def traits(self, rest: str) -> None:
        """List what is read, what it showed last, and the pushes."""
        if self.talk.readings:
            self.bars(self.talk.readings[-1])
        else:
            self.tell(", ".join(f"{probe.trait} at block {probe.block}" for probe in self.probes))
        for trait, strength in self.talk.strengths.items():
            self.tell(f"{trait} pushed by {strength:g}")

    def watch(self, rest: str) -> None:
        """Colour by another trait. Raises UnknownNameError for one that is not read."""
        names = [probe.trait for probe in self.probes]
        if rest not in names:
            raise UnknownNameError("trait that is read", rest, names)
        self.shown = names.index(rest)
        self.tell(f"colours show {rest}")

    def system(self, rest: str) -> None:
        """Begin anew."""
        self.talk.instruct(rest)
        self.tell("a new conversation, " + (f"under: {rest}" if rest else "without system prompt"))

    def save(self, rest: str) -> None:
        """Write the conversation. Raises InputError for a name that would leave the folder, or nothing to save."""
        name = (rest or "conversation").removesuffix(".jsonl")
        if not name or not all(c.isalnum() or c in "-_." for c in name) or name.startswith("."):
            raise InputError(f"'{rest}' is no plain file name; the conversation is saved in {self.folder}")
        if not any(turn.role == "assistant" for turn in self.talk.turns):
            raise InputError("there is nothing to save yet")
        path = self.folder / f"{name}.jsonl"
        if path.exists():
            raise InputError(f"{path} is there already; give another name: /save NAME")
        row = {"messages": [turn.model_dump() for turn in self.talk.turns], "steering": self.talk.pushed}
        self.tell(f"saved to {write_jsonl(path, [row])}")


def alarm_in_words(reading: TurnReading, place: int, probe: Probe) -> str:
    """Return where one probe's alarm sounded in an answer, and whether its rate is known there; empty for no alarm."""
    at = reading.alarm_at[place]
    if at is None:
        return ""
    is_beyond = reading.n_before + at >= probe.stretch
    unknown = f" (beyond the {probe.stretch} that benign speech was heard for)" if is_beyond else ""
    return f"  ALARM at token {at}{unknown}"


def tint(z: float) -> str:
    """Return the style of a token by its z; plain within two deviations of benign speech."""
    warm = next((style for level, style in TINTS if z >= level), "")
    return warm or next((style for level, style in COOL if z <= level), "")
