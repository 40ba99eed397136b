"""The page of an arena."""

from __future__ import annotations

from heredity.records.arena import ArenaMeasure, ArenaReport, Contest
from heredity.report.kit.asked import asked
from heredity.report.kit.replies import CHANGE, NATS_CHANGE, KeyFigure, Reply
from heredity.report.kit.sizes import twice
from heredity.report.kit.template import Files, rendered
from heredity.report.pages.arena import told
from heredity.report.pages.arena.figures import pareto_figure

FORMS: dict[ArenaMeasure, str] = {
    "expression": CHANGE,
    "cued": CHANGE,
    "task": NATS_CHANGE,
    "benign_log_p": NATS_CHANGE,
    "accuracy": NATS_CHANGE,
}


def files(report: ArenaReport) -> Files:
    """Return the page's files."""
    return {"arena.html": html(report)}


def html(report: ArenaReport) -> str:
    """Return the page as HTML."""
    return rendered(
        "pages/arena/page.html.jinja",
        report=report,
        drawn=[(contest, twice(pareto_figure, contest), in_words(contest)) for contest in report.contests],
        replies=replies(report.contests[0]),
        forms=FORMS,
        said=told,
        asked=[("Arena", asked(report.spec)), ("Fine-tunes", asked(report.spec.train))],
        measured=[("Screen", asked(report.spec.screen)), ("Evaluation", asked(report.spec.evaluation))],
    )


def replies(contest: Contest) -> tuple[Reply, ...]:
    """Return the answers at the head: the rise, and the defence that leaves least of it."""
    tried = [one for one in contest.standings if one.arm.name != "plain" and not one.arm.twin_of]
    least = min(tried, key=lambda one: one.beside_base["expression"].value)
    rise = Reply(
        f"Do the rows raise {contest.taught.title.lower()}?",
        "Yes" if contest.rise.low > 0 else "Not shown",
        "A plain fine-tune on them, beside the base model.",
        (KeyFigure("Rise, points", contest.rise, CHANGE),),
    )
    left = Reply(
        "Under which defence is least left?",
        least.arm.short,
        "The lowest of all, which need not be told apart from the next: see below.",
        (KeyFigure("Left, points", least.beside_base["expression"], CHANGE),),
    )
    task = least.beside_plain.get("task")
    price = Reply(
        "What does that one cost?",
        "Nothing shown" if task is None or task.high >= 0 else "Some of the task",
        "What held-out rows of the data gain in log p, less what they gain under a plain fine-tune.",
        (KeyFigure("Task, nats a token", task, NATS_CHANGE),) if task else (),
    )
    return rise, left, price


def in_words(contest: Contest) -> str:
    """Return the figure in words."""
    return "; ".join(f"{one.arm.short}: {one.beside_base['expression']:+.1f} points left" for one in contest.standings)
