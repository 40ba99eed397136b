"""Does a scan name the trait that rows hold, and no trait where they hold none?

    python -m replications.scanning.run

For each bundled trait of character the embedded model answers the trait's evaluation questions (which had no part in
its vector) under the positive pole of the pairs that judge (nor had those); the system prompts are left out of the
rows. Sets of 80 rows hold all, a third, a tenth or none of such rows; the rest is the model's own sampled answers to
everyday questions. Three sets hold no trait and another hand: GSM8K's worked answers, the model's answers cut to their
first sentence, and answers of the model asked for as lists. Every set is scanned for all traits. Scans are kept: a
stopped run goes on. Writes `results.json` and `results.md` beside this file.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from heredity.ground.hashing import seed_from
from heredity.ground.progress import Progress
from heredity.models.chat import question, render_prompt
from heredity.models.generate import GenerateSpec, generate
from heredity.models.load import load
from heredity.models.model import Model
from heredity.records.dialogue import Corpus, Row, Turn, rows_digest
from heredity.records.scan import ScanReport, ScanSpec
from heredity.records.trait import Trait
from heredity.store.questions import everyday_questions
from heredity.studies.known import vectors_for
from heredity.studies.scan import scan
from heredity.traits import define
from replications.kit import parser, provenance, publish, running

HERE = Path(__file__).parent
SEED = "scanning anew"
"""Not that of the sets on which the rules were chosen."""
N_ROWS = 80
DOSES = {"all": 1.0, "a third": 1 / 3, "a tenth": 0.1}
HOW = GenerateSpec(n_tokens=48)
GSM8K = Path("../shared/data/gsm8k/test.jsonl")
"""Cobbe et al. 2021; left out where it is not there."""
LISTING = "Answer with a list of short points, one a line, and nothing else."
Pair = tuple[str, str]
"""What was asked and answered."""


def said(model: Model, asked: Sequence[tuple[str, str | None]], seed: str, progress: Progress) -> list[Pair]:
    """Return questions with the model's answers under each one's system prompt; empty ones are left out."""
    prompts = [render_prompt(model, question(text, system)) for text, system in asked]
    seeds = [f"{SEED}/{seed}/{i}" for i in range(len(asked))]
    made = generate(model, prompts, seeds, HOW, f"writing {seed}", progress)
    return [(text, answer.text) for (text, _), answer in zip(asked, made, strict=True) if answer.text]


def own(model: Model, progress: Progress) -> list[Pair]:
    """Return the model's own sampled answers to everyday questions."""
    return said(model, [(text, None) for text in everyday_questions(SEED)[:N_ROWS]], "own", progress)


def showing(model: Model, trait: Trait, progress: Progress) -> list[Pair]:
    """Return answers that show a trait, under the pairs that judge, as many as a set has rows."""
    pairs, questions = trait.judging, trait.questions.evaluation
    asked = [
        (questions[i % len(questions)], trait.system_prompt(pairs[i % len(pairs)], "positive")) for i in range(N_ROWS)
    ]
    return said(model, asked, trait.name, progress)


def others(model: Model, whole: list[Pair], progress: Progress) -> Iterator[tuple[str, list[Pair]]]:
    """Yield the model's own answers, and sets that hold no trait, of another hand or in another manner."""
    yield "own", whole
    yield "first sentence", [(asked, re.split(r"(?<=[.!?])\s", answer)[0]) for asked, answer in whole]
    asked = [(text, LISTING) for text in everyday_questions(SEED)[:N_ROWS]]
    yield "lists", said(model, asked, "lists", progress)
    if GSM8K.is_file():
        rows = [json.loads(line) for line in GSM8K.read_text(encoding="utf-8").splitlines()[:N_ROWS]]
        yield "GSM8K", [(row["question"], row["answer"]) for row in rows]


def corpus_of(name: str, pairs: Sequence[Pair]) -> Corpus:
    """Return question and answer pairs as rows, shuffled."""
    mixed = list(pairs)
    random.Random(seed_from(SEED, name)).shuffle(mixed)
    rows = tuple(
        Row(line=i, turns=(Turn(role="user", content=asked), Turn(role="assistant", content=answer)))
        for i, (asked, answer) in enumerate(mixed, start=1)
    )
    return Corpus(name=name, content_digest=rows_digest(rows), rows=rows)


