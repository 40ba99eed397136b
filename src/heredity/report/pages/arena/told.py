"""An arena in words."""

from __future__ import annotations

from heredity.records.arena import ArenaReport, Contest

TRAINED = "trained {n} times from seeds of their own; intervals are over runs and questions"
ONCE = "trained once: another run would come out differently, and intervals, over questions, do not say by how much"


def told(report: ArenaReport) -> str:
    """Return, for every set of rows, the verdict and what is shown of each defence."""
    lines: list[str] = []
    for contest in report.contests:
        lines += [f"{contest.taught.corpus}: {contest.verdict}", f"  {basis(contest)}"]
        lines += [f"  {sentence}" for sentence in contest.advice]
    return "\n".join([*lines, *(f"  {line}" for line in report.notices)])


def basis(contest: Contest) -> str:
    """Return what a contest rests on."""
    taught = contest.taught
    n_arms = len(contest.standings)
    runs = ONCE if contest.n_runs == 1 else TRAINED.format(n=contest.n_runs)
    return (
        f"{n_arms} arms of {taught.n_steps} steps on {taught.n_rows} rows ({taught.n_flagged} flagged for "
        f"{taught.trait}), {taught.n_held_out} more held out; {runs}"
    )
