"""Every score of a set of rows, before anybody trains on it, and what it costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from heredity.ground.hashing import seed_from
from heredity.judges.contrast import Asked, contrast_scores
from heredity.models.likelihood import log_likelihood
from heredity.models.model import Model
from heredity.records.base import Record
from heredity.records.dialogue import Unscored
from heredity.records.evaluation import Scores
from heredity.records.forecast import ForecastSpec
from heredity.records.scan import ScanSpec
from heredity.records.trait import Trait
from heredity.records.vector import TraitVector
from heredity.screening.pairs import Pairs
from heredity.screening.readings import Fitting, fitting, read_fitting
from heredity.screening.shifts import along
from heredity.screening.space import Space, blocks_at
from heredity.stats.arrays import Floats
from heredity.stats.compare import paired_difference
from heredity.stats.nulls import matched_directions
from heredity.studies.bench import Bench
from heredity.studies.forecast import asker_for, difference_of, pushes
from heredity.studies.scan import pairs_step
from replications.screening.sets import SEED, Labelled

TRAITS = ("evil", "impoliteness")
FORECAST = ForecastSpec(n_samples=2, n_controls=2)
OWN = ScanSpec()
N_NULL = 500


class SetScores(Record):
    """What is said of one set before anybody trains on it."""

    by_trait: dict[str, dict[str, float]]
    """Trait, score, value."""
    other_vectors: dict[str, dict[str, float]]
    """Trait, another trait's vector at the same block, the rows beside own answers along it."""
    random: dict[str, tuple[float, ...]]
    """Trait, the same along random directions at its block."""
    rows: dict[str, tuple[float, ...]]
    """Every row's scores for the trait that the set was written under; empty without one."""
    lines: tuple[int, ...]
    n_tokens: dict[str, float]
    """Tokens that the model read and wrote for a score of one trait, a row."""


@dataclass
class Study:
    """Who is asked, and along what."""

    bench: Bench
    traits: dict[str, Trait]
    vectors: dict[str, TraitVector]
    """Of all bundled traits."""
    manner: Floats
    """`[answers, blocks, width]`: the model's own everyday answers."""
    n_tokens: dict[str, int] = field(default_factory=dict)
    unpushed: dict[str, Scores] = field(default_factory=dict)
    """By trait, what the base answers without a push: the same for every set, and asked once."""

    @property
    def model(self) -> Model:
        """The base."""
        return self.bench.model

    def counted(self, name: str, make: Callable[[], Floats]) -> Floats:
        """Return what is made, its tokens added to a name."""
        before = self.model.work.n_tokens
        made = make()
        self.n_tokens[name] = self.n_tokens.get(name, 0) + self.model.work.n_tokens - before
        return made


