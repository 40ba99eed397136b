"""How far does a probe agree with the judge, pooled, within one system prompt, and between system prompts?

    python -m replications.monitoring.run

For each trait the embedded model answers the evaluation questions (which had no part in the vector) under both poles of
the three contrast pairs that the judge does not compare: six system prompts. Every answer is read token by token under
its prompt and graded by the contrast judge on the other two pairs. Most of a pooled correlation lies between prompts: a
monitor that only sees which prompt was given would have it too. The probes are calibrated to benign speech, and their
false-alarm rate is measured on the half of it that set no threshold, over as many tokens as it has, without system
prompt: behind one the rate is another. Writes `results.json` and `results.md` beside this
file.
"""

from __future__ import annotations

from pathlib import Path

from heredity.ground.progress import Progress
from heredity.judges.elicit import elicit
from heredity.models.chat import question
from heredity.models.generate import GenerateSpec
from heredity.models.load import load
from heredity.models.model import Model
from heredity.monitor.monitor import monitor
from heredity.records.dialogue import Corpus, Row, Turn, rows_digest
from heredity.records.monitor import MonitorReport, MonitorSpec
from heredity.records.trait import Trait
from heredity.records.vector import ExtractSpec
from heredity.stats.estimate import Estimate
from heredity.studies.extraction import extract_many
from heredity.traits import define
from replications.kit import parser, provenance, publish, running

HERE = Path(__file__).parent
SEED = "monitoring"


def prompted(one: Trait, model: Model, progress: Progress) -> Corpus:
    """Return the model's answers to the evaluation questions under both poles of the pairs that do not judge."""
    questions = one.questions.model_copy(update={"extraction": one.questions.evaluation})
    asked = one.model_copy(update={"questions": questions})
    answers = elicit(asked, model, 1, GenerateSpec(), SEED, progress)
    said = [answer for answer in answers if answer.text]
    rows = tuple(
        Row(
            line=i,
            turns=(
                *question(answer.question, asked.system_prompt(answer.pair or 0, answer.pole or "positive")),
                Turn(role="assistant", content=answer.text),
            ),
        )
        for i, answer in enumerate(said, start=1)
    )
    return Corpus(name=f"{one.name}, prompted", content_digest=rows_digest(rows), rows=rows)


def table(reports: dict[str, MonitorReport]) -> str:
    """Return the Markdown table."""
    lines = [
        "| trait | block | answers | r pooled | r within prompts | r between prompts | false alarms asked for, at most "
        "| measured, over |",
        "|" + "---|" * 8,
    ]
    for name, report in reports.items():
        (probe,) = report.probes
        found = next(iter(report.correlations), None)
        rs = [_cell(found.pooled), _cell(found.within), _cell(found.between)] if found else ["-"] * 3
        measured = f"{_cell(probe.measured_rate)} (n={probe.measured_rate.n}), {probe.stretch} tokens"
        rates = [f"{probe.false_alarm_rate:.2f}", measured]
        lines.append(f"| {' | '.join([name, str(probe.block), str(len(report.conversations)), *rs, *rates])} |")
    return "\n".join(lines)


def _cell(estimate: Estimate | None) -> str:
    return f"{estimate.value:.2f} {estimate.interval('.2f')}" if estimate else "-"


def main() -> None:
    """Monitor the prompted answers of every trait and write the table."""
    options = parser(__doc__, "heredity-out/all")
    options.add_argument("--traits", nargs="+", default=["evil", "sycophancy", "hallucination"])
    arguments = options.parse_args()
    reports: dict[str, MonitorReport] = {}
    with running() as progress:
        model = load()
        traits = [define.trait(name) for name in arguments.traits]
        vectors = extract_many(traits, model, arguments.out, ExtractSpec(), progress=progress).vectors
        by_name = {one.name: one for one in traits}
        for vector in vectors:
            one = by_name[vector.header.trait.name]
            corpus = prompted(one, model, progress)
            reports[one.name] = monitor(corpus, [vector], model, MonitorSpec(), seed=SEED, progress=progress)
    content = {
        name: {
            "probe": report.probes[0].model_dump(exclude={"token_percentiles", "answer_percentiles"}),
            "correlations": [one.model_dump() for one in report.correlations],
            "n": len(report.conversations),
        }
        for name, report in reports.items()
    }
    publish({"traits": content, "provenance": provenance(model)}, f"{table(reports)}\n", HERE)


if __name__ == "__main__":
    main()
