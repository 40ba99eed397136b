"""Vectors drawn from one-sentence descriptions, held to statements that nobody here wrote.

    python -m replications.statements.run --statements FOLDER

Each trait is drafted by rule from its sentence, its vector extracted, and the statements of Perez et al. (2022), 1,000
a trait, each labelled whether agreeing matches the trait, are projected on it. How a statement is read (in which frame,
at which position and block) is chosen on the first half of each file; every figure reported is of the other half. The
drafter's templates, the bank's questions about the model itself and the word for narcissism were also chosen with the
first half in view. Random directions (of the activations' covariance) and vectors from permuted poles make the same
choice, sign and all, before they are judged. Beside each: the same without any choice of reading (the vector's own
block, the mean over the statement), the other traits' vectors, other methods, and what a direction fitted to the first
half's labels reaches. Writes `results.json` and `results.md` beside this file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heredity.ground.files import require_file
from heredity.ground.hashing import seed_from
from heredity.ground.progress import Progress
from heredity.models.chat import Rendered, question, render
from heredity.models.load import load
from heredity.models.model import Model
from heredity.models.read import ReadSpec, read
from heredity.records.draft import DraftSpec
from heredity.records.trait import Trait
from heredity.records.vector import ExtractSpec
from heredity.stats.discrimination import auc, auc_estimate
from heredity.stats.estimate import Estimate
from heredity.stats.nulls import p_value, swapped_poles, upper_bound
from heredity.studies.extraction import Extraction, extract_many
from heredity.traits.template import draft_by_template
from heredity.vectors.leakage import Found
from heredity.vectors.methods import METHODS, logistic
from replications.kit import parser, provenance, publish, running

HERE = Path(__file__).parent
SENTENCES = {
    "psychopathy": "The model has no empathy or remorse, manipulates others for its own gain, and feels no guilt about "
    "breaking rules.",
    "narcissism": "The model thinks it is superior to everyone, craves admiration, and feels entitled to special "
    "treatment.",
    "agreeableness": "The model is warm, cooperative and trusting, and puts the needs of others before its own.",
}
Floats = NDArray[np.float64]
Frame = Callable[[Model, dict[str, Any]], Rendered]
FRAMES: dict[str, Frame] = {
    "said of itself": lambda model, row: render(model, question("Tell me something about yourself."), row["statement"]),
    "said as an opinion": lambda model, row: render(model, question("What do you think?"), row["statement"]),
    "asked about": lambda model, row: render(model, question(row["question"]), "Yes"),
}
"""How a statement is put to the model: as its own words, or as a question whether it would say them."""
PLAIN = ("said of itself", "mean")
"""The reading that nothing was chosen for: the statement as the model's own words, mean over its tokens."""
N_NULL = 500


@dataclass(frozen=True)
class Statements:
    """One trait's statements, read every way: `[statements, blocks, width]` by frame and position."""

    is_match: NDArray[np.bool_]
    is_for_choice: NDArray[np.bool_]
    read: dict[tuple[str, str], NDArray[np.float32]]


@dataclass(frozen=True)
class Way:
    """One way to read a statement."""

    frame: str
    position: str
    block: int

    def of(self, statements: Statements) -> Floats:
        """Return `[statements, width]`."""
        return statements.read[self.frame, self.position][:, self.block].astype(np.float64)


def read_statements(model: Model, path: Path, n: int | None, progress: Progress) -> Statements:
    """Return a file's statements with their labels and readings; the first half of them is for choosing."""
    rows = [json.loads(line) for line in require_file(path).read_text(encoding="utf-8").splitlines()][:n]
    readings: dict[tuple[str, str], NDArray[np.float32]] = {}
    for frame, put in FRAMES.items():
        positions = ("last_prompt",) if frame == "asked about" else ("response", "last_response", "last_prompt")
        how = ReadSpec(positions=positions)
        pooled = read(model, [put(model, row) for row in rows], range(model.n_blocks), how, progress).pooled
        if frame == "asked about":
            readings[frame, "last token"] = pooled["last_prompt"]
            continue
        readings[frame, "mean"] = pooled["response"]
        readings[frame, "mean less last prompt token"] = pooled["response"] - pooled["last_prompt"]
        readings[frame, "last token"] = pooled["last_response"]
    return Statements(
        is_match=np.array([row["answer_matching_behavior"].strip() == "Yes" for row in rows]),
        is_for_choice=np.arange(len(rows)) < len(rows) // 2,
        read=readings,
    )


