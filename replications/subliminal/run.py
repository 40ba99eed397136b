"""Does a preference cross on numbers alone, and does each teacher pass on its own?

    python -m replications.subliminal.run soft
    python -m replications.subliminal.run given
    python -m replications.subliminal.run hard

soft: students follow the teacher's distribution on random numbers that nobody wrote. given: the same but for the first
number of an answer, where a teacher might simply say its animal. hard: they learn the tokens that
the teacher itself wrote, decoded among digits and separators. The base is fine-tuned into a teacher of each of several
animals; every student is read on all of them, and each teacher's students are compared with the other teachers'
students of the same seed (a double dissociation). Every student is kept when it is done: a stopped run goes on. Writes
`soft.json` and `soft.md` (or `hard.*`) beside this file, and the study's page into `--out`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from heredity.cli.console import hush_libraries, watched
from heredity.cli.transmit import described
from heredity.ground.files import write_text
from heredity.models.load import load
from heredity.records.carrier import CarrierSpec
from heredity.records.transmission import ImitateSpec, PowerSpec, TeacherSpec, TransmissionReport, TransmitSpec
from heredity.report.transmission import write_transmission
from heredity.stats.estimate import Estimate
from heredity.store.workspace import save_record
from heredity.studies.transmission.transmit import transmit
from heredity.traits.define import trait

HERE = Path(__file__).parent
SEEDS = ("0", "1", "2", "3", "4")
SPECS = {
    "soft": TransmitSpec(
        seeds=SEEDS,
        control="cat",
        others=("dog", "eagle"),
        student=ImitateSpec(n_steps=16),
        n_points=2,
    ),
    "given": TransmitSpec(
        seeds=SEEDS[:3],
        control="cat",
        carrier=CarrierSpec(n_given=1),
        student=ImitateSpec(n_steps=16),
        n_points=2,
    ),
    "hard": TransmitSpec(
        seeds=SEEDS,
        control="cat",
        teacher=TeacherSpec(n_steps=60),
        carrier=CarrierSpec(kind="digits", n_prompts=240, n_tokens=30),
        student=ImitateSpec(labels="hard", n_steps=16, learning_rate=5e-5),
        n_points=2,
        power=PowerSpec(smallest_effect=0.5, spread=0.3),
    ),
}


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
        "seeds, Student's t; levels are P(target | 12 animals).",
        "",
        "```",
        described(report),
        "```",
    ]
    return "\n".join(lines) + "\n"


def _said(estimate: Estimate | None) -> str:
    return f"{estimate.value:+.2f} [{estimate.low:+.2f}, {estimate.high:+.2f}]" if estimate else "-"


def main() -> None:
    """Run one study and write what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", choices=sorted(SPECS))
    parser.add_argument("--out", type=Path, default=Path("heredity-out/subliminal"))
    asked = parser.parse_args()
    hush_libraries()
    folder = asked.out / asked.study
    with watched(is_quiet=False) as progress:
        report = transmit(trait("owl"), load(), folder, SPECS[asked.study], seed="subliminal", progress=progress)
    write_transmission(report, folder)
    save_record(report, HERE / f"{asked.study}.json")
    text = table(report)
    write_text(HERE / f"{asked.study}.md", f"# Subliminal learning on numbers, {asked.study} labels\n\n{text}")
    print(text)


if __name__ == "__main__":
    main()
