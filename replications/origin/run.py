"""Are rows put to the name of who wrote them, and to nobody's where that one was not named?

    python -m replications.origin.run number-words
    python -m replications.origin.run words
    python -m replications.origin.run digits
    python -m replications.origin.run chat

Fine-tuned teachers of three animals, the base under their system prompts or pushed along their vectors, and the base
itself each write rows, four to a prompt. The panel names the teachers, the prompts and the vectors of owl and cat, and
the base: the dog's are strangers, whom no name may be put to. Every candidate reads every row once; then the rows are
cut into sets without a prompt in common, and what would have been said of each set is counted. Every reading is kept: a
stopped run goes on. Writes `<carrier>.json` and `<carrier>.md` beside this file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

from scipy import stats

from heredity.ground.hashing import digest
from heredity.models.bake import bake
from heredity.models.load import load
from heredity.models.model import Model
from heredity.models.steer import Push
from heredity.models.weights import frozen, mixed_precision
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
from replications.subliminal.loving import vectors

HERE = Path(__file__).parent
SEED = "subliminal"
"""The transmission studies' own, whose teachers these are."""
STUDY = TransmitSpec(control="cat", others=("dog", "eagle"), power=PowerSpec(least=0.0))
NAMED, STRANGER = ("owl", "cat"), "dog"
STRENGTH = 4.0
"""Of a push: the subliminal study's."""
N_PROMPTS, N_ANSWERS = 128, 4
CARRIERS = {
    "number-words": CarrierSpec(kind="number-words", n_prompts=N_PROMPTS, n_answers=N_ANSWERS, n_tokens=16),
    "words": CarrierSpec(kind="words", n_prompts=N_PROMPTS, n_answers=N_ANSWERS, n_tokens=16),
    "digits": CarrierSpec(kind="digits", n_prompts=N_PROMPTS, n_answers=N_ANSWERS, n_tokens=30),
    "chat": CarrierSpec(kind="chat", n_prompts=N_PROMPTS, n_answers=N_ANSWERS, n_tokens=40),
}
WRITERS: tuple[tuple[HypothesisKind, str], ...] = (
    ("base", ""),
    *((kind, animal) for kind in ("teacher", "prompt", "vector") for animal in ("owl", STRANGER)),
)
SIZES = (32, 64, 128)
"""Rows in a set, of 8, 16 and 32 prompts; a few less where the filter dropped some."""


def corpus_by(lab: Lab, kind: HypothesisKind, animal: str, spec: CarrierSpec) -> Corpus:
    """Return the rows that one writer wrote."""
    name = f"{kind} {animal}".strip()
    told = system_prompt(lab.targets[animal]) if kind == "prompt" else None

    def write() -> Carrier:
        writer = writer_of(lab, kind, animal)
        with mixed_precision(writer, lab.model.dtype):
            return teach(writer, name, spec, trait_words(lab.targets.values()), "origin", told, lab.progress)

    carrier = lab.kept("rows", {"writer": name, "carrier": identity_of(spec)}, Carrier, write)
    rows = tuple(
        Row(line=i + 1, turns=(Turn(role="user", content=row.prompt), Turn(role="assistant", content=row.answer)))
        for i, row in enumerate(row for row in carrier.rows if row is not None)
    )
    return Corpus(name=f"{spec.kind} by {name}", content_digest=digest([row.id for row in rows]), rows=rows)


def writer_of(lab: Lab, kind: HypothesisKind, animal: str) -> Model:
    """Return the model that writes."""
    if kind == "teacher":
        return teacher_of(lab, animal)
    if kind == "vector":
        return frozen(bake(lab.model, pushes(lab, animal)).model)
    return lab.model


def pushes(lab: Lab, animal: str) -> tuple[Push, ...]:
    """Return the push along an animal's vector."""
    vector = lab.vectors[animal]
    return (Push(vector.header.block, vector.directions[vector.header.block], STRENGTH),)


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
    for animal in NAMED:
        source = f"{animal}'s vector at {STRENGTH:g}"
        yield Candidate(Hypothesis(kind="vector", trait=animal, source=source), pushes=pushes(lab, animal))


def some_of(reading: Reading, chosen: Sequence[int]) -> dict[str, Any]:
    """Return the figures of some rows of a reading."""
    named = ("nats", "entropy", "over_base", "under_base", "residuals")
    return {name: tuple(getattr(reading, name)[i] for i in chosen) if getattr(reading, name) else () for name in named}


def set_of(report: OriginReport, chosen: Sequence[int]) -> OriginReport:
    """Return what would have been said of some of the rows."""
    readings = tuple(reading.model_copy(update=some_of(reading, chosen)) for reading in report.readings)
    prompts = tuple(report.prompts[i] for i in chosen)
    return concluded(report.model_copy(update={"readings": readings, "prompts": prompts, "n_rows": len(chosen)}))