def chosen_way(statements: Statements, directions: NDArray[np.floating]) -> Way:
    """Return the way of reading with the highest AUC on the half that is for choosing."""
    half, match = statements.is_for_choice, statements.is_match
    best: tuple[float, Way] | None = None
    for (frame, position), read_so in statements.read.items():
        scores = np.einsum("nbw,bw->nb", read_so[half], directions)
        found = auc(scores[match[half]], scores[~match[half]])
        block = int(found.argmax())
        if best is None or found[block] > best[0]:
            best = (float(found[block]), Way(frame, position, block))
    assert best is not None
    return best[1]


def judged(statements: Statements, way: Way, direction: NDArray[np.floating]) -> Estimate:
    """Return the AUC on the half that chose nothing."""
    half = ~statements.is_for_choice
    scores = way.of(statements)[half] @ direction
    return auc_estimate(scores, statements.is_match[half], np.arange(half.sum()))


def nulls(statements: Statements, found: Found, reached: float) -> dict[str, dict[str, float]]:
    """Return, for random directions and permuted poles, the 97.5th percentile of their AUC and the share reaching ours.

    Every draw chooses its own way of reading on the first half, as the vector did, and is judged on the other. Random
    directions are mixtures of the first half's statements, each less the mean of its label, so that they do not follow
    what they are set against; the same mixture at every place. Poles are permuted by question and made into directions
    by mean difference.
    """
    half = statements.is_for_choice
    mixtures = np.random.default_rng(seed_from("statements random")).standard_normal((N_NULL, int(half.sum())))
    poles, pole = found.poles, np.where(found.poles.is_positive, 1.0, -1.0)
    names, index = np.unique(poles.question, return_inverse=True)
    signs = swapped_poles(len(names), N_NULL, seed_from("statements permuted"))[:, index] * pole
    best = {kind: (np.zeros(N_NULL), np.zeros(N_NULL)) for kind in ("random directions", "permuted poles")}
    for read_so in statements.read.values():
        for block in range(read_so.shape[1]):
            rows = read_so[:, block].astype(np.float64)
            drawn = {
                "random directions": mixtures @ less_own_mean(rows[half], statements.is_match[half]),
                "permuted poles": signs[:, poles.is_kept] @ poles.own_prompt[poles.is_kept, block],
            }
            for kind, directions in drawn.items():
                best[kind] = better(best[kind], halves_auc(statements, rows @ directions.T))
    return {kind: {"bound": upper_bound(other), "p": p_value(reached, other)} for kind, (_, other) in best.items()}


def less_own_mean(rows: Floats, labels: NDArray[np.bool_]) -> Floats:
    """Return rows `[statements, width]`, each less the mean of those with its label."""
    means = np.array([rows[~labels].mean(axis=0), rows[labels].mean(axis=0)])
    return np.asarray(rows - means[labels.astype(int)])


def halves_auc(statements: Statements, scores: Floats) -> tuple[Floats, Floats]:
    """Return the AUC of scores `[statements, draws]` on the half for choosing and on the other, `[draws]` each."""
    match = statements.is_match
    first, second = [
        auc(scores[half & match], scores[half & ~match])
        for half in (statements.is_for_choice, ~statements.is_for_choice)
    ]
    return first, second


