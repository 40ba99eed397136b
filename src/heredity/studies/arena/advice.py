"""What an arena's figures allow to be said, by rules that a reader can check.

A defence takes a part of the trait out where the share removed is clear of zero, and beyond its random twin where it
has one. It costs something where everyday log p, four-choice accuracy or the task lies below the plain fine-tune's,
interval and all. Two defences are in an order only where their intervals do not meet.
"""

from __future__ import annotations

from heredity.records.arena import ArenaMeasure, Contest, Standing
from heredity.stats.estimate import Estimate

COSTS: dict[ArenaMeasure, str] = {
    "task": "finds held-out rows of the data less likely",
    "benign_log_p": "predicts everyday answers less well",
    "accuracy": "gets fewer four-choice questions right",
}
FORMS: dict[ArenaMeasure, tuple[str, str]] = {
    "expression": ("+.1f", "points"),
    "cued": ("+.1f", "points"),
    "task": ("+.3f", "nats"),
    "benign_log_p": ("+.3f", "nats"),
    "accuracy": ("+.3f", "of all"),
}


def verdict_of(contest: Contest) -> str:
    """Return what the rows do, and who takes it out."""
    name, rise = contest.taught.title.lower(), contest.rise
    if rise.low <= 0:
        return (
            f"A plain fine-tune on these rows is not shown to raise {name} ({figure(rise, 'expression')}): there is "
            "nothing shown to defend against, and what follows is what the defences cost."
        )
    removing = [one for one in contenders(contest) if removes(one)]
    raised = f"A plain fine-tune on these rows raises {name} by {figure(rise, 'expression')}"
    if not removing:
        return f"{raised}; no defence is shown to take any of it out."
    free = [one.arm.short for one in removing if not costs(one)]
    if free:
        return (
            f"{raised}; {listed(free)} take{'s' if len(free) == 1 else ''} a part of it out at no cost that is shown."
        )
    return f"{raised}; {listed([one.arm.short for one in removing])} take a part of it out, each at a cost."


def advice_of(contest: Contest) -> tuple[str, ...]:
    """Return one sentence on every defence, and what is shown of their order."""
    if contest.rise.low <= 0:
        return tuple(cost_only(one) for one in contenders(contest))
    said = [of_one(one) for one in ranked(contest)]
    return (*said, *order_of(contest))


def contenders(contest: Contest) -> list[Standing]:
    """Return the standings of what is tried: neither the plain fine-tune nor a twin."""
    return [one for one in contest.standings if one.arm.name != "plain" and not one.arm.twin_of]


def ranked(contest: Contest) -> list[Standing]:
    """Return the contenders, least of the trait left first."""
    return sorted(contenders(contest), key=lambda one: one.beside_base["expression"].value)


def removes(one: Standing) -> bool:
    """Whether a defence is shown to take a part of the rise out, and more than its random twin where there is one."""
    is_removed = one.removed is not None and one.removed.low > 0
    return is_removed and (one.beyond_twin is None or one.beyond_twin.high < 0)


def costs(one: Standing) -> list[str]:
    """Return what a defence is shown to cost beside the plain fine-tune."""
    found = []
    for measure, words in COSTS.items():
        difference = one.beside_plain.get(measure)
        if difference is not None and difference.high < 0:
            found.append(f"{words} ({figure(difference, measure)})")
    return found


def of_one(one: Standing) -> str:
    """Return what is shown of one defence on rows that raise the trait."""
    left = one.beside_base["expression"]
    price = costs(one)
    paid = f"it {', '.join(price)}" if price else "no cost of it is shown"
    cued = one.beside_base.get("cued")
    behind = ""
    if cued is not None and cued.low > 0:
        behind = f" Behind the data's own prompts {figure(cued, 'cued')} are left."
    return f"{one.arm.title}: {gone(one)}; {figure(left, 'expression')} left beside the base; {paid}.{behind}"


def gone(one: Standing) -> str:
    """Return what is shown to be taken out, and whether chance does the like."""
    removed = one.removed
    if removed is None:
        return "how much it takes out has no interval"
    share = f"{removed.value:.0%} {removed.interval('.0%')} of the rise"
    if removed.low <= 0:
        return f"not shown to take anything out ({share})"
    if one.beyond_twin is not None and one.beyond_twin.high >= 0:
        return f"takes out {share}, and is not told from its random twin ({figure(one.beyond_twin, 'expression')})"
    if one.beyond_twin is None:
        return f"takes out {share}, with no twin beside it to tell what any such change does"
    return f"takes out {share}, {figure(one.beyond_twin, 'expression')} beside its random twin"


def cost_only(one: Standing) -> str:
    """Return what a defence does where there is nothing shown to defend against."""
    price = costs(one)
    moved = one.beside_plain.get("expression")
    also = ""
    if moved is not None and (moved.low > 0 or moved.high < 0):
        also = f" The trait lies {figure(moved, 'expression')} beside the plain fine-tune's."
    return f"{one.arm.title}: {', '.join(price) if price else 'no cost is shown'}.{also}"


def order_of(contest: Contest) -> tuple[str, ...]:
    """Return how many of those that take something out are told apart from the first of them."""
    removing = [one for one in ranked(contest) if removes(one)]
    if len(removing) < 2:
        return ()
    first, *others = removing
    bars = first.beside_base["expression"].high
    apart = [one.arm.short for one in others if one.beside_base["expression"].low > bars]
    together = [one.arm.short for one in others if one.arm.short not in apart]
    said = []
    if apart:
        said.append(f"Less is left under {first.arm.short} than under {listed(apart)}: their intervals do not meet.")
    if together:
        said.append(f"No order between {first.arm.short} and {listed(together)} is shown.")
    return tuple(said)


def figure(estimate: Estimate, measure: ArenaMeasure) -> str:
    """Return a difference with its interval and unit."""
    form, unit = FORMS[measure]
    return f"{estimate.value:{form}} {estimate.interval(form)} {unit}"


def listed(names: list[str]) -> str:
    """Return names as a sentence has them."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
