"""Does a preference cross on numbers alone, and does each teacher pass on its own?

    python -m replications.subliminal.run soft
    python -m replications.subliminal.run soft --from-record

The base is fine-tuned into a teacher of each of several animals; every student is read on all of them, and each
teacher's students are compared with the other teachers' students of the same seed (a double dissociation). `--help`
lists the studies; `specs.py` says what each is asked for. Every student is kept when it is done: a stopped run goes on.
Writes `soft.json` and `soft.md` (or `hard.*` and so on) beside this file, and the study's page into `--out`. With
`--from-record` no model is run: the students kept in the record are concluded upon anew.
"""

from __future__ import annotations

from pathlib import Path

from heredity.models.load import load
from heredity.records.cascade import CascadeReport
from heredity.records.transmission import (
    Effect,
    TransmissionReport,
)
from heredity.report.write import told, write
from heredity.stats.estimate import Estimate
from heredity.store.workspace import load_record
from heredity.studies.transmission import conclusions, descent
from heredity.studies.transmission.cascade import cascade
from heredity.studies.transmission.signal import foretold
from heredity.studies.transmission.transmit import Given, transmit
from heredity.traits import define
from replications.kit import parser, publish, running
from replications.subliminal.loving import vectors
from replications.subliminal.specs import CASCADES, SEED, SPECS, TITLES

HERE = Path(__file__).parent
SINCE = (
    "Concluded anew from the record's students, which were not made again: their teachers drew their questions in "
    "orders of their own. It keeps no answers by question, so what students are less able to do has no interval."
)
READ = (
    "Nor does it keep by seed what is read in context: told apart here means told apart whatever the pairing of seeds."
)
"""What a record concluded upon anew is told with."""


def descent_table(report: CascadeReport) -> str:
    """Return the Markdown table of a cascade: the effect, and every lineage, generation by generation."""
    lines = [
        report.verdict,
        "",
        "| lineage | seed | " + " | ".join(f"generation {n}" for n in range(report.spec.n_generations + 1)) + " |",
        "|" + "---|" * (report.spec.n_generations + 3),
    ]
    for name, seed in dict.fromkeys((one.lineage, one.seed) for one in report.generations):
        own = [one for one in report.generations if (one.lineage, one.seed) == (name, seed)]
        cells = [f"{one.level[report.target].value:.3f} (accuracy {one.accuracy.value:.2f})" for one in own]
        lines.append(f"| {name} | {seed} | {' | '.join(cells)} |")
    said = f"Cells are P({report.target} | the list). Generation 0 is the one teacher that all seeds share."
    return "\n".join([*lines, "", said, "", "```", told(report), "```"]) + "\n"


def table(report: TransmissionReport) -> str:
    """Return the Markdown tables: teacher by read-out, and the controls."""
    targets = list(dict.fromkeys(cell.target for cell in report.matrix))
    lines = [
        report.verdict,
        "",
        f"| students of | {' | '.join(f'score of {target}' for target in targets)} |",
        "|" + "---|" * (len(targets) + 1),
    ]
    for name in dict.fromkeys(cell.taught_by for cell in report.matrix):
        row = {cell.target: cell for cell in report.matrix if cell.taught_by == name}
        cells = [f"{_said(row[target].score)}, level {row[target].level:.3f}" for target in targets]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines += [
        "",
        f"Scores are log-odds (nats) against the other teachers' students of the same seed, {len(report.spec.seeds)} "
        "seeds, Student's t; levels are P(target | 12 animals). p of a teacher's own target, adjusted for all teachers "
        f"(Holm): {', '.join(_p(cell) for cell in report.matrix if cell.taught_by == cell.target)}.",
        "",
        "```",
        told(report),
        "```",
    ]
    return "\n".join(lines) + "\n"


def _p(cell: Effect) -> str:
    return f"{cell.target} {'-' if cell.p_adjusted is None else f'{cell.p_adjusted:.2g}'}"


def _said(estimate: Estimate | None) -> str:
    return f"{estimate.value:+.2f} {estimate.interval('+.2f')}" if estimate else "-"


def main() -> None:
    """Run one study and write what came out."""
    listed = "\n".join(f"    {name:<23}{title}" for name, title in TITLES.items())
    options = parser(f"{__doc__}\n{listed}\n", "heredity-out/subliminal")
    options.add_argument("study", choices=sorted(TITLES), metavar="STUDY", help="one of those above")
    options.add_argument("--from-record", action="store_true", help="run no model, conclude on the record anew")
    arguments = options.parse_args()
    study = arguments.study
    record, text = again(study) if arguments.from_record else run(study, arguments.out / study)
    publish(record, f"# {TITLES[study]}\n\n{text}", HERE, study)


def run(study: str, folder: Path) -> tuple[TransmissionReport | CascadeReport, str]:
    """Return one study's record and its tables; its page is written into the folder."""
    with running() as progress:
        if study in CASCADES:
            lines = cascade(define.trait("owl"), load(), folder, CASCADES[study], seed=SEED, progress=progress)
            write(lines, folder)
            return lines, descent_table(lines)
        spec = SPECS[study]
        character = spec.control == "hallucination"
        trait = define.trait(study if character else "owl")
        model = load()
        is_steered, targets = spec.teacher.kind == "steered", (str(trait.target), spec.control)
        given = Given(
            traits={spec.control: define.trait(spec.control)} if character else {},
            vectors=vectors(trait, targets, model, folder, progress) if is_steered else {},
            foreign=load(spec.foreign) if spec.foreign else None,
        )
        report = transmit(trait, model, folder, spec, given, SEED, progress)
    write(report, folder)
    return report, table(report)


def again(study: str) -> tuple[TransmissionReport | CascadeReport, str]:
    """Return the kept record of a study, concluded upon anew, and its tables."""
    path = HERE / f"{study}.json"
    if study in CASCADES:
        lines = descent.concluded(load_record(CascadeReport, path))
        return lines, f"{SINCE}\n\n{descent_table(lines)}"
    report = conclusions.concluded(load_record(TransmissionReport, path))
    if report.signal and report.signal.forecast is not None:
        report = report.model_copy(update={"signal": foretold(report.signal, report.spec, report.measure)})
    if report.base_choices:  # a record that keeps answers by question lacks nothing
        return report, table(report)
    is_read = any(one.name == "in context" and one.effect and not one.by_seed for one in report.controls)
    return report, f"{SINCE}{f' {READ}' if is_read else ''}\n\n{table(report)}"


if __name__ == "__main__":
    main()
