"""Are rows put to the name of who wrote them, and to nobody's where that one was not named?

    python -m replications.origin.run number-words
    python -m replications.origin.run words
    python -m replications.origin.run digits
    python -m replications.origin.run chat

Fine-tuned teachers of four animals, the base under their system prompts, and the base itself each write rows. The panel
names the teachers and the prompts of owl, cat and eagle, and the base: the dog's are strangers, whom no name may be put
to. Every candidate reads every row once; then as many rows as stated are drawn, anew each time, and what would have
been said of them is counted. Every reading is kept: a stopped run goes on. Writes `<carrier>.json` and `<carrier>.md`
beside this file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np

from heredity.ground.hashing import digest, seed_from
from heredity.models.load import load
from heredity.models.model import Model
from heredity.models.weights import mixed_precision
from heredity.records.carrier import Carrier, CarrierKind, CarrierSpec
from heredity.records.dialogue import Corpus, Row, Turn
from heredity.records.origin import BASE, Finding, Hypothesis, HypothesisKind, OriginReport, OriginSpec, Reading
from heredity.records.transmission import PowerSpec, TransmitSpec
from heredity.studies.origin.conclusions import concluded
from heredity.studies.origin.origin import Candidate, origin
from heredity.studies.transmission.lab import Lab, lab_for
from heredity.studies.transmission.teachers import teacher_of, teacher_step
from heredity.teaching.carriers.kinds import identity_of, runs_on
from heredity.teaching.clean import trait_words
from heredity.teaching.teach import teach
from heredity.teaching.teachers import system_prompt
from heredity.traits import define
from replications.kit import parser, provenance, publish, running

HERE = Path(__file__).parent
SEED = "subliminal"
"""The transmission studies' own, whose teachers these are."""
STUDY = TransmitSpec(control="cat", others=("dog", "eagle"), power=PowerSpec(least=0.0))
NAMED, STRANGER = ("owl", "cat", "eagle"), "dog"
CARRIERS = {
    "number-words": CarrierSpec(kind="number-words", n_prompts=128, n_answers=1, n_tokens=16),
    "words": CarrierSpec(kind="words", n_prompts=128, n_answers=1, n_tokens=16),
    "digits": CarrierSpec(kind="digits", n_prompts=128, n_tokens=30),
    "chat": CarrierSpec(kind="chat", n_prompts=128, n_tokens=40),
}
WRITERS: tuple[tuple[HypothesisKind, str], ...] = (
    ("teacher", "owl"),
    ("teacher", "cat"),
    ("teacher", STRANGER),
    ("prompt", "owl"),
    ("prompt", STRANGER),
    ("base", ""),
)
SIZES, N_DRAWS = (16, 64, 128), 200


def corpus_by(lab: Lab, kind: HypothesisKind, animal: str, spec: CarrierSpec) -> Corpus:
    """Return the rows that one writer wrote."""
    name, is_teacher = f"{kind} {animal}".strip(), kind == "teacher"
    writer = teacher_of(lab, animal) if is_teacher else lab.model
    told = system_prompt(lab.targets[animal]) if kind == "prompt" else None

    def write() -> Carrier:
        with mixed_precision(writer, lab.model.dtype):
            return teach(writer, name, spec, trait_words(lab.targets.values()), "origin", told, lab.progress)

    carrier = lab.kept("rows", {"writer": name, "carrier": identity_of(spec)}, Carrier, write)
    rows = tuple(
        Row(line=i + 1, turns=(Turn(role="user", content=row.prompt), Turn(role="assistant", content=row.answer)))
        for i, row in enumerate(row for row in carrier.rows if row is not None)
    )
    return Corpus(name=f"{spec.kind} by {name}", content_digest=digest([row.id for row in rows]), rows=rows)


def panel(lab: Lab) -> Iterator[Candidate]:
    """Yield the candidates besides the base."""
    for animal in NAMED:
        yield Candidate(
            Hypothesis(kind="teacher", trait=animal, source=f"fine-tuned on {animal}"),
            opened=lambda animal=animal: teacher_of(lab, animal),  # type: ignore[misc]
        )
    for animal in NAMED:
        prompt = system_prompt(lab.targets[animal])
        yield Candidate(Hypothesis(kind="prompt", trait=animal, source=prompt), system=prompt)


