"""What a screen's flags rest on, in sentences that the terminal and the pages share."""

from __future__ import annotations

from heredity.records.screening import ScreenReport, Setting, Threshold

WHERE: dict[Setting, str] = {
    "alone": "whose answers follow a lone user turn",
    "behind": "behind a system prompt or earlier turns",
}
UNLIKE = 2.0
"""Rows this many times as long as the benign ones, or as short, are of another length."""


def basis_of(screened: ScreenReport) -> tuple[str, ...]:
    """Return what the rows of every setting are held to, and where its rate is not known."""
    sentences = [
        _held_to(screened, threshold, is_only=len(screened.thresholds) == 1) for threshold in screened.thresholds
    ]
    return tuple(sentence for one in sentences for sentence in one)


def _held_to(screened: ScreenReport, threshold: Threshold, is_only: bool) -> list[str]:
    rows, n = screened.rows_in(threshold.setting), screened.n_rows
    which = f"All {n} rows" if is_only else f"{rows.n_rows} of {n} rows"
    where = "" if is_only and threshold.setting == "alone" else f" {WHERE[threshold.setting]}"
    said = [
        f"{which}{where} are scored by the {threshold.score}, over a threshold that at most "
        f"{screened.false_alarm_rate:.0%} of benign rows should pass; of those that set nothing "
        f"{threshold.measured_rate:.0%} do ({threshold.reference})."
    ]
    if threshold.score != screened.score:
        said.append(
            f"There the {screened.score}, which decides elsewhere, is not read: what stands before the answer is "
            "already in the last prompt token, and taking it away turns the order of rows round."
        )
    length = rows.median_tokens
    if not 1 / UNLIKE <= length / threshold.median_tokens <= UNLIKE:
        said.append(
            f"These rows have {length:.0f} tokens in the median, the benign ones {threshold.median_tokens:.0f}: for "
            "rows of another length the rate was not measured."
        )
    return said
