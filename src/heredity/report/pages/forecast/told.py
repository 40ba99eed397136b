"""A forecast in words."""

from __future__ import annotations

from heredity.records.forecast import ForecastReport
from heredity.report.kit.text import beginning, by_reason

WIDTH = 100


def told(report: ForecastReport) -> str:
    """Return the verdict, the pushes beside each other, and what the model then answers."""
    lines = [report.verdict, f"  {read(report)}", f"  without a push {report.level:.1f}, of 100"]
    lines.append(f"  pushed by the rows {report.change:+.1f}; less random pushes {report.beyond:+.1f}")
    lines += [f"  pushed along a random direction {one:+.1f}" for one in report.controls]
    lines += [f"  {by_luck(report)}", f"  {length(report)}"]
    if any(report.n_unscored):
        n_unpushed, n_pushed, *n_random = report.n_unscored
        lines.append(
            f"  answers that could not be graded: {n_unpushed} without a push, {n_pushed} pushed by the rows, "
            f"{sum(n_random)} at random"
        )
    for one in report.reactions[:1]:
        lines.append(f"  asked: {beginning(one.question, WIDTH)}")
        lines.append(f"    without: {beginning(one.without, WIDTH)}")
        lines.append(f"    pushed:  {beginning(one.pushed, WIDTH)}")
    lines += [f"  left out: {reason}: {n:,}" for reason, n in by_reason(report.excluded)]
    return "\n".join([*lines, *(f"  {line}" for line in report.notices)])


def read(report: ForecastReport) -> str:
    """Return what the forecast rests on."""
    of = f" of {report.n_rows:,}, drawn alike" if report.n_read < report.n_rows else ""
    spec = report.spec
    return (
        f"{report.n_read:,} rows{of}, the first {spec.n_tokens} tokens of each answer; pushed after block "
        f"{report.block} at a strength of {spec.strength:g}; nothing was trained"
    )


def by_luck(report: ForecastReport) -> str:
    """Return how many random pushes of the same length change the trait as much."""
    n = sum(abs(one.value) >= abs(report.change.value) for one in report.controls)
    return (
        f"{n} of {len(report.controls)} random pushes of the same length change it as much, one way or the other "
        f"(p {report.p_random:.2g}); they vary as the rows do"
    )


def length(report: ForecastReport) -> str:
    """Return how far the rows lie from the model's own answers, whatever the trait."""
    return (
        f"the rows lie {report.length:.1f} from the model's own answers (its stream there is {report.stream:.0f} "
        f"long), p {report.p_length:.2g}"
    )
