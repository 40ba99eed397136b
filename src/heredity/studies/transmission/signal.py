"""How far teachers differ on what they wrote, and what students of it may show: told before any student is trained.

A carrier teaches a trait through the tokens on which its writer differs from another's: the divergence of the two, a
token, times the tokens taught, is all that the rows hold to tell them by.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from heredity.ground.errors import ExperimentError
from heredity.ground.sequences import spread
from heredity.models.likelihood import log_p_next
from heredity.models.spelling import word_ids
from heredity.models.weights import at_rest, mixed_precision
from heredity.records.carrier import CarrierRow
from heredity.records.signal import Signal, TeacherGap
from heredity.records.transmission import Measure, TransmitSpec
from heredity.stats.divergence import divergence, entropy
from heredity.stats.intervals import mean_t
from heredity.stats.power import paired_power, pairs_needed
from heredity.studies.transmission.lab import Lab
from heredity.studies.transmission.lessons import carriers, lessons_of, split
from heredity.studies.transmission.plan import MOST_PASSES
from heredity.studies.transmission.teachers import teacher_of
from heredity.teaching.carriers.kinds import identity_of, kind_of, runs_on
from heredity.teaching.teach import decoded_among

N_READ = 64
"""Rows of each teacher that all teachers read."""
AT_ONCE = 8
"""Rows in memory at once, over a whole vocabulary."""
N_SHOWN = 12
"""Words of an alphabet that a report shows."""
SEEN_NATS, SEEN_EFFECT, SEEN_POWER = 294.0, 0.54, 1.0
"""What was seen on the embedded model on lists of number words: rows that held so many nats between two teachers moved
their students' log-odds apart by so much, and other doses by effect = seen * (nats / seen nats) ** power."""
MARGIN = 2.0
"""A plan is hopeless that could not see even so many times what is forecast."""
NOTHING = 1e-6
"""Teachers that differ by less (nats a token) are one and the same, but for rounding."""


def signal_step(lab: Lab) -> Signal | None:
    """Return how far the teachers differ on what they wrote; None for random numbers, which nobody wrote.

    Raises ExperimentError for teachers that do not differ, and for a plan that could not see what is to be expected.
    """
    spec = lab.spec
    if spec.carrier.kind == "random-numbers" or spec.student.on_policy:
        return None
    depends_on: dict[str, object] = {
        "carrier": identity_of(spec.carrier),
        "arms": list(lab.names),
        "student": spec.student.id,
        "power": spec.power.id,
        "seeds": list(spec.seeds),
    }
    signal = lab.kept("signal", depends_on, Signal, lambda: measured(lab))
    require_signal(signal, spec)
    return signal


def measured(lab: Lab) -> Signal:
    """Return the signal of the first seed's rows."""
    spec, seed = lab.spec, lab.spec.seeds[0]
    rows, _ = split(lab, carriers(lab, seed)[lab.names[0]], seed)
    taught = lessons_of(lab, lab.names[0], lab.model, rows)
    n_shown = spec.student.n_steps * spec.student.batch_rows
    n_tokens = round(n_shown * sum(lesson.row.n_response for lesson in taught) / len(taught))
    entropies, apart = divergences(lab, seed)
    first, second = lab.names[:2]
    pairs = [(first, second), *(pair for pair in combinations(lab.names, 2) if pair != (first, second))]
    gaps = tuple(TeacherGap(first=a, second=b, nats=mean_t([*apart[a, b], *apart[b, a]])) for a, b in pairs)
    written_with = kind_of(spec.carrier).words
    words = written_with(spec.carrier) if written_with else ()
    signal = Signal(
        n_words=len(word_ids(lab.model, words)) if words else None,
        words=words[:N_SHOWN],
        entropy=mean_t(entropies),
        gaps=gaps,
        n_rows=len(taught),
        n_passes=n_shown / len(taught),
        n_tokens=n_tokens,
    )
    return foretold(signal, spec, lab.measure)


