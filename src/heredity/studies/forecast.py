"""What would training on rows do to a trait? The rows' mean difference pushes the model while it answers.

Data2Behavior (arXiv 2602.04735): m = mean over rows of the activations of what they teach, here less those of the
model's own answers to the same prompts; s * m is added to the stream while the model answers the trait's evaluation
questions, and the judge says what changes. Beside it the model is pushed as far along random directions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from heredity.evaluation.ask import ask
from heredity.evaluation.grade import by_question, grades_of, preference_scores
from heredity.ground.errors import InputError
from heredity.ground.hashing import seed_from
from heredity.ground.progress import SILENCE, Progress
from heredity.ground.sequences import spread
from heredity.judges.calibrated import calibrate_on
from heredity.models.generate import GenerateSpec
from heredity.models.model import Model
from heredity.models.notices import notices
from heredity.models.steer import Push, steered
from heredity.records.dialogue import Answer, Corpus
from heredity.records.evaluation import EvalSpec, Scores
from heredity.records.forecast import ForecastReport, ForecastSpec, Reaction
from heredity.records.scan import ScanSpec
from heredity.records.trait import Trait
from heredity.records.vector import Calibration
from heredity.screening.pairs import Pairs
from heredity.screening.space import units_of
from heredity.stats.arrays import Floats, group_means, without
from heredity.stats.compare import paired_difference
from heredity.stats.flips import flipped_length_p
from heredity.stats.intervals import cluster_mean
from heredity.stats.nulls import matched_directions, p_value
from heredity.store.known_vectors import known_vector
from heredity.studies.bench import Bench, bench_in
from heredity.studies.scan import pairs_step, require_enough

N_FLIPS = 2000
LEAST_LENGTH = 1e-12
N_SHOWN = 3
"""Questions that a report shows with both answers."""


@dataclass(frozen=True)
class Difference:
    """What tells rows from the model's own answers after one block."""

    mean: Floats
    """`[width]`."""
    random: Floats
    """`[directions, width]`, of the same length; they vary as single rows do about the mean, and at right angles to it:
    rows that show a trait more and less vary along it as well."""
    stream: float
    p_length: float
    n_units: int


@dataclass(frozen=True)
class Answered:
    """What the model answers under one push."""

    scores: Scores
    """Grades by question."""
    answers: tuple[Answer, ...] = ()
    """None for a preference, which is read off."""
    grades: tuple[float | None, ...] = ()
    """Of each answer."""


@dataclass(frozen=True)
class Asker:
    """Who is asked, and who judges: the model itself, without a push."""

    bench: Bench
    trait: Trait
    calibration: Calibration | None
    """None for a preference, which is read off."""
    spec: EvalSpec

    def answered(self, push: Push) -> Answered:
        """Return what the model answers under a push, graded without it."""
        model, progress = self.bench.model, self.bench.progress
        with steered(model, [push]):
            if self.calibration is None:
                return Answered(preference_scores(model, self.trait, progress))
            answers = ask(model, self.trait, self.spec, self.bench.seed, progress)
        grades = grades_of(answers, self.trait, model, self.calibration, progress)
        return Answered(by_question(answers, grades), answers, grades)


def forecast(
    corpus: Corpus,
    trait: Trait,
    model: Model,
    out: Path,
    spec: ForecastSpec | None = None,
    seed: str = "0",
    progress: Progress = SILENCE,
) -> ForecastReport:
    """Return what the model shows of a trait while what tells the rows from its own answers pushes it.

    The model's own answers and all readings are kept in `out`. Raises InputError for too few rows that can be read or a
    block that is not there.
    """
    spec = spec or ForecastSpec()
    block = block_of(spec, model)
    bench = bench_in(out, model, seed, progress)
    asked = spread(corpus.rows, spec.n_rows)
    require_enough(len(set(units_of(asked).tolist())), corpus.excluded, "forecast")
    own = ScanSpec(n_tokens=spec.n_tokens, temperature=spec.temperature)
    pairs = pairs_step(bench, asked, (block,), own)
    rows = difference_of(pairs, spec.n_controls, seed)
    require_enough(rows.n_units, pairs.excluded, "forecast")
    asker = asker_for(bench, trait, spec)
    arms = [asker.answered(push) for push in pushes(rows, block, spec.strength)]
    report = ForecastReport(
        model=model.name,
        fingerprint=model.fingerprint,
        corpus=corpus.name,
        corpus_digest=corpus.content_digest,
        trait=trait.name,
        spec=spec,
        n_rows=corpus.n_in_file or len(corpus.rows),
        n_read=len(pairs.rows),
        block=block,
        length=float(np.linalg.norm(rows.mean)),
        stream=rows.stream,
        p_length=rows.p_length,
        **compared([arm.scores for arm in arms], seed),
        n_unscored=tuple(arm.grades.count(None) for arm in arms),
        reactions=reactions(arms[0], arms[1]),
        verdict="",
        excluded=(*corpus.excluded, *pairs.excluded),
        seed=seed,
        notices=notices(model, corpus.rows),
        provenance=bench.provenance(),
    )
    return report.model_copy(update={"verdict": verdict(report)})


