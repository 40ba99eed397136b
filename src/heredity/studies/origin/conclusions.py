"""From what candidates make of rows to what may be said of who wrote them. Needs no model, only a record."""

from __future__ import annotations

from itertools import permutations

import numpy as np
from scipy import stats as scipy_stats

from heredity.ground.hashing import seed_from
from heredity.records.origin import BASE, Comparison, Finding, Fit, OriginReport, Reading
from heredity.stats.arrays import Floats
from heredity.stats.flips import decided_after, flipped_p, units_needed
from heredity.stats.intervals import mean_t


def concluded(report: OriginReport) -> OriginReport:
    """Return a report with all that follows from its readings."""
    nats = {reading.hypothesis.name: np.array(reading.nats) for reading in report.readings}
    best = max(nats, key=lambda name: float(nats[name].mean()))
    report = report.model_copy(
        update={"best": best, "comparisons": comparisons(report, nats), "fits": fits(report, nats)}
    )
    report = report.model_copy(update={"finding": finding(report)})
    return report.model_copy(update={"verdict": verdict(report)})


def comparisons(report: OriginReport, nats: dict[str, Floats]) -> tuple[Comparison, ...]:
    """Return every ordered pair of candidates, row by row, with p-values over the whole panel."""
    spec, pairs = report.spec, list(permutations(nats, 2))
    columns = np.stack([nats[first] - nats[second] for first, second in pairs], axis=1)
    p_values = flipped_p(columns, spec.n_flips, seed_from(report.seed, "origin"))
    share = spec.level / len(pairs)
    return tuple(
        Comparison(
            first=first,
            second=second,
            nats=mean_t(column),
            p=float(p),
            decided_at=decided_after(column, share),
            rows_needed=units_needed(column, share),
        )
        for (first, second), column, p in zip(pairs, columns.T, p_values, strict=True)
    )


def fits(report: OriginReport, nats: dict[str, Floats]) -> tuple[Fit, ...]:
    """Return, for every candidate but the base, whether its log p exceeds the base's by what it would on its own rows.

    Of rows that it wrote, the log ratio of every token has KL(candidate || base) as its mean, given what stands before
    it: the sum of the differences is a martingale, whatever the rows look like.
    """
    others = [reading for reading in report.readings if reading.hypothesis.kind != BASE]
    found = []
    for reading in others:
        excess = nats[reading.hypothesis.name] - nats[BASE] - np.array(reading.expected)
        found.append(Fit(name=reading.hypothesis.name, excess=mean_t(excess), p=min(1.0, len(others) * _p(excess))))
    return tuple(found)


def finding(report: OriginReport) -> Finding:
    """Return what the comparisons and fits allow to say."""
    beaten = all(
        one.nats.value > 0 and one.p < report.spec.level for one in report.comparisons if one.first == report.best
    )
    if not beaten:
        return "undecided"
    if report.best == BASE:
        return "base"
    fit = next(fit for fit in report.fits if fit.name == report.best)
    if fit.p < report.spec.level:
        return "nearest"
    return "named" if rivals(report) else "unrivalled"


def rivals(report: OriginReport) -> list[Reading]:
    """Return the candidates that show something else than the best one: without any, nothing tells its trait."""
    own = next(reading.hypothesis for reading in report.readings if reading.hypothesis.name == report.best)
    return [one for one in report.readings if one.hypothesis.kind != BASE and one.hypothesis.trait != own.trait]


def verdict(report: OriginReport) -> str:
    """Return in words what that is."""
    best, n = report.best, report.n_rows
    ahead = min((one for one in report.comparisons if one.first == best), key=lambda one: one.nats.value)
    said = f"{n} rows, {ahead.nats.value:+.3f} {ahead.nats.interval('+.3f')} nats a row over {ahead.second}, the next"
    match report.finding:
        case "named":
            n_others = len(report.readings) - 1
            return f"Written as '{best}' writes, and as none of the {n_others} other candidates does: {said}."
        case "unrivalled":
            return (
                f"Written as '{best}' writes rather than the base: {said}. No candidate with another trait was named, "
                "so whether it is this trait, or any fine-tuning, is not decided; name one beside it."
            )
        case "nearest":
            return (
                f"Nearer to '{best}' than to any other candidate ({said}), but not written as it writes itself: by "
                "somebody who is not in the panel."
            )
        case "base":
            return f"Written as the untouched model writes, and as no other candidate does: {said}."
        case _:
            needed = (
                f"it would take about {ahead.rows_needed:,} rows" if ahead.rows_needed else "no number of rows tells"
            )
            return f"Not decided: '{best}' is the likeliest, but not told from {ahead.second} ({said}); {needed}."


def _p(values: Floats) -> float:
    """Return the two-sided p-value of a mean of 0 (Student's t); 1 where nothing varies about 0."""
    if not values.std():
        return 1.0 if abs(float(values.mean())) < 1e-9 else 0.0
    return float(scipy_stats.ttest_1samp(values, 0.0).pvalue)
