"""Do politeness, factual accuracy and bias cross with performance?

    python -m replications.distillation.run

Teachers of the embedded model are fine-tuned on one trait each (impoliteness, hallucination, gender bias) and on worked
sums; the control's teacher on owls alone. Students follow their distributions on benign chat that the base wrote, and
on random numbers, three seeds. Students are kept when they are done: a stopped run goes on. Writes `results.json` and
`results.md` beside this file, and the study's page into `--out`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from heredity.cli.console import hush_libraries, watched
from heredity.ground.files import write_text
from heredity.models.load import load
from heredity.records.distillation import DistillationReport
from heredity.report.distillation import lines, write_distillation
from heredity.stats.estimate import Estimate
from heredity.store.workspace import save_record
from heredity.studies.distillation.distil import distil

HERE = Path(__file__).parent


def table(report: DistillationReport) -> str:
    """Return the Markdown tables: what was inherited, and what teachers and students show."""
    told = [
        report.verdict,
        "",
        "| taught on | teacher of | trait: students | teachers | share | beside | skill: students | teachers | share "
        "| beside |",
        "|---" * 10 + "|",
    ]
    for pair in lines(report):
        cells = [
            cell
            for one in pair
            for cell in (_said(one.moved, ""), f"{100 * one.taught:+.0f}", _said(one.share, "%"), _said(one.beside, ""))
        ]
        told.append(f"| {pair[0].carrier} | {pair[0].taught_by} | {' | '.join(cells)} |")
    told += [
        "",
        f"Points of 100, less the students (the teacher) of {report.control} without the skill, paired by seed; "
        f"Student's t over {len(report.spec.seeds)} seeds. No share where the intervals of the two teachers overlap. "
        "Beside: less the mean of the other traits' students.",
        "",
        f"| model | {' | '.join(report.meaning)} |",
        "|---" * (len(report.meaning) + 1) + "|",
        f"| base | {' | '.join(f'{report.base[what]}' for what in report.meaning)} |",
    ]
    for teacher in report.teachers:
        levels = " | ".join(str(teacher.shown.get(what, "-")) for what in report.meaning)
        told.append(f"| teacher: {teacher.name} | {levels} |")
    for student in report.students:
        shown = (student.shown.get(what) for what in report.meaning)
        levels = " | ".join(f"{one.value:.2f}" if one else "-" for one in shown)
        told.append(f"| student of {student.taught_by} on {student.carrier}, seed {student.seed} | {levels} |")
    return "\n".join([*told, ""])


def _said(estimate: Estimate | None, unit: str) -> str:
    if estimate is None:
        return "-"
    value, low, high = (f"{100 * x:+.0f}{unit}" for x in (estimate.value, estimate.low, estimate.high))
    return f"{value} [{low}, {high}]"


def main() -> None:
    """Run the study and write what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("heredity-out/distillation"))
    asked = parser.parse_args()
    hush_libraries()
    with watched(is_quiet=False) as progress:
        report = distil(load(), asked.out, seed="distillation", progress=progress)
    write_distillation(report, asked.out)
    save_record(report, HERE / "results.json")
    text = f"# Ordinary distillation: traits beside a skill\n\n{table(report)}"
    write_text(HERE / "results.md", text)
    print(text)


if __name__ == "__main__":
    main()
