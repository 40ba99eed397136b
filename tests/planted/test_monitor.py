"""A monitor raises its alarm where the planted trait is spoken, and seldom anywhere else."""

import random

import numpy as np
import pytest

from heredity.ground.errors import InputError, MismatchError
from heredity.models.model import Model
from heredity.models.tiny import DARK, LIGHT, NOUNS, sentence
from heredity.monitor.calibrate import calibrate
from heredity.monitor.monitor import monitor
from heredity.monitor.score import running_mean
from heredity.records.dialogue import Corpus, Row, Turn, rows_digest
from heredity.records.monitor import MonitorReport, MonitorSpec, Panel
from heredity.records.vector import TraitVector

SPEC = MonitorSpec(false_alarm_rate=0.1, window=4, min_tokens=3, n_tokens=14)


def corpus(rows: list[Row]) -> Corpus:
    return Corpus(name="talks", content_digest=rows_digest(tuple(rows)), rows=tuple(rows))


def talk(line: int, styles: list[list[str]], chance: random.Random, system: str = "") -> Row:
    turns = [Turn(role="system", content=system)] if system else []
    for words in styles:
        noun = chance.choice(NOUNS)
        turns.append(Turn(role="user", content=f"what about the {noun} ?"))
        turns.append(Turn(role="assistant", content=sentence(words, noun, chance)))
    return Row(line=line, turns=tuple(turns))


@pytest.fixture(scope="module")
def benign() -> Corpus:
    chance = random.Random(1)
    return corpus([talk(i + 1, [LIGHT], chance) for i in range(120)])


@pytest.fixture(scope="module")
def panel(toy: Model, dark: TraitVector, benign: Corpus) -> Panel:
    return calibrate([dark], toy, SPEC, benign, blocks=(dark.block, 0))


@pytest.fixture(scope="module")
def report(toy: Model, dark: TraitVector, panel: Panel) -> MonitorReport:
    chance = random.Random(2)
    rows = [talk(i + 1, [DARK if i < 6 else LIGHT], chance) for i in range(26)]
    return monitor(corpus(rows), [dark], toy, SPEC, panel)


def test_the_alarm_sounds_where_the_trait_is_spoken_and_seldom_elsewhere(report: MonitorReport) -> None:
    dark_talks, light_talks = report.conversations[:6], report.conversations[6:]
    assert all(reading.turns[0].alarm_at[0] is not None for reading in dark_talks)
    assert all(reading.turns[0].percentile[0] > 95 for reading in dark_talks)
    assert sum(reading.turns[0].alarm_at[0] is not None for reading in light_talks) <= 5
    assert report.share_alarmed[0].n == 26


def test_a_talk_that_darkens_drifts_more_than_one_that_does_not(toy: Model, dark: TraitVector, panel: Panel) -> None:
    # the toy has never seen a second turn and drifts a little in any: that is the control
    chance = random.Random(3)
    darkening = monitor(corpus([talk(i + 1, [LIGHT, DARK], chance) for i in range(6)]), [dark], toy, SPEC, panel)
    steady = monitor(corpus([talk(i + 1, [LIGHT, LIGHT], chance) for i in range(6)]), [dark], toy, SPEC, panel)
    assert darkening.drift[0] is not None
    assert steady.drift[0] is not None
    assert darkening.drift[0].low > steady.drift[0].high
    single = monitor(corpus([talk(1, [LIGHT], chance)]), [dark], toy, SPEC, panel)
    assert single.drift == (None, None)


def test_tokens_join_to_the_answer_and_every_token_has_a_z(report: MonitorReport) -> None:
    for reading in report.conversations:
        for turn in reading.turns:
            assert len("".join(turn.tokens).split()) >= 9
            assert all(len(column) == len(turn.tokens) for column in turn.z)
            assert turn.mean_z[0] == pytest.approx(np.mean(turn.z[0]), abs=1e-2)


def test_the_false_alarm_rate_is_measured_on_conversations_that_set_no_threshold(panel: Panel) -> None:
    for probe in panel.probes:
        assert probe.n_benign == 60
        assert 45 <= probe.n_long <= 60
        assert probe.measured_rate.n + probe.measured_rate.unscored == 60
        # half of the rate is spent in the first stretch, which is as long as benign speech
        assert probe.measured_rate.low <= 0.05 <= probe.measured_rate.high
        assert 9 <= probe.stretch <= 12


def test_a_model_that_is_benign_itself_calibrates_the_panel(toy: Model, dark: TraitVector) -> None:
    own = calibrate([dark], toy, SPEC)
    read = int(own.probes[0].reference.split()[0])
    assert own.probes[0].reference == f"{read} answers of tiny"
    assert 180 <= read <= 200
    assert own.probes[0].n_benign == read // 2
    assert own.probes[0].measured_rate.high < 0.3


def test_agreement_with_the_judge_is_reported_within_and_between_prompts(
    toy: Model, dark: TraitVector, panel: Panel
) -> None:
    chance = random.Random(4)
    systems = [f"Speak of the {noun} ." for noun in NOUNS[:5]]
    rows = [talk(i + 1, [DARK if i % 3 == 0 else LIGHT], chance, systems[i % 5]) for i in range(30)]
    found = monitor(corpus(rows), [dark], toy, SPEC, panel).correlations[0]
    assert found.within is not None
    assert found.between is not None
    assert found.pooled.low > 0.3
    assert found.within.low > 0.3
    shuffled = [row.model_copy(update={"turns": talk(row.line, [LIGHT], chance, systems[0]).turns}) for row in rows]
    one_prompt = monitor(corpus(shuffled), [dark], toy, SPEC, panel).correlations
    assert all(one.between is None for one in one_prompt)


def test_too_few_benign_conversations_and_strange_vectors_are_refused(
    toy: Model, dark: TraitVector, panel: Panel, benign: Corpus
) -> None:
    few = benign.subset(set(range(1, 11)))
    with pytest.raises(InputError, match="false-alarm rate"):
        calibrate([dark], toy, SPEC, few)
    with pytest.raises(InputError, match="no vector"):
        calibrate([], toy, SPEC, benign)
    other = TraitVector(dark.header.model_copy(update={"seed": "other"}), dark.directions)
    with pytest.raises(MismatchError, match="calibrated for other vectors"):
        monitor(benign, [other], toy, SPEC, panel)
    with pytest.raises(InputError, match="no block 9"):
        calibrate([dark], toy, SPEC, benign, blocks=(9,))


def test_the_running_mean_waits_for_its_tokens_and_then_forgets() -> None:
    z = np.array([5.0, 1.0, 0.0, 0.0, 0.0, 4.0])
    means = running_mean(z, window=2, min_tokens=2)
    assert means[0] == -np.inf
    assert np.allclose(means[1:], [3.0, 0.5, 0.0, 0.0, 2.0])
