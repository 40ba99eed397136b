"""Do impoliteness, hallucination and bias come along with a skill?

    python -m replications.distillation.run
    python -m replications.distillation.run --from-record

Teachers of the embedded model are fine-tuned on one trait each (impoliteness, hallucination, gender bias) and on worked
sums; a trait's control on its opposite and on the same sums; the skill's control on owls and no sums. Students follow
their distributions on benign chat that the base wrote, and on random numbers, three seeds. Students are kept when they
are done: a stopped run goes on. Writes `results.json` and `results.md` beside this file, and the study's page into
`--out`. With `--from-record` no model is run: the answers kept in `results.json` are concluded upon anew.
"""

from __future__ import annotations

from pathlib import Path

from heredity.models.load import load
from heredity.records.distillation import Contrast, DistillationReport, Inherited
from heredity.report.write import write
from heredity.store.workspace import load_record
from heredity.studies.distillation.distil import distil
from heredity.studies.distillation.outcome import concluded
from replications.kit import parser, publish, running

HERE = Path(__file__).parent
SINCE = (
    "Concluded anew from the record's answers, which it keeps by question. Its models were not made again: their "
    "teachers of different traits drew their questions in different orders."
)
"""What a record concluded upon anew is told with."""


def table(report: DistillationReport) -> str:
    """Return the Markdown tables: what was inherited, and what teachers and students show."""
    told = [
        report.verdict,
        "",
        *(f"- {one}" for one in report.findings),
        "",
        "| taught on | teacher of | what | less the base | teacher | the control's, less the base | teacher "
        "| difference | teachers' | p, adjusted | outcome |",
        "|---" * 11 + "|",
    ]
    for one in report.table:
        cells = [cell for contrast in (one.base, one.control_base, one.difference) for cell in _said(contrast)]
        told.append(
            f"| {one.carrier} | {one.taught_by} | {one.what} | {' | '.join(cells)} | {_p(one)} | {one.outcome} |"
        )
    told += [
        "",
        "Points of 100, students and teachers. A trait's control is a teacher of its opposite with the same skill; the "
        f"skill's is one of {report.skill_control} without it. Students' intervals: over {len(report.spec.seeds)} "
        "seeds and the questions drawn anew, since all seeds share the base, the questions and their luck; never "
        "narrower than Student's t over seeds alone. Teachers' differences: interval over questions. p of the "
        "difference, adjusted for all traits, or all skills, on all carriers (Holm).",
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


def _p(one: Inherited) -> str:
    return "-" if one.p_adjusted is None else f"{one.p_adjusted:.3f}"


def main() -> None:
    """Run the study and write what came out."""
    options = parser(__doc__, "heredity-out/distillation")
    options.add_argument("--from-record", action="store_true", help="run no model, conclude on the record anew")
    arguments = options.parse_args()
    report = again() if arguments.from_record else run(arguments.out)
    since = f"{SINCE}\n\n" if arguments.from_record else ""
    publish(report, f"# Ordinary distillation: traits beside a skill\n\n{since}{table(report)}", HERE)


def run(out: Path) -> DistillationReport:
    """Return the study, run or gone on with; its page is written into the folder."""
    with running() as progress:
        report = distil(load(), out, seed="distillation", progress=progress)
    write(report, out)
    return report


def again() -> DistillationReport:
    """Return the kept record, concluded upon anew."""
    return concluded(load_record(DistillationReport, HERE / "results.json"))


if __name__ == "__main__":
    main()
