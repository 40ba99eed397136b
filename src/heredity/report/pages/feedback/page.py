"""The page of a study of preferences."""

from __future__ import annotations

from heredity.records.feedback import CONTROL, DEFENDED, TRAINED, FeedbackReport
from heredity.report.kit import replies as forms
from heredity.report.kit.asked import asked
from heredity.report.kit.hues import hue_of
from heredity.report.kit.replies import CHANGE, NATS_CHANGE, POINTS, KeyFigure, Reply
from heredity.report.kit.sizes import twice
from heredity.report.kit.template import Files, rendered
from heredity.report.pages.feedback import told
from heredity.report.pages.feedback.figures import course_figure, effects_figure


def files(report: FeedbackReport) -> Files:
    """Return the page's files."""
    return {"feedback.html": html(report)}


def html(report: FeedbackReport) -> str:
    """Return the page as HTML."""
    in_words = "; ".join(
        f"{arm.title}: {report.difference('expression', arm.name, 'base'):+.1f} beside the base"
        for arm in report.arms[1:]
    )
    return rendered(
        "pages/feedback/page.html.jinja",
        report=report,
        replies=replies(report),
        course=twice(course_figure, report),
        effects=twice(effects_figure, report),
        in_words=in_words,
        said=told,
        hue_of=hue_of,
        forms=forms,
        asked=[("Study", asked(report.spec)), ("Training", asked(report.spec.train))],
        measured=asked(report.spec.evaluation),
    )


def replies(report: FeedbackReport) -> tuple[Reply, ...]:
    """Return the answers: does it give the trait, what keeps it out, and what does it cost?"""
    return gives(report), keeps_out(report), costs(report)


def gives(report: FeedbackReport) -> Reply:
    """Answer whether the preferences give the model the trait."""
    effect = report.effect
    answer = "Yes" if effect.low > 0 else "It takes from it" if effect.high < 0 else "Not shown"
    beside = "as many pairs at random" if report.selection else "the same pairs, a random half turned round"
    runs = "This is one run." if report.n_runs == 1 else f"Over {report.n_runs} runs."
    figures = (
        KeyFigure("Trained less control, points", effect, CHANGE),
        KeyFigure("Trained less base", report.difference("expression", TRAINED, "base"), CHANGE),
        KeyFigure("Base", report.arm("base").levels["expression"], POINTS),
    )
    return Reply("Do these preferences give my model the trait?", answer, f"Beside {beside}. {runs}", figures)


def keeps_out(report: FeedbackReport) -> Reply:
    """Answer whether preventative steering keeps it out."""
    left = report.difference("expression", DEFENDED, CONTROL)
    gain = report.difference("expression", DEFENDED, TRAINED)
    figures = (
        KeyFigure("Defended less trained, points", gain, CHANGE),
        KeyFigure("Defended less control", left, CHANGE),
    )
    question = "Does steering keep it out?"
    if report.effect.low <= 0:
        return Reply(question, "Nothing to keep out", "The preferences are not shown to raise the trait.", figures)
    if not report.vector.is_above_chance:
        return Reply(question, "No verdict", "No direction that beats luck was found to steer along.", figures)
    if gain.high >= 0:
        return Reply(question, "Not shown", "Defended and trained students are not told apart.", figures)
    if left.low > 0:
        return Reply(question, "In part", "What is left beside the control is still clear of zero.", figures)
    if left.high < 0:
        return Reply(question, "Yes, and more", "The model ends below the control: a weaker push may do.", figures)
    return Reply(question, "A part or all", "Whether any is left beside the control is not shown.", figures)


def costs(report: FeedbackReport) -> Reply:
    """Answer what defended students can do beside trained ones."""
    both = [
        (name, report.difference(measure, DEFENDED, TRAINED))
        for measure, name in (("benign_log_p", "Benign log p"), ("accuracy", "Four-choice accuracy"))
    ]
    answer = "Some capability" if any(cost.high < 0 for _, cost in both) else "None shown"
    figures = tuple(KeyFigure(f"{name}, defended less trained", cost, NATS_CHANGE) for name, cost in both)
    return Reply("What does that cost?", answer, "Measured on benign answers and on four-choice questions.", figures)
