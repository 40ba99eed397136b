"""The verb: read every token of finished conversations under a panel of probes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from heredity.ground.errors import MismatchError
from heredity.ground.progress import SILENCE, Progress
from heredity.models.model import Model
from heredity.models.notices import notices
from heredity.models.watch import Sight
from heredity.monitor.agree import agreements
from heredity.monitor.calibrate import calibrate
from heredity.monitor.converse import Spoken, listen
from heredity.monitor.score import turn_reading
from heredity.records.dialogue import Corpus, Row
from heredity.records.monitor import ConversationReading, MonitorReport, MonitorSpec, Panel, Probe, TurnMean
from heredity.records.vector import TraitVector
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import mean_if_several, mean_t, wilson


def monitor(
    corpus: Corpus,
    vectors: Sequence[TraitVector],
    model: Model,
    spec: MonitorSpec | None = None,
    panel: Panel | None = None,
    seed: str = "0",
    progress: Progress = SILENCE,
) -> MonitorReport:
    """Return every assistant turn's z by token, percentile and alarm, under a panel (calibrated now if not given).

    Raises MismatchError for a vector of another model, or a panel of other vectors; InputError when no conversation
    can be read.
    """
    spec = spec or MonitorSpec()
    for vector in vectors:
        vector.require_model(model.name, model.fingerprint)
    panel = panel or calibrate(vectors, model, spec, seed=seed, progress=progress)
    require_same(panel, vectors)
    sights = [Sight(probe.block, unit) for probe, unit in zip(panel.probes, panel.units, strict=True)]
    spoken, excluded = listen(model, corpus.rows, sights, [probe.form for probe in panel.probes], progress)
    readings = [conversation_reading(answer, panel.probes) for answer in spoken]
    judged = agreements(readings, panel.probes, vectors, model, progress) if spec.with_judge else ()
    places = range(len(panel.probes))
    return MonitorReport(
        model=model.name,
        fingerprint=model.fingerprint,
        source=corpus.name,
        source_digest=corpus.content_digest,
        probes=panel.probes,
        conversations=tuple(readings),
        excluded=(*corpus.excluded, *excluded),
        share_alarmed=tuple(share_alarmed(readings, place) for place in places),
        share_in_stretch=tuple(share_alarmed(readings, place, panel.probes[place].stretch) for place in places),
        n_beyond=tuple(sum(reading.n_tokens > probe.stretch for reading in readings) for probe in panel.probes),
        drift=tuple(drift(readings, place) for place in places),
        turn_means=tuple(turn_means(readings, place) for place in places),
        correlations=judged,
        notices=(*notices(model, corpus.rows), *(line for vector in vectors for line in vector.notices)),
        seed=seed,
    )


def conversation_reading(spoken: Spoken, probes: Sequence[Probe]) -> ConversationReading:
    """Return one conversation's record."""
    asked = [
        next((turn.content for turn in reversed(before) if turn.role == "user"), "")
        for before, _ in spoken.row.exchanges
    ]
    before = np.cumsum([0, *map(len, spoken.tokens)])
    said = zip(asked, spoken.tokens, spoken.scores, before[:-1].tolist(), strict=True)
    return ConversationReading(
        line=spoken.row.line,
        condition=condition_of(spoken.row),
        turns=tuple(turn_reading(text, tokens, scores, probes, n) for text, tokens, scores, n in said),
    )


def condition_of(row: Row) -> str:
    """Return the system prompt that a conversation is held under; empty for none."""
    return "\n\n".join(turn.content for turn in row.turns if turn.role == "system")


def share_alarmed(readings: Sequence[ConversationReading], place: int, n_tokens: int | None = None) -> Estimate:
    """Return the share of conversations in which one probe's alarm sounded, or did within the first `n_tokens`."""
    at = [reading.alarm_at(place) for reading in readings]
    return wilson(sum(one is not None and (n_tokens is None or one < n_tokens) for one in at), len(at))


def drift(readings: Sequence[ConversationReading], place: int) -> Estimate | None:
    """Return the mean over conversations of the least-squares slope of mean z over turns; None for fewer than 2.

    Conversations are independent; the interval is Student's over their slopes.
    """
    curves = [[turn.mean_z[place] for turn in reading.turns] for reading in readings if len(reading.turns) > 1]
    slopes = [float(np.polyfit(np.arange(len(curve)), curve, 1)[0]) for curve in curves]
    return mean_t(slopes) if len(slopes) > 1 else None


def turn_means(readings: Sequence[ConversationReading], place: int) -> tuple[TurnMean, ...]:
    """Return one probe's mean z at every turn, over the conversations of several turns that have it."""
    curves = [[turn.mean_z[place] for turn in reading.turns] for reading in readings if len(reading.turns) > 1]
    by_turn = [[curve[t] for curve in curves if len(curve) > t] for t in range(max(map(len, curves), default=0))]
    return tuple(TurnMean(value=float(np.mean(z)), interval=mean_if_several(z)) for z in by_turn)


def require_same(panel: Panel, vectors: Sequence[TraitVector]) -> None:
    """Raise MismatchError unless every probe of the panel reads one of the vectors."""
    known = {vector.header.id for vector in vectors}
    strange = sorted({probe.trait for probe in panel.probes if probe.vector_id not in known})
    if strange:
        raise MismatchError(f"the panel was calibrated for other vectors ({', '.join(strange)}); calibrate it again")
