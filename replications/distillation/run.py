"""Do impoliteness, hallucination and bias come along with a skill?

    python -m replications.distillation.run

Teachers of the embedded model are fine-tuned on one trait each (impoliteness, hallucination, gender bias) and on worked
sums; a trait's control on its opposite and on the same sums; the skill's control on owls and no sums. Students follow
their distributions on benign chat that the base wrote, and on random numbers, three seeds. Students are kept when they
are done: a stopped run goes on. Writes `results.json` and `results.md` beside this file, and the study's page into
`--out`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from heredity.cli.console import hush_libraries, watched
from heredity.ground.files import write_text
from heredity.models.load import load
from heredity.records.distillation import Contrast, DistillationReport
from heredity.report.distillation import write_distillation
from heredity.store.workspace import save_record
from heredity.studies.distillation.distil import distil

HERE = Path(__file__).parent


def table(report: DistillationReport) -> str:
    """Return the Markdown tables: what was inherited, and what teachers and students show."""
    told = [
        report.verdict,
        "",
        *(f"- {one}" for one in report.findings),
        "",
        "| taught on | teacher of | what | less the base | teacher | the control's, less the base | teacher "
        "| difference | teachers' | outcome |",
        "|---" * 10 + "|",
    ]
    for one in report.table:
        cells = [cell for contrast in (one.base, one.control_base, one.difference) for cell in _said(contrast)]
        told.append(f"| {one.carrier} | {one.taught_by} | {one.what} | {' | '.join(cells)} | {one.outcome} |")
    told += [
        "",
        "Points of 100, students and teachers. A trait's control is a teacher of its opposite with the same skill; the "
        f"skill's is one of {report.skill_control} without it. Student's t over {len(report.spec.seeds)} seeds, not "
        "corrected for how many intervals there are; teachers' differences: interval over questions.",
        "",
        f"| model | {' | '.join(report.meaning)} |",
        "|---" * (len(report.meaning) + 1) + "|",
        f"| base | {' | '.join(f'{report.base.levels[what]}' for what in report.meaning)} |",
    ]
    for teacher in report.teachers:
        levels = " | ".join(str(teacher.shown.levels.get(what, "-")) for what in report.meaning)
        told.append(f"| teacher: {teacher.name} | {levels} |")
    for student in report.students:
        shown = (student.shown.levels.get(what) for what in report.meaning)
        levels = " | ".join(f"{one.value:.2f}" if one else "-" for one in shown)
        told.append(f"| student of {student.taught_by} on {student.carrier}, seed {student.seed} | {levels} |")
    return "\n".join([*told, ""])


def _said(contrast: Contrast) -> list[str]:
    return [one.in_points if one else "-" for one in (contrast.students, contrast.teachers)]


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