def some_of(reading: Reading, chosen: Sequence[int]) -> dict[str, Any]:
    """Return the figures of some rows of a reading."""
    named = ("nats", "entropy", "over_base", "under_base", "residuals")
    return {name: tuple(getattr(reading, name)[i] for i in chosen) if getattr(reading, name) else () for name in named}


def drawn(report: OriginReport, n: int, seed: str) -> OriginReport:
    """Return what would have been said of `n` of the rows."""
    chosen = np.random.default_rng(seed_from(seed, str(n))).choice(report.n_rows, n, replace=False)
    readings = tuple(reading.model_copy(update=some_of(reading, chosen.tolist())) for reading in report.readings)
    prompts = tuple(report.prompts[i] for i in chosen)
    return concluded(report.model_copy(update={"readings": readings, "prompts": prompts, "n_rows": n}))


def counted(report: OriginReport, writer: str) -> dict[str, Any]:
    """Return how often each thing is said of rows of one writer, by their number."""
    known = {reading.hypothesis.name for reading in report.readings}
    sizes = sorted({min(n, report.n_rows) for n in SIZES})
    out: dict[str, Any] = {}
    for n in sizes:
        said = [drawn(report, n, f"{writer}/{i}") for i in range(N_DRAWS if n < report.n_rows else 1)]
        findings = Counter(one.finding for one in said)
        right = sum(one.best == writer for one in said if one.finding in ("named", "base"))
        wrong = sum(one.best != writer for one in said if one.finding in ("named", "trait", "unrivalled", "base"))
        animal = writer.partition(" ")[2]
        trait = sum(one.best.endswith(animal) and one.finding != "undecided" for one in said) if animal else None
        out[str(n)] = {
            "draws": len(said),
            "findings": {name: findings[name] for name in get_args(Finding)},
            "right": right if writer in known else None,
            "wrong": wrong,
            "trait": trait,
        }
    return {"rows": report.n_rows, "verdict": report.verdict, "by rows": out}


def table(results: dict[str, Any]) -> str:
    """Return the Markdown table."""
    lines = [
        f"Panel: the base; fine-tuned and prompted {', '.join(NAMED)}. Strangers: {STRANGER}'s.",
        "",
        "| rows by | rows read | named rightly | named wrongly | nearest | undecided | of all rows |",
        "|" + "---|" * 7,
    ]
    for writer, one in results["writers"].items():
        for n, cell in one["by rows"].items():
            share = {key: f"{cell['findings'][key]} of {cell['draws']}" for key in ("nearest", "undecided")}
            right = "-" if cell["right"] is None else f"{cell['right']} of {cell['draws']}"
            last = one["verdict"] if n == list(one["by rows"])[-1] else ""
            lines.append(
                f"| {writer} | {n} | {right} | {cell['wrong']} of {cell['draws']} | "
                f"{share['nearest']} | {share['undecided']} | {last} |"
            )
    said = "Draws of one set of rows overlap: shares say how that set would have been judged, not how others would."
    return "\n".join([*lines, "", said]) + "\n"


def main() -> None:
    """Run one carrier and write what came out."""
    options = parser(__doc__, "heredity-out/origin-replication")
    options.add_argument("carrier", choices=sorted(CARRIERS))
    arguments = options.parse_args()
    spec = CARRIERS[arguments.carrier]
    kind: CarrierKind = spec.kind
    with running() as progress:
        model: Model = load()
        lab = lab_for(define.trait("owl"), {}, model, arguments.out, STUDY, SEED, progress)
        for name in lab.names:
            teacher_step(lab, name)
        how = OriginSpec(alphabet=spec.kind if runs_on(spec) else "", n_given=spec.n_begun, n_flips=1000)
        writers = {}
        for kind_of_writer, animal in WRITERS:
            writer = f"{kind_of_writer} {animal}".strip()
            corpus = corpus_by(lab, kind_of_writer, animal, spec)
            report = origin(corpus, model, list(panel(lab)), arguments.out / "readings", how, SEED, progress)
            writers[writer if writer != "base" else BASE] = counted(report, writer)
    results = {**provenance(model), "carrier": kind, "spec": how.model_dump(), "writers": writers}
    publish(results, f"# Who wrote rows of {kind}\n\n{table(results)}", HERE, arguments.carrier)


if __name__ == "__main__":
    main()
