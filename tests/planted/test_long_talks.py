"""An alarm calibrated on short answers stays within its rate in talks of any length, and says what it knows."""

import random
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import lfilter

from heredity.cli.chat import alarm_in_words
from heredity.ground.errors import InputError
from heredity.models.generate import GenerateSpec
from heredity.models.model import Model
from heredity.models.tiny import DARK, LIGHT, NOUNS, sentence
from heredity.monitor.calibrate import calibrate, calibrated, require_enough
from heredity.monitor.monitor import monitor
from heredity.monitor.score import excess, first_alarm, turn_reading
from heredity.monitor.talk import Talk
from heredity.records.dialogue import Corpus, Row, Turn, rows_digest
from heredity.records.monitor import MonitorSpec, Panel, Probe
from heredity.records.vector import TraitVector
from heredity.report.write import told

Floats = NDArray[np.float64]
SPEC = MonitorSpec(false_alarm_rate=0.1, window=4, min_tokens=3, n_tokens=14)
ASKED, SHORT, LONG = 0.05, 48, 2000


@dataclass
class Speech:
    """Clean speech in z: an AR(1) process a talk, of one kind of noise, about a level of the talk's own."""

    keeps: float
    """Correlation of a token with the one before."""
    noise: str = "normal"
    of_talk: float = 0.0
    """Share of the variance that lies between talks."""
    chance: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def said(self, n: int, n_tokens: int) -> Floats:
        """Return `[n, n_tokens]`."""
        shape = (n, n_tokens + 200)
        drawn = {
            "normal": lambda: self.chance.standard_normal(shape),
            "heavy": lambda: self.chance.standard_t(5, shape) / np.sqrt(5 / 3),
        }[self.noise]()
        within = lfilter([np.sqrt(1 - self.keeps**2)], [1, -self.keeps], drawn, axis=1)[:, 200:]
        return np.sqrt(1 - self.of_talk) * within + np.sqrt(self.of_talk) * self.chance.standard_normal((n, 1))


