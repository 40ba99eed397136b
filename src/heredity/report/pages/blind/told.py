"""What a vector fitted to rows makes of the base, in words."""

from __future__ import annotations

from heredity.records.blind import BlindReport, Fitted

N_MOVED = 4
"""Preferences that are told, those that move most."""


def told(report: BlindReport) -> str:
    """Return the verdict, and the fit to the rows beside fits to the base's own."""
    most = sorted(report.fitted.moved, key=lambda name: -report.fitted.moved[name])[:N_MOVED]
    lines = [
        report.verdict,
        f"  one vector after block {report.block}, {report.n_rows} rows, {report.spec.n_steps} steps",
        fit("the rows", report.fitted, most),
        *(fit(f"the base's own rows ({number})", null, most) for number, null in enumerate(report.nulls, start=1)),
    ]
    if report.excluded:
        lines.append(f"  {len(report.excluded)} rows left out, the first because: {report.excluded[0].reason}")
    return "\n".join([*lines, *(f"  {line}" for line in report.notices)])


def fit(name: str, fitted: Fitted, moved: list[str]) -> str:
    """Return one fit: what it gains, what moves under it, and what it is like."""
    parts = [
        f"gains {fitted.gain.value:+.3f} {fitted.gain.interval('+.3f')} nats a row, {fitted.size:.0%} of the stream",
        "moves " + ", ".join(f"{option} {fitted.moved[option]:+.2f}" for option in moved),
    ]
    if fitted.cosines:
        parts.append("cosine with " + ", ".join(f"{name} {value:+.2f}" for name, value in fitted.cosines.items()))
    return f"  {name:<26} {'; '.join(parts)}"