def better(held: tuple[Floats, Floats], new: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """Return, draw by draw, the pair whose AUC on the half for choosing is the higher."""
    is_better = new[0] > held[0]
    return np.where(is_better, new[0], held[0]), np.where(is_better, new[1], held[1])


def ceiling(statements: Statements, way: Way) -> Estimate:
    """Return what a logistic direction fitted to the first half's labels reaches on the other, at the same place."""
    half, rows = statements.is_for_choice, way.of(statements)[:, None]
    n = int(min(statements.is_match[half].sum(), (~statements.is_match[half]).sum()))
    positive, negative = rows[half & statements.is_match][:n], rows[half & ~statements.is_match][:n]
    return judged(statements, way, logistic(positive, negative)[0])


def study(extraction: Extraction, statements: dict[str, Statements]) -> dict[str, Any]:
    """Return every trait's figures."""
    results: dict[str, Any] = {}
    found = {one.vector.header.trait.name: one for one in extraction.found}
    for name, one in found.items():
        mine, vector = statements[name], one.vector
        way, plain = chosen_way(mine, vector.directions), Way(*PLAIN, vector.block)
        reached = judged(mine, way, vector.directions[way.block])
        others = {
            other: judged(mine, way, found[other].vector.directions[way.block]).__dict__
            for other in found
            if other != name
        }
        results[name] = {
            "way": way.__dict__,
            "block of the vector": vector.block,
            "own held-out AUC": vector.header.heldout_auc.__dict__,
            "statements, chosen way": reached.__dict__,
            "statements, nothing chosen": judged(mine, plain, vector.directions[plain.block]).__dict__,
            **nulls(mine, one, reached.value),
            "other traits": others,
            "other methods": by_methods(mine, one),
            "fitted to labels": ceiling(mine, way).__dict__,
        }
    return results


def by_methods(statements: Statements, found: Found) -> dict[str, Any]:
    """Return the same AUC by directions of the other methods, each with a choice of its own; no null was run for it."""
    kept = found.poles.is_kept
    own, positive = found.poles.own_prompt[kept], found.poles.is_positive[kept]
    figures = {}
    for method in ("logistic", "pca"):
        directions = METHODS[method](own[positive], own[~positive])
        way = chosen_way(statements, directions)
        figures[method] = judged(statements, way, directions[way.block]).__dict__
    return figures


def table(results: dict[str, Any]) -> str:
    """Return the Markdown table."""
    lines = [
        "| trait | read | statements, other half | nothing chosen | random directions | permuted poles | other traits "
        "| other methods | fitted to labels | own answers, held out |",
        "|" + "---|" * 10,
    ]
    for name, row in results.items():
        way = row["way"]
        cells = [
            f"{way['frame']}, {way['position']}, block {way['block']}",
            _cell(row["statements, chosen way"]),
            _cell(row["statements, nothing chosen"]),
            *(f"{row[kind]['bound']:.2f} (p {row[kind]['p']:.3f})" for kind in ("random directions", "permuted poles")),
            "; ".join(f"{other} {estimate['value']:.2f}" for other, estimate in row["other traits"].items()),
            "; ".join(f"{method} {estimate['value']:.2f}" for method, estimate in row["other methods"].items()),
            _cell(row["fitted to labels"]),
            _cell(row["own held-out AUC"]),
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(estimate: dict[str, Any]) -> str:
    return f"{estimate['value']:.3f} [{estimate['low']:.3f}, {estimate['high']:.3f}]"


def drafted(names: Sequence[str]) -> list[Trait]:
    """Return the traits, drafted by rule from their sentences."""
    return [draft_by_template(DraftSpec(name=name, description=SENTENCES[name])).trait for name in names]


def main() -> None:
    """Extract the vectors, read the statements, write the table."""
    options = parser(__doc__, "heredity-out/statements")
    options.add_argument("--statements", type=Path, required=True, help="folder with a JSONL file a trait")
    options.add_argument("--rows", type=int, default=None, help="statements a trait; all if not given")
    arguments = options.parse_args()
    for name in SENTENCES:
        require_file(arguments.statements / f"{name}.jsonl")
    with running() as progress:
        model = load()
        extraction = extract_many(
            drafted(list(SENTENCES)), model, arguments.out, ExtractSpec(n_samples=2), progress=progress
        )
        statements = {
            name: read_statements(model, arguments.statements / f"{name}.jsonl", arguments.rows, progress)
            for name in SENTENCES
        }
    results = study(extraction, statements)
    settings = {"model": model.name, "sentences": SENTENCES, "n_null": N_NULL}
    whole = {"traits": results, "settings": settings, "provenance": provenance(model)}
    publish(whole, f"{table(results)}\n", HERE)


if __name__ == "__main__":
    main()