def divergences(lab: Lab, seed: str) -> tuple[list[float], dict[tuple[str, str], list[float]]]:
    """Return, row by row, the mean entropy of the writer, and the mean KL(writer || other) by writer and other.

    Over the words that a carrier is decoded among, renormalised, where there are any; exact at every token, given what
    stands before it.
    """
    counted = decoded_among(lab.model, lab.spec.carrier)
    entropies: list[float] = []
    apart: dict[tuple[str, str], list[float]] = {(a, b): [] for a in lab.names for b in lab.names if a != b}
    for writer in lab.names:
        kept = [row for row in carriers(lab, seed)[writer].rows if row is not None]
        rows = spread(kept, N_READ)
        with lab.progress.task(f"what tells {writer}'s rows from the others'", len(rows)) as task:
            for start in range(0, len(rows), AT_ONCE):
                part = rows[start : start + AT_ONCE]
                own = log_p(lab, writer, part, counted)
                entropies += [float(entropy(p).mean()) for p in own]
                for other in lab.names:
                    if other != writer:
                        both = zip(own, log_p(lab, other, part, counted), strict=True)
                        apart[writer, other] += [float(divergence(p, q).mean()) for p, q in both]
                task.advance(len(part))
    return entropies, apart


def log_p(lab: Lab, name: str, rows: Sequence[CarrierRow], counted: Sequence[int]) -> list[NDArray[np.float32]]:
    """Return one teacher's log p of what may come next, row by row, `[tokens, words]`."""
    heard = [lesson.heard for lesson in lessons_of(lab, name, lab.model, rows)]
    with at_rest(teacher_of(lab, name)) as teacher, mixed_precision(teacher, lab.model.dtype):
        return log_p_next(teacher, heard, counted)


def is_like_seen(spec: TransmitSpec, measure: Measure) -> bool:
    """Whether a study is like the one that a forecast rests on: tokens of fine-tuned teachers' lists, sampled.

    Steered teachers differ by twenty times as much a token, and their students showed nothing of it.
    """
    is_sampled = runs_on(spec.carrier) and spec.carrier.temperature == 1
    return is_sampled and measure == "log-odds" and spec.student.labels == "hard" and spec.teacher.kind == "finetuned"


def foretold(signal: Signal, spec: TransmitSpec, measure: Measure) -> Signal:
    """Return a signal with what students may show of it, and with the pairs and updates that it takes to see that.

    Of a study that is not like the one seen nothing is foretold.
    """
    if not is_like_seen(spec, measure):
        return signal.model_copy(update={"forecast": None, "pairs": None, "n_steps": None})
    power, student = spec.power, spec.student
    steps, n_pairs, spread_of = student.n_steps, len(spec.seeds), power.spread_in("log-odds")
    effect = expected(signal.held)
    doses = [math.ceil(steps * factor) for factor in (0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 16)]
    doses = [n for n in doses if n * student.batch_rows <= MOST_PASSES * signal.n_rows]
    enough = (n for n in doses if paired_power(expected(signal.held * n / steps), spread_of, n_pairs) >= power.least)
    return signal.model_copy(
        update={
            "forecast": effect,
            "pairs": pairs_needed(effect, spread_of, power.least) if effect > 0 else None,
            "n_steps": next(enough, None) if n_pairs > 1 else None,
        }
    )


def expected(nats: float) -> float:
    """Return the effect (log-odds) that rows which hold so many nats between two teachers may have."""
    return SEEN_EFFECT * math.pow(max(nats, 0.0) / SEEN_NATS, SEEN_POWER)


def require_signal(signal: Signal, spec: TransmitSpec) -> None:
    """Raise ExperimentError for teachers that do not differ, and for a plan that could not see what is expected."""
    gap = signal.gaps[0]
    if gap.nats.value < NOTHING:
        raise ExperimentError(
            f"the teachers '{gap.first}' and '{gap.second}' do not differ on '{spec.carrier.kind}' "
            f"({gap.nats.value:.1e} nats a token): nothing of either is in the rows; take another carrier, or "
            "other teachers"
        )
    power, n_pairs = spec.power, len(spec.seeds)
    if signal.forecast is None or not power.least:
        return
    if paired_power(MARGIN * signal.forecast, power.spread_in("log-odds"), n_pairs) < power.least:
        raise ExperimentError(f"{n_pairs} pair(s) of students would not see it: {signal}. {what_next(signal)}")


def what_next(signal: Signal) -> str:
    """Return what would make a hopeless plan a good one."""
    ways = [f"{signal.pairs} pairs (--seeds)"] if signal.pairs else []
    ways += [f"{signal.n_steps} updates (--steps)"] if signal.n_steps else []
    return f"It takes {' or '.join(ways)}, or --pilot" if ways else "Take another carrier, other teachers, or --pilot"
