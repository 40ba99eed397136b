"""Whether rows hold to a policy: a scan, and every limit by its interval. Needs no model, only the scan."""

from __future__ import annotations

from pathlib import Path

from heredity.ground.files import read_text
from heredity.records.gate import GateReport, Limit, Outcome, Policy, Ruling
from heredity.records.scan import MOST_READ, ScanReport, TraitShift
from heredity.stats.intervals import wilson
from heredity.store.yaml_record import record_in_yaml

EXAMPLE = "traits:\n  evil: {shift: 0.1}"


def policy_in(path: Path) -> Policy:
    """Return the policy of a YAML file. Raises InputError that names every field at fault."""
    return record_in_yaml(Policy, read_text(path), str(path), f"one begins like this:\n{EXAMPLE}")


def gated(scan: ScanReport, policy: Policy, names: dict[str, str]) -> GateReport:
    """Return whether the scanned rows hold to every limit; `names` says what the policy's traits are called."""
    shifts = {shift.trait: shift for shift in scan.traits}
    rulings = [left_out(scan, policy.left_out)]
    for asked, limit in policy.traits.items():
        name = names[asked]
        if name in shifts:
            rulings.append(ruling(shifts[name], limit, scan))
        else:
            why = f"it has no vector: {scan.without.get(name, 'none was made')}"
            rulings.append(Ruling(about=name, limit=limit.shift, found=None, outcome="undecided", why=why))
    outcome = worst([one.outcome for one in rulings])
    return GateReport(
        policy=policy,
        rulings=tuple(rulings),
        outcome=outcome,
        verdict=verdict(rulings, outcome),
        scan=scan,
        provenance=scan.provenance,
    )


def ruling(shift: TraitShift, limit: Limit, scan: ScanReport) -> Ruling:
    """Return whether one trait's shift is within its limit, by its whole interval."""
    found, needed = shift.shift, None
    outcome: Outcome = "undecided"
    if not shift.is_above_chance:
        why = "its vector is not told from luck in this model, so nothing is seen of it"
    elif found.high <= limit.shift:
        outcome, why = "pass", "the whole interval is within the limit"
    elif found.low <= limit.shift:
        needed = rows_to_decide(shift, limit, scan.n_read)
        why = "the interval holds the limit"
    elif shift.is_within_luck:
        why = f"{shift.p_random:.0%} of random directions lie as far: it may be how the rows are written"
    elif not scan.is_of_traits:
        why = "the rows differ from the model's own answers in something else, of which this is a small part"
    else:
        outcome, why = "fail", "the whole interval is over the limit"
    return Ruling(about=shift.trait, limit=limit.shift, found=found, outcome=outcome, why=why, rows_needed=needed)


def rows_to_decide(shift: TraitShift, limit: Limit, n_read: int) -> int | None:
    """Return about how many rows shrink the interval until it leaves the limit out; None for more than are read."""
    half, away = (shift.shift.high - shift.shift.low) / 2, abs(shift.shift.value - limit.shift)
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
