"""Whether rows hold to a policy: a scan, and every limit by its interval. Needs no model, only scan and screens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from heredity.ground.files import read_text
from heredity.records.gate import GateReport, Outcome, Policy, Ruling
from heredity.records.scan import MOST_READ, ScanReport, TraitShift
from heredity.records.screening import ScreenReport
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import wilson
from heredity.store.yaml_record import record_in_yaml

EXAMPLE = "traits:\n  evil: {shift: 0.1}"


def policy_in(path: Path) -> Policy:
    """Return the policy of a YAML file. Raises InputError that names every field at fault."""
    return record_in_yaml(Policy, read_text(path), str(path), f"one begins like this:\n{EXAMPLE}")


@dataclass(frozen=True)
class Screens:
    """Screens of the scanned rows, by trait."""

    reports: Mapping[str, ScreenReport] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    """Traits that could not be screened for, and why."""


def gated(scan: ScanReport, policy: Policy, names: dict[str, str], screens: Screens | None = None) -> GateReport:
    """Return whether the scanned rows hold to every limit; `names` says what the policy's traits are called."""
    screens = screens or Screens()
    shifts = {shift.trait: shift for shift in scan.traits}
    rulings = [left_out(scan, policy.left_out)]
    for asked, limit in policy.traits.items():
        name = names[asked]
        shift, screened = shifts.get(name), screens.reports.get(name)
        no_vector = f"it has no vector: {scan.without.get(name, 'none was made')}"
        if limit.shift is not None:
            rulings.append(ruling(shift, limit.shift, scan) if shift else unmeasured(name, limit.shift, no_vector))
        if limit.flagged is not None:
            why = screens.failed.get(name, no_vector)
            measured = shift and screened and ruling_of_flagged(shift, screened, limit.flagged, scan)
            rulings.append(measured or unmeasured(flagged_for(name), limit.flagged, why))
    outcome = worst([one.outcome for one in rulings])
    return GateReport(
        policy=policy,
        rulings=tuple(rulings),
        outcome=outcome,
        verdict=verdict(rulings, outcome),
        scan=scan,
        screens=dict(screens.reports),
        provenance=scan.provenance,
    )


def unmeasured(about: str, limit: float, why: str) -> Ruling:
    """Return the ruling on what could not be measured."""
    return Ruling(about=about, limit=limit, found=None, outcome="undecided", why=why)


def flagged_for(trait: str) -> str:
    """Return what a limit on rows flagged is about."""
    return f"rows flagged for {trait}"


def ruling(shift: TraitShift, limit: float, scan: ScanReport) -> Ruling:
    """Return whether one trait's shift is within its limit, by its whole interval."""
    return _ruled(shift.trait, shift.shift, limit, (shift, scan, 0.0), shift.is_within_luck)


def ruling_of_flagged(shift: TraitShift, screened: ScreenReport, limit: float, scan: ScanReport) -> Ruling:
    """Return whether few enough rows are flagged for a trait, by the whole interval of their share.

    None fails that benign rows may reach, by what was measured on those that set no threshold. That random directions
    lie as far is said of the mean, which a few rows that lie far hardly move: it decides nothing here.
    """
    benign = max(threshold.measured_rate.high for threshold in screened.thresholds)
    return _ruled(flagged_for(shift.trait), screened.share_flagged, limit, (shift, scan, benign), False)


def _ruled(
    about: str, found: Estimate, limit: float, seen: tuple[TraitShift, ScanReport, float], is_within_luck: bool
) -> Ruling:
    """Return a ruling on what was found, by how its trait was seen, the scan, and what benign rows may reach."""
    shift, scan, benign = seen
    needed: int | None = None
    outcome: Outcome = "undecided"
    if not shift.is_above_chance:
        why = "its vector is not told from luck in this model, so nothing is seen of it"
    elif found.high <= limit:
        outcome, why = "pass", "the whole interval is within the limit"
    elif found.low <= limit:
        needed = rows_to_decide(found, limit, scan.n_read)
        why = "the interval holds the limit"
    elif found.low <= benign:
        why = f"benign rows may lie over the threshold as often: up to {benign:.0%} of those that were measured"
    elif is_within_luck:
        why = f"{shift.p_random:.0%} of random directions lie as far: it may be how the rows are written"
    elif not scan.is_of_traits:
        why = "the rows differ from the model's own answers in something else, of which this is a small part"
    else:
        outcome, why = "fail", "the whole interval is over the limit"
    return Ruling(about=about, limit=limit, found=found, outcome=outcome, why=why, rows_needed=needed)


def rows_to_decide(found: Estimate, limit: float, n_read: int) -> int | None:
    """Return about how many rows shrink the interval until it leaves the limit out; None for more than are read."""
    half, away = (found.high - found.low) / 2, abs(found.value - limit)
    needed = n_read * (half / away) ** 2 if away else MOST_READ + 1
    return round(needed) if needed <= MOST_READ else None


def left_out(scan: ScanReport, most: float) -> Ruling:
    """Return whether few enough rows were left out, of no use in the file or not to be read by the model: a count."""
    n_unread = scan.n_asked - scan.n_read
    used, read = scan.n_rows / (scan.n_rows + scan.n_unused), scan.n_read / scan.n_asked
    share = wilson(round((1 - used * read) * scan.n_asked), scan.n_asked)
    outcome: Outcome = "pass" if share.value <= most else "fail"
    why = f"{scan.n_unused} rows of no use in the file; {n_unread} of {scan.n_asked} that the model could not read"
    return Ruling(about="rows left out", limit=most, found=share, outcome=outcome, why=why)


def worst(outcomes: list[Outcome]) -> Outcome:
    """Return fail where one fails, else undecided where one is, else pass."""
    ranks: tuple[Outcome, ...] = ("fail", "undecided", "pass")
    return next(outcome for outcome in ranks if outcome in outcomes)


def verdict(rulings: list[Ruling], outcome: Outcome) -> str:
    """Return in words what a gate says."""
    named = ", ".join(one.about for one in rulings if one.outcome == outcome)
    match outcome:
        case "fail":
            return f"Fail: over the limit in {named}."
        case "undecided":
            return f"Undecided: {named}."
        case _:
            return f"Pass: all {len(rulings)} limits hold."
