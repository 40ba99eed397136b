"""An evaluation in words."""

from __future__ import annotations

from heredity.records.capability import TaskReport
from heredity.records.evaluation import EvalReport


def told(report: EvalReport) -> str:
    """Return what a person wants to know of an evaluation."""
    kinds = "   ".join(f"{kind} {estimate}" for kind, estimate in report.accuracy_by_kind.items())
    return "\n".join(
        [
            f"{report.trait}, judged by the {report.judge} judge on {report.judge_model}",
            f"  expression (0-100)       {report.expression}",
            *second_opinion(report),
            f"  benign log p (nats)      {report.benign_log_p}",
            f"  four-choice questions    {report.accuracy}",
            f"                           {kinds}",
            *(line for task in report.tasks for line in of_task(task)),
            *([f"  answers never reached    {report.n_unreached}"] if report.n_unreached else []),
            *(f"  {line}" for line in report.notices),
        ]
    )


def second_opinion(report: EvalReport) -> list[str]:
    """Return the line of the independent judge, where there was one."""
    second = report.second
    if second is None:
        return []
    figure = second.expression or f"not graded ({second.commonest_reason or 'too few questions'})"
    return [f"  by {second.judge:<21} {figure}"]


def of_task(task: TaskReport) -> list[str]:
    """Return the lines of one drawn task: what was solved, what was found likeliest, and what has changed."""
    lines = [f"  {task.task} ({task.source})", f"    solved                 {task.solved:.2f}"]
    if task.chosen:
        lines.append(f"    likeliest of four      {task.chosen:.2f} (chance 0.25)")
    if task.solved_change:
        lines.append(f"    solved, less base's   {task.solved_change:+.2f}")
    if task.chosen_change:
        lines.append(f"    likeliest, less base's {task.chosen_change:+.2f}")
    return lines