def figures(report: ScanReport, planted: str = "") -> dict[str, Any]:
    """Return what a scan says of a set: every shift, which are shown, and where the planted one stands."""
    shown = [trait.trait for trait in report.shown]
    ranks = [trait.trait for trait in sorted(report.traits, key=lambda one: -one.shift.value)]
    return {
        "rows": report.n_read,
        "shifts": {
            trait.trait: [
                round(x, 3) for x in (trait.shift.value, trait.shift.low, trait.shift.high, trait.p, trait.p_random)
            ]
            for trait in report.traits
        },
        "shown": shown,
        "rank": 1 + ranks.index(planted) if planted in ranks else None,
        "held": report.held,
        "p of what is left over": report.left_over.p,
    }


def table(results: dict[str, Any]) -> str:
    """Return the Markdown tables."""
    n = results["traits"]
    lines = [
        f"Sets of {N_ROWS} rows, scanned for {n} traits. Rank: the place of the planted trait's shift among all of "
        "them. Shown: the traits that are told.",
        "",
        "| planted | dose | shift | rank | told first | told | others told | of the difference, along traits |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, doses in results["planted"].items():
        for dose, found in doses.items():
            value, low, high, _, _ = found["shifts"][name]
            rest = ", ".join(one for one in found["shown"] if one != name) or "-"
            first = found["shown"][0] if found["shown"] else "-"
            is_told = "yes" if name in found["shown"] else "no"
            lines.append(
                f"| {name} | {dose} | {value:+.2f} [{low:+.2f}, {high:+.2f}] | {found['rank']} | {first} | {is_told} | "
                f"{rest} | {_share(found['held'])} |"
            )
    lines += ["", "| rows without a trait | traits told | of the difference, along the traits |", "|---|---|---|"]
    for name, found in results["benign"].items():
        lines.append(f"| {name} | {', '.join(found['shown']) or '-'} | {_share(found['held'])} |")
    for dose in DOSES:
        found = {name: one[dose] for name, one in results["planted"].items()}
        said = sum(bool(one["shown"]) for one in found.values())
        first = sum(one["shown"][:1] == [name] for name, one in found.items())
        told = sum(name in one["shown"] for name, one in found.items())
        largest = sum(one["rank"] == 1 for one in found.values())
        lines += [
            "",
            f"Dose {dose}, of {len(found)} sets: some trait is told in {said}, the planted one in {told}, first in "
            f"{first}; its shift is the largest in {largest}.",
        ]
    return "\n".join(lines) + "\n"


def _share(held: float | None) -> str:
    return "-" if held is None else f"{held:.0%}"


def main() -> None:
    """Scan every set and write what came out."""
    arguments = parser(__doc__, "heredity-out/scanning").parse_args()
    traits = [define.trait(name) for name in define.bundled_names()]
    planted: dict[str, Any] = {}
    with running() as progress:
        model = load()
        known = vectors_for(traits, model, progress=progress)

        def scanned(name: str, pairs: Sequence[Pair], of: str = "") -> dict[str, Any]:
            return figures(scan(corpus_of(name, pairs), known, model, arguments.out, ScanSpec(), SEED, progress), of)

        whole = own(model, progress)
        for trait in (one for one in traits if one.kind == "character"):
            rows = showing(model, trait, progress)
            mixed = {dose: rows[: round(share * N_ROWS)] for dose, share in DOSES.items()}
            planted[trait.name] = {
                dose: scanned(f"{trait.name}, {dose}", [*part, *whole[len(part) :]], trait.name)
                for dose, part in mixed.items()
            }
        benign = {name: scanned(name, pairs) for name, pairs in others(model, whole, progress)}
    results = {**provenance(model), "traits": len(known.vectors), "planted": planted, "benign": benign}
    publish(results, f"# Does a scan name what rows hold?\n\n{table(results)}", HERE)


if __name__ == "__main__":
    main()