def probe_on(speech: Speech, vector: TraitVector, n: int = 160) -> Probe:
    talks = [[one] for one in speech.said(n, SHORT)]
    spec = MonitorSpec(false_alarm_rate=ASKED)
    return calibrated(vector, (1, "projection", SHORT), talks[: n // 2], talks[n // 2 :], spec, "clean")


def rates(speech: Speech, vector: TraitVector, n_probes: int = 24, n_talks: int = 60) -> tuple[float, float, float]:
    """Return the share of clean talks alarmed in the first stretch, at any token, and at any by a flat threshold."""
    early, whole, flat = [], [], []
    for _ in range(n_probes):
        probe = probe_on(speech, vector)
        for z in (speech.said(n_talks, LONG) - probe.mean) / probe.deviation:
            at = first_alarm(z, probe)
            early.append(at is not None and at < SHORT)
            whole.append(at is not None)
            flat.append(bool((excess(z, probe.model_copy(update={"rise": 0.0})) > 0).any()))
    return float(np.mean(early)), float(np.mean(whole)), float(np.mean(flat))


@pytest.mark.parametrize(
    "speech",
    [Speech(0.5), Speech(0.9), Speech(0.8, "heavy"), Speech(0.8, of_talk=0.2)],
    ids=["fast", "slow", "heavy-tailed", "talks-differ"],
)
def test_clean_speech_of_two_thousand_tokens_alarms_no_more_than_was_asked(speech: Speech, dark: TraitVector) -> None:
    early, whole, flat = rates(speech, dark)
    # 1,440 talks under 24 probes: the standard error of a rate of .05 is about .01
    assert whole <= ASKED + 0.02
    assert early <= ASKED / 2 + 0.015
    assert flat > 0.15


def test_the_first_stretch_is_what_most_benign_talks_fill(toy: Model, dark: TraitVector) -> None:
    chance = random.Random(5)
    lengths = [6 + i % 20 for i in range(80)]
    rows = [talk(i + 1, [" ".join(chance.choice(LIGHT) for _ in range(n))]) for i, n in enumerate(lengths)]
    probe = calibrate([dark], toy, SPEC, corpus(rows)).probes[0]
    assert 0.7 <= np.mean([n >= probe.stretch for n in lengths]) <= 0.85
    assert probe.n_long < probe.n_benign
    assert probe.measured_rate.unscored > 0


@pytest.fixture(scope="module")
def panel(toy: Model, dark: TraitVector) -> Panel:
    chance = random.Random(1)
    return calibrate([dark], toy, SPEC, corpus([talk(i + 1, [light(i, chance)]) for i in range(120)]))


def test_a_trait_is_heard_in_the_first_stretch_and_after_it(toy: Model, dark: TraitVector, panel: Panel) -> None:
    chance = random.Random(2)
    short = [talk(i + 1, [sentence(DARK, NOUNS[i], chance)]) for i in range(8)]
    late = [talk(i + 9, [light(i, chance), " ".join(chance.choice(DARK) for _ in range(40))]) for i in range(8)]
    report = monitor(corpus([*short, *late]), [dark], toy, SPEC.model_copy(update={"with_judge": False}), panel)
    at = [one.alarm_at(0) for one in report.conversations]
    assert sum(one is not None for one in at[:8]) >= 7
    assert sum(one is not None and one >= panel.probes[0].stretch for one in at[8:]) >= 6
    assert report.n_beyond[0] >= 8
    assert report.share_in_stretch[0].value < report.share_alarmed[0].value
    said = told(report)
    assert f"Beyond {panel.probes[0].stretch} tokens no benign speech was heard" in said
    assert f"({report.n_beyond[0]} are longer)" in said
    assert "With a system prompt or several turns: 8 of these conversations, and none of the benign ones" in said


def test_the_threshold_counts_the_tokens_of_earlier_turns(panel: Panel) -> None:
    probe = panel.probes[0]
    z = np.full(6, probe.threshold + 0.01)
    assert first_alarm(z, probe) is not None
    assert first_alarm(z, probe, n_before=probe.stretch) is None
    read = turn_reading("?", ["a"] * 6, z[:, None] * probe.deviation + probe.mean, [probe], 10 * probe.stretch)
    assert (read.n_before, read.alarm_at) == (10 * probe.stretch, (None,))


def test_a_talk_says_where_the_alarms_rate_is_not_known(toy: Model, dark: TraitVector, panel: Panel) -> None:
    session = Talk(toy, {"darkness": dark}, panel, GenerateSpec(n_tokens=14, min_tokens=8))
    first, second = (session.answer("what about the king ?", lambda token, z: None) for _ in range(2))
    assert first is not None
    assert second is not None
    assert (first.n_before, second.n_before) == (0, len(first.tokens))
    probe = panel.probes[0]
    early, late = (first.model_copy(update={"n_before": n, "alarm_at": (2,)}) for n in (0, probe.stretch))
    assert alarm_in_words(early, 0, probe) == "  ALARM at token 2"
    assert alarm_in_words(late, 0, probe).endswith(f"(beyond the {probe.stretch} that benign speech was heard for)")
    assert alarm_in_words(early.model_copy(update={"alarm_at": (None,)}), 0, probe) == ""


def test_a_rate_that_benign_speech_is_too_little_for_is_refused_with_the_number_it_takes() -> None:
    require_enough(78, MonitorSpec())
    with pytest.raises(InputError, match=r"77 benign conversations cannot set an alarm .* at least 78"):
        require_enough(77, MonitorSpec())


def corpus(rows: list[Row]) -> Corpus:
    return Corpus(name="talks", content_digest=rows_digest(tuple(rows)), rows=tuple(rows))


def talk(line: int, answers: list[str]) -> Row:
    turns = [
        turn
        for i, answer in enumerate(answers)
        for turn in (
            Turn(role="user", content=f"what about the {NOUNS[(line + i) % len(NOUNS)]} ?"),
            Turn(role="assistant", content=answer),
        )
    ]
    return Row(line=line, turns=tuple(turns))


def light(place: int, chance: random.Random) -> str:
    return sentence(LIGHT, NOUNS[place % len(NOUNS)], chance)
