"""What a judge made of answers, in words."""

from __future__ import annotations

from heredity.records.judging import JudgingReport, MeanGrade


def told(report: JudgingReport) -> str:
    """Return the mean grades, how the judge was asked where that is not as usual, and what could not be graded."""
    lines = [f"{report.n_answers} answers judged for {report.trait} (n: opening questions)"]
    means = (("grade", report.grade), ("coherence", report.coherence))
    lines += [f"  {name:<12} {shown(mean)}" for name, mean in means if mean]
    if report.asked_as:
        lines.append(f"  asked: {report.asked_as}")
    for name, reasons in report.unscored.items():
        of_what = "" if name == "grade" else f" for {name}"
        lines += [f"  {n} unscored{of_what}: {reason}" for reason, n in reasons.items()]
    return "\n".join(lines)


def shown(mean: MeanGrade) -> str:
    """Return a mean with its interval, or that it has none."""
    return str(mean.interval) if mean.interval else f"{mean.value:.2f} (n=1, which has no interval)"
