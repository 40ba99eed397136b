"""From what candidates make of rows to what may be said of who wrote them. Needs no model, only a record."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from heredity.ground.hashing import seed_from
from heredity.records.origin import BASE, Comparison, Finding, Fit, Hypothesis, OriginReport
from heredity.stats.arrays import Floats, means_by
from heredity.stats.flips import decided_after, flipped_p, flipped_sum_p, t_of, units_needed
from heredity.stats.intervals import mean_t

FEWEST_PROMPTS = 8
"""Of fewer, answers are the units: so few clusters have no interval to speak of."""


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
    """Return every ordered pair of candidates, with p-values over the whole panel.

    The unit is the prompt where there are eight or more of them; else the row, which then speaks of those prompts.
    """
    spec, pairs = report.spec, list(combinations(nats, 2))
    columns = {(a, b): nats[a] - nats[b] for a, b in pairs}
    units = {pair: by_prompt(report, column) for pair, column in columns.items()}
    p_values = flipped_p(np.stack(list(units.values()), axis=1), spec.n_flips, seed_from(report.seed, "origin"))
    level = spec.level / len(pairs)
    found = []
    for pair, p in zip(pairs, p_values, strict=True):
        rows_a_unit = report.n_rows / len(units[pair])
        needed = units_needed(units[pair], level)
        for (first, second), sign in ((pair, 1.0), (pair[::-1], -1.0)):
            found.append(
                Comparison(
                    first=first,
                    second=second,
                    nats=mean_t(sign * units[pair]),
                    p=float(p),
                    decided_at=decided_after(sign * columns[pair], level / 2),
                    rows_needed=None if needed is None else round(needed * rows_a_unit),
                )
            )
    return tuple(found)


def by_prompt(report: OriginReport, values: Floats) -> Floats:
    """Return the mean of each prompt's rows; the rows' own values where there are few prompts."""
    return values if len(set(report.prompts)) < FEWEST_PROMPTS else means_by(values, report.prompts)


def fits(report: OriginReport, nats: dict[str, Floats]) -> tuple[Fit, ...]:
    """Return, for every candidate, whether the rows are as its own would be.

    Of rows that it wrote, three sums over tokens have mean 0 at every token, given what stands before it: log p plus
    the entropy; the log ratio to another less the divergence from it; and how often a token stands there less its
    probability. They are martingales, whatever the rows look like.
    """
    others = [reading for reading in report.readings if reading.hypothesis.kind != BASE]
    seed, n_flips = seed_from(report.seed, "fit"), report.spec.n_flips
    found = []
    for reading in report.readings:
        name = reading.hypothesis.name
        own = nats[name] + np.array(reading.entropy)
        if reading.hypothesis.kind == BASE:
            ratios = [nats[BASE] - nats[one.hypothesis.name] - np.array(one.under_base) for one in others]
        else:
            ratios = [nats[name] - nats[BASE] - np.array(reading.over_base)]
        residuals = np.array(reading.residuals)
        p = min(
            float(flipped_p(np.stack([own, *ratios], axis=1), n_flips, seed).min()),
            flipped_sum_p(residuals, n_flips, seed),
        )
        strangest = int(np.abs(t_of(residuals)).argmax())
        found.append(
            Fit(
                name=name,
                excess=mean_t(own),
                p=min(1.0, 2 * p),
                word=reading.words[strangest],
                word_excess=float(residuals[:, strangest].mean()),
            )
        )
    return tuple(found)


def finding(report: OriginReport) -> Finding:
    """Return what the comparisons and fits allow to say."""
    unbeaten = [one.second for one in report.ahead if not (one.nats.value > 0 and one.p < report.spec.level)]
    own = hypothesis(report, report.best)
    alike = [hypothesis(report, name) for name in unbeaten]
    if any(one.kind == BASE or one.trait != own.trait for one in alike):
        return "undecided"
    if next(fit for fit in report.fits if fit.name == report.best).p < report.spec.level:
        return "nearest"
    if own.kind == BASE:
        return "base"
    if not rivals(report):
        return "unrivalled"
    return "trait" if alike else "named"


def hypothesis(report: OriginReport, name: str) -> Hypothesis:
    """Return a candidate by its name."""
    return next(one.hypothesis for one in report.readings if one.hypothesis.name == name)


def rivals(report: OriginReport) -> list[Hypothesis]:
    """Return the candidates of the best one's kind that show something else: without any, nothing tells its trait."""
    own = hypothesis(report, report.best)
    every = [reading.hypothesis for reading in report.readings]
    return [one for one in every if one.kind == own.kind and one.trait != own.trait]


def verdict(report: OriginReport) -> str:
    """Return in words what that is."""
    best, nearest = report.best, report.ahead[0]
    said = (
        f"{report.n_rows} rows, {nearest.nats.value:+.3f} {nearest.nats.interval('+.3f')} nats a row over "
        f"{nearest.second}, the next"
    )
    match report.finding:
        case "named":
            return f"Written as '{best}' writes, and as none of the other {len(report.readings) - 1} does: {said}."
        case "trait":
            trait = hypothesis(report, best).trait
            return (
                f"Written by a candidate that shows '{trait}', and by none of the others; which of those that show it "
                f"is not decided: '{best}' is the likeliest ({said})."
            )
        case "unrivalled":
            kind = hypothesis(report, best).kind
            return (
                f"Written as '{best}' writes rather than the others: {said}. No {kind} with another trait was named, "
                f"so whether it is this trait, or any {kind}, is not decided; name one beside it."
            )
        case "nearest":
            return (
                f"Nearer to '{best}' than to any other candidate ({said}), but not as its own rows would be: somebody "
                "else wrote them, or they were sampled or filtered otherwise than was said."
            )
        case "base":
            return f"Written as the untouched model writes, and as no other candidate does: {said}."
        case _:
            needed = nearest.rows_needed
            more = f"it would take about {needed:,} rows" if needed else "no number of rows tells"
            return f"Not decided: '{best}' is the likeliest, but not told from {nearest.second} ({said}); {more}."
