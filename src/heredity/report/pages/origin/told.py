"""Where rows come from, in words."""

from __future__ import annotations

from heredity.records.origin import BASE, Comparison, Fit, OriginReport


def told(report: OriginReport) -> str:
    """Return the verdict, and what each candidate makes of the rows."""
    lines = [report.verdict]
    fits = {fit.name: fit for fit in report.fits}
    width = max(len(reading.hypothesis.name) for reading in report.readings)
    for reading in report.readings:
        name = reading.hypothesis.name
        lines.append(f"  {name:<{width}}  {against_base(report, name)}{fitting(fits[name])}")
    lines += [
        f"  {report.best} over {one.second}: {one.nats:+.3f nats} a row, p {one.p:.2g}, {rows_it_took(one)}"
        for one in report.ahead
        if one.second != BASE
    ]
    if report.excluded:
        lines.append(f"  {len(report.excluded)} rows left out, the first because: {report.excluded[0].reason}")
    return "\n".join([*lines, *(f"  {line}" for line in report.notices)])


def against_base(report: OriginReport, name: str) -> str:
    """Return how far a candidate lies over the base."""
    if name == BASE:
        return "the untouched model"
    one = next(one for one in report.comparisons if (one.first, one.second) == (name, BASE))
    return f"over the base {one.nats.value:+.3f} {one.nats.interval('+.3f')} nats a row, p {one.p:.2g}"


def fitting(fit: Fit) -> str:
    """Return whether the rows are as a candidate's own would be."""
    return f"; as its own: p {fit.p:.2g} ({fit.word.strip()!r} stands there {fit.word_excess:+.2f} times a row more)"


def rows_it_took(one: Comparison) -> str:
    """Return how many rows told two candidates apart, or would."""
    if one.decided_at:
        return f"told apart after {one.decided_at} rows"
    return f"about {one.rows_needed:,} rows would tell" if one.rows_needed else "no number of rows would tell"