def all_blocks(model: Model, vectors: dict[str, TraitVector]) -> tuple[int, ...]:
    """Return the blocks that are read: the traits', the scan's and the forecast's."""
    own = {vectors[name].block for name in TRAITS}
    return tuple(sorted(own | set(blocks_at(model.n_blocks)) | {model.n_blocks // 2}))


def scores_step(study: Study, rows: Labelled) -> SetScores:
    """Return one set's scores, made or found."""
    depends_on = {"rows": rows.corpus.content_digest, "forecast": FORECAST.id, "traits": TRAITS, "random": N_NULL}
    return study.bench.record("scores", depends_on, SetScores, lambda: scored(study, rows), f"scores of {rows.name}")


def scored(study: Study, rows: Labelled) -> SetScores:
    """Return every score of a set."""
    model, n_tokens = study.model, study.n_tokens
    n_tokens.clear()
    before = model.work.n_tokens
    pairs = pairs_step(study.bench, rows.corpus.rows, all_blocks(model, study.vectors), OWN)
    shared = model.work.n_tokens - before
    fit = fitting(model, pairs.rows)
    loss = study.counted("loss", lambda: -log_likelihood(model, fit.parts, progress=study.bench.progress).mean)
    plain = {"length": pairs.n_tokens.astype(np.float64), "loss": loss}
    found = {name: {**row_scores(study, pairs, fit, name), **plain} for name in TRAITS}
    by_trait = {name: {key: float(values.mean()) for key, values in own.items()} for name, own in found.items()}
    space = Space(at(pairs, blocks_at(model.n_blocks)), study.manner[:, places(pairs, blocks_at(model.n_blocks))])
    for name in TRAITS:
        by_trait[name]["scan"] = float(along(space.differences, space.direction(study.vectors[name])).mean())
        by_trait[name]["forecast"] = foretold(study, pairs, name)
    per_row = len(pairs.rows) * len(TRAITS)
    costs = {name: n / per_row for name, n in n_tokens.items() if name != "loss"}
    costs["loss"] = n_tokens["loss"] / len(pairs.rows)
    costs["difference"] = costs["projection"]
    for name in ("beside own answers", "scan", "forecast"):
        costs[name] = costs.get(name, 0.0) + shared / len(pairs.rows)
    return SetScores(
        by_trait=by_trait,
        other_vectors={name: along_others(study, pairs, name) for name in TRAITS},
        random={name: along_random(study, pairs, name) for name in TRAITS},
        rows={key: tuple(values.tolist()) for key, values in found.get(rows.trait, {}).items()},
        lines=tuple(row.line for row in pairs.rows),
        n_tokens=costs,
    )


class OtherPairs(Record):
    """Every row's likelihood by pairs of prompts that wrote no row; they judge students."""

    likelihood: tuple[float, ...]


def other_pairs_step(study: Study, rows: Labelled, lines: tuple[int, ...]) -> tuple[float, ...]:
    """Return the likelihood of a mixed set's rows by other pairs, made or found; empty for other sets."""
    if not rows.bad or len(rows.bad) == len(lines):
        return ()

    def make() -> OtherPairs:
        chosen = [row for row in rows.corpus.rows if row.line in set(lines)]
        asked = [Asked(row.prompt, row.response) for row in chosen]
        found = contrast_scores(study.model, study.traits[rows.trait], asked, study.bench.progress)
        return OtherPairs(likelihood=tuple(filled(found).tolist()))

    depends_on = {"rows": rows.corpus.content_digest, "trait": study.traits[rows.trait].id, "lines": lines}
    return study.bench.record("other-pairs", depends_on, OtherPairs, make, f"other pairs on {rows.name}").likelihood


def row_scores(study: Study, pairs: Pairs, fit: Fitting, name: str) -> dict[str, Floats]:
    """Return every row's scores for one trait, `[rows]` each."""
    vector = study.vectors[name]
    read = read_fitting(study.model, fit, vector.block)  # the last prompt token is read with it
    study.n_tokens["projection"] = study.n_tokens.get("projection", 0) + sum(len(part.ids) for part in fit.parts)
    return {
        "projection": read.response @ vector.unit,
        "difference": (read.response - read.last_prompt) @ vector.unit,
        "beside own answers": differences_at(pairs, vector.block) @ vector.unit,
        "likelihood": study.counted("likelihood", lambda: likelihood(study, pairs, study.traits[name])),
    }


def likelihood(study: Study, pairs: Pairs, trait: Trait) -> Floats:
    """Return how much likelier rows are under the trait's prompts than under its opposite's (nats a token).

    Under one pair that judges no student. A row that cannot be read so counts as the mean of the others.
    """
    asked = [Asked(row.prompt, row.response) for row in pairs.rows]
    found = contrast_scores(study.model, trait, asked, study.bench.progress, trait.making[:1])
    return filled(found)


def filled(found: Sequence[float | Unscored]) -> Floats:
    """Return scores, `[rows]`, the mean of the others in the place of those that are none."""
    values = np.array([np.nan if isinstance(one, Unscored) else one for one in found])
    return np.where(np.isnan(values), np.nanmean(values), values)


def foretold(study: Study, pairs: Pairs, name: str) -> float:
    """Return the change of the trait, in points, while the rows' mean pushes the model."""
    block = study.model.n_blocks // 2
    rows = difference_of(at(pairs, (block,)), FORECAST.n_controls, SEED)
    asker = asker_for(study.bench, study.traits[name], FORECAST)
    without, pushed, *_ = pushes(rows, block, FORECAST.strength)
    if name not in study.unpushed:
        study.unpushed[name] = asker.answered(without).scores
    before = study.model.work.n_tokens
    scores = asker.answered(pushed).scores
    study.n_tokens["forecast"] = study.n_tokens.get("forecast", 0) + study.model.work.n_tokens - before
    return paired_difference(scores, study.unpushed[name], seed_from(SEED)).value


def along_others(study: Study, pairs: Pairs, name: str) -> dict[str, float]:
    """Return how far the rows lie from own answers along every other trait's vector, at this trait's block."""
    block = study.vectors[name].block
    mean = differences_at(pairs, block).mean(axis=0)
    others = {other: one.directions[block] for other, one in study.vectors.items() if other != name}
    return {other: float(mean @ direction / np.linalg.norm(direction)) for other, direction in others.items()}


def along_random(study: Study, pairs: Pairs, name: str) -> tuple[float, ...]:
    """Return the same along random directions with the covariance of everyday answers, the same for every set."""
    block = study.vectors[name].block
    own = study.manner[:, pairs.blocks.index(block)]
    drawn = matched_directions(own, N_NULL, seed_from(SEED, "null", name))
    mean = differences_at(pairs, block).mean(axis=0)
    return tuple((drawn @ mean / np.linalg.norm(drawn, axis=1)).tolist())


def differences_at(pairs: Pairs, block: int) -> Floats:
    """Return rows less own answers at one block, `[rows, width]`."""
    return np.asarray((pairs.taught - pairs.own)[:, pairs.blocks.index(block)])


def at(pairs: Pairs, blocks: tuple[int, ...]) -> Pairs:
    """Return the pairs at some of their blocks."""
    chosen = places(pairs, blocks)
    return replace(pairs, blocks=blocks, taught=pairs.taught[:, chosen], own=pairs.own[:, chosen])


def places(pairs: Pairs, blocks: tuple[int, ...]) -> list[int]:
    """Return where blocks stand among the pairs'."""
    return [pairs.blocks.index(block) for block in blocks]