def block_of(spec: ForecastSpec, model: Model) -> int:
    """Return the block, the middle one where none was asked for. Raises InputError for one that is not there."""
    block = model.n_blocks // 2 if spec.block is None else spec.block
    if block >= model.n_blocks:
        raise InputError(f"there is no block {block}: {model.name} has {model.n_blocks}, numbered from 0")
    return block


def difference_of(pairs: Pairs, n_controls: int, seed: str) -> Difference:
    """Return what tells rows from own answers at the pairs' one block, over units as a scan has them."""
    differences = group_means((pairs.taught - pairs.own)[:, 0], units_of(pairs.rows))
    mean = differences.mean(axis=0)
    length = float(np.linalg.norm(mean))
    unit = mean / max(length, LEAST_LENGTH)
    random = without(matched_directions(differences, n_controls, seed_from(seed, "forecast")), unit[:, None])
    return Difference(
        mean=mean,
        random=random / np.maximum(np.linalg.norm(random, axis=1, keepdims=True), LEAST_LENGTH) * length,
        stream=float(np.linalg.norm(pairs.own[:, 0].mean(axis=0))),
        p_length=flipped_length_p(differences, N_FLIPS, seed_from(seed, "forecast flips")),
        n_units=len(differences),
    )


def asker_for(bench: Bench, trait: Trait, spec: ForecastSpec) -> Asker:
    """Return who asks and judges; the judge is calibrated as that of a known vector is, or anew."""
    calibration = None
    if trait.kind == "character":
        own = bench.model.fingerprint
        known = known_vector(trait, own, seed=bench.seed) or known_vector(trait, own)
        how = GenerateSpec(n_tokens=spec.n_tokens, temperature=spec.temperature)
        calibration = (
            known.header.calibration if known else calibrate_on(bench.model, trait, how, bench.seed, bench.progress)
        )
    asked = EvalSpec(n_samples=spec.n_samples, n_tokens=spec.n_tokens, temperature=spec.temperature)
    return Asker(bench, trait, calibration, asked)


def pushes(rows: Difference, block: int, strength: float) -> list[Push]:
    """Return a push of strength 0, that along the rows' mean difference, and those along random directions."""
    own = rows.mean.astype(np.float32)
    others = rows.random.astype(np.float32)
    return [Push(block, own, 0.0), Push(block, own, strength), *(Push(block, one, strength) for one in others)]


def compared(arms: Sequence[Scores], seed: str) -> dict[str, object]:
    """Return the level without a push, and every push beside it and beside the random ones, as the report has them."""
    unpushed, pushed, *random = arms
    chance = seed_from(seed, "forecast")
    shared = set(unpushed).intersection(*random)
    of_random = {name: [float(np.mean([np.mean(one[name]) for one in random]))] for name in unpushed if name in shared}
    change = paired_difference(pushed, unpushed, chance)
    controls = tuple(paired_difference(one, unpushed, chance) for one in random)
    return {
        "level": cluster_mean(list(unpushed.values()), chance),
        "change": change,
        "controls": controls,
        "p_random": p_value(abs(change.value), np.array([abs(one.value) for one in controls])),
        "beyond": paired_difference(pushed, of_random, chance),
        "scores": pushed,
        "level_scores": unpushed,
    }


def reactions(unpushed: Answered, pushed: Answered) -> tuple[Reaction, ...]:
    """Return answers with and without the push, one to a question, those whose grade changes most first."""
    before, after = unpushed.answers, pushed.answers
    changes = [
        (abs(new - old), place)
        for place, (old, new) in enumerate(zip(unpushed.grades, pushed.grades, strict=True))
        if old is not None and new is not None
    ]
    shown: dict[str, Reaction] = {}
    for _, place in sorted(changes, reverse=True):
        asked = before[place].question
        shown.setdefault(asked, Reaction(question=asked, without=before[place].text, pushed=after[place].text))
    return tuple(shown.values())[:N_SHOWN]


def verdict(report: ForecastReport) -> str:
    """Return what may be said, in words."""
    trait, change = report.trait, f"{report.change:+.1f points}"
    match report.expectation:
        case "more" | "less" as way:
            return f"These rows are foretold to make the model show {way} {trait}: {change} under their push."
        case "undecided":
            return f"Not decided: the rows' push moves {trait} by {change}, and random pushes do the like."
        case "no difference":
            return f"Nothing is foretold: the rows are not told from the model's own answers (p {report.p_length:.2g})."
        case _:
            return f"No change in {trait} is shown: {change} under the rows' push."