def sets_of(report: OriginReport, n_prompts: int) -> list[list[int]]:
    """Return the places of the rows of so many prompts in turn, which share none."""
    prompts = list(dict.fromkeys(report.prompts))
    groups = [prompts[i : i + n_prompts] for i in range(0, len(prompts) - n_prompts + 1, n_prompts)]
    return [[i for i, prompt in enumerate(report.prompts) if prompt in set(group)] for group in groups]


def counted(report: OriginReport, writer: str) -> dict[str, Any]:
    """Return how often each thing is said of sets of rows of one writer, by their size."""
    known = {reading.hypothesis.name for reading in report.readings}
    animal = writer.partition(" ")[2]
    out: dict[str, Any] = {}
    for n in SIZES:
        said = [set_of(report, chosen) for chosen in sets_of(report, n // N_ANSWERS)]
        named = [one for one in said if one.finding in ("named", "base")]
        put = [one for one in said if one.finding not in ("undecided", "nearest")]
        out[str(n)] = {
            "sets": len(said),
            "findings": {name: sum(one.finding == name for one in said) for name in get_args(Finding)},
            "right": sum(one.best == writer for one in named) if writer in known else None,
            "trait": sum(one.best.endswith(animal) for one in put) if animal in NAMED else None,
            "wrong": sum(one.best != writer and not (animal and one.best.endswith(animal)) for one in put),
            "likeliest": dict(Counter(one.best for one in said)),
        }
    return {"rows": report.n_rows, "verdict": report.verdict, "by rows": out}


def table(results: dict[str, Any]) -> str:
    """Return the Markdown table."""
    lines = [
        f"Panel: the base; {', '.join(NAMED)} fine-tuned, prompted and steered. Strangers: {STRANGER}'s. Sets of rows "
        f"share no prompt; {N_ANSWERS} rows answer each.",
        "",
        "| rows by | rows a set | sets | named rightly | its trait | wrong | nearest | undecided | likeliest |",
        "|" + "---|" * 9,
    ]
    for writer, one in results["writers"].items():
        for n, cell in one["by rows"].items():
            counts = ["-" if cell[key] is None else str(cell[key]) for key in ("right", "trait", "wrong")]
            found = [str(cell["findings"][name]) for name in ("nearest", "undecided")]
            most = ", ".join(f"{name} {n_sets}" for name, n_sets in Counter(cell["likeliest"]).most_common(3))
            lines.append(f"| {writer} | {n} | {cell['sets']} | {' | '.join([*counts, *found])} | {most} |")
    n_wrong = {n: sum(one["by rows"][str(n)]["wrong"] for one in results["writers"].values()) for n in SIZES}
    n_sets = {n: sum(one["by rows"][str(n)]["sets"] for one in results["writers"].values()) for n in SIZES}
    wrong = "; ".join(f"of {n} rows, {_share(n_wrong[n], n_sets[n])}" for n in SIZES)
    said = (
        "Its trait: put to a candidate that shows the writer's animal. Wrong: put to a name that is neither the "
        f"writer's nor its animal's; over all writers, by sets {wrong} (Clopper-Pearson). Nearest: told from all "
        "others, and to nobody's name."
    )
    verdicts = [f"- {writer}: {one['verdict']}" for writer, one in results["writers"].items()]
    return "\n".join([*lines, "", said, "", "Of all rows together:", "", *verdicts]) + "\n"


def _share(n: int, of: int) -> str:
    interval = stats.binomtest(n, of).proportion_ci(method="exact")
    return f"{n} of {of} [{interval.low:.2f}, {interval.high:.2f}]"


def main() -> None:
    """Run one carrier and write what came out."""
    options = parser(__doc__, "heredity-out/origin-replication")
    options.add_argument("carrier", choices=sorted(CARRIERS))
    arguments = options.parse_args()
    spec = CARRIERS[arguments.carrier]
    kind: CarrierKind = spec.kind
    with running() as progress:
        model: Model = load()
        owl = define.trait("owl")
        lab = lab_for(owl, {}, model, arguments.out, STUDY, SEED, progress)
        lab.vectors = vectors(owl, (*NAMED, STRANGER), model, arguments.out, progress)
        for name in (*NAMED, STRANGER):
            teacher_step(lab, name)
        how = OriginSpec(
            alphabet=spec.kind if runs_on(spec) else "",
            n_given=spec.n_begun,
            n_rows=N_PROMPTS * N_ANSWERS,
            n_flips=1000,
        )
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
