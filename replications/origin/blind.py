"""What does a vector fitted to rows alone say of who wrote them, and what would it say of the wrong one?

    python -m replications.origin.blind

Fine-tuned teachers of four animals, the base under the owl's system prompt, and the base itself each write the same
number of lists of number words. A vector is fitted to each set alone, and to rows that the base writes after the same
prompts. Held-out gains say whether the base wrote a set; what moves under the vector says whether its animal could be
read off. Every fit is kept: a stopped run goes on. Writes `blind.json` and `blind.md` beside this file.
"""

from __future__ import annotations

from typing import Any

from heredity.models.load import load
from heredity.records.blind import BlindReport, BlindSpec
from heredity.records.carrier import CarrierSpec
from heredity.records.origin import HypothesisKind, OriginSpec
from heredity.studies.origin.blind import Sought, blind
from heredity.studies.transmission.lab import lab_for
from heredity.studies.transmission.teachers import teacher_step
from heredity.traits import define
from replications.kit import parser, provenance, publish, running
from replications.origin.run import HERE, SEED, STUDY, corpus_by

CARRIER = CarrierSpec(kind="number-words", n_prompts=100, n_answers=16, n_tokens=16)
SPEC = BlindSpec(rows=OriginSpec(alphabet="number-words", n_given=1, n_rows=1600), n_nulls=1)
WRITERS: tuple[tuple[HypothesisKind, str], ...] = (
    ("teacher", "owl"),
    ("teacher", "cat"),
    ("teacher", "dog"),
    ("teacher", "eagle"),
    ("prompt", "owl"),
    ("base", ""),
)
N_SHOWN = 3


def table(reports: dict[str, BlindReport]) -> str:
    """Return the Markdown table."""
    lines = [
        f"{SPEC.rows.n_rows} lists by each writer, one vector of {SPEC.n_steps} steps after the middle block.",
        "",
        "| rows by | gain on held-out rows (nats a row) | a fit to the base's rows | moves most | its own animal |",
        "|---|---|---|---|---|",
    ]
    for writer, report in reports.items():
        moved, animal = report.fitted.moved, writer.partition(" ")[2]
        most = sorted(moved, key=lambda name: -moved[name])
        shown = ", ".join(f"{name} {moved[name]:+.2f}" for name in most[:N_SHOWN])
        own = f"{moved[animal]:+.2f}, place {1 + most.index(animal)} of {len(most)}" if animal else "-"
        gains = [f"{one.gain.value:+.3f} {one.gain.interval('+.3f')}" for one in (report.fitted, report.nulls[0])]
        lines.append(f"| {writer} | {gains[0]} | {gains[1]} | {shown} | {own} |")
    return "\n".join([*lines, "", "Moves are of log-odds under the vector less the base's (nats)."]) + "\n"


def main() -> None:
    """Fit to every writer's rows and write what came out."""
    arguments = parser(__doc__, "heredity-out/origin-replication").parse_args()
    with running() as progress:
        model = load()
        lab = lab_for(define.trait("owl"), {}, model, arguments.out, STUDY, SEED, progress)
        for name in lab.names:
            teacher_step(lab, name)
        reports = {}
        for kind, animal in WRITERS:
            writer = f"{kind} {animal}".strip()
            corpus = corpus_by(lab, kind, animal, CARRIER)
            reports[writer] = blind(
                corpus, model, Sought(define.trait("owl")), arguments.out / "fits", SPEC, SEED, progress
            )
    fits: dict[str, Any] = {
        writer: report.model_dump(mode="json", exclude={"provenance", "spec"}) for writer, report in reports.items()
    }
    results = {**provenance(model), "spec": SPEC.model_dump(), "writers": fits}
    publish(results, f"# A vector fitted to lists of number words, nobody named\n\n{table(reports)}", HERE, "blind")


if __name__ == "__main__":
    main()
