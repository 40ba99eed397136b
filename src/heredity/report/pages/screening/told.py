"""A screen in words."""

from __future__ import annotations

from heredity.ground.text import veiled
from heredity.records.acting import SourceRows, Written
from heredity.records.screening import ScreenReport
from heredity.report.kit.flags import basis_of
from heredity.report.kit.text import by_reason

N_TOP, N_SOURCES = 5, 8


def told(report: ScreenReport) -> str:
    """Return what a person wants to know of a screen."""
    lines = [f"{report.n_flagged} of {report.n_rows} rows flagged for {report.trait} (share {report.share_flagged})"]
    lines += [f"  {sentence}" for sentence in basis_of(report)]
    lines += [f"  {sentence}" for sentence in (*extremes(report), *going(report), *expectation(report))]
    lines += [
        f"  line {row.line:>6}  {row.over:+8.2f}  {veiled(row.response)[:90]!r}" for row in report.worst_flagged[:N_TOP]
    ]
    lines += [f"  {sentence}" for sentence in by_source(report)]
    lines += [f"  {sentence}" for sentence in (*sides(report), *files(report))]
    lines += [f"  {n} rows not screened: {reason}" for reason, n in by_reason(report.excluded)]
    lines += [f"  {line}" for line in report.notices]
    return "\n".join(lines)


def expectation(report: ScreenReport) -> list[str]:
    """Return how far the rows lie from benign ones, whole, kept, and cut down at random."""
    expected = report.expected
    if expected is None or expected.every is None or expected.kept is None:
        return []
    parts = {
        "all rows": expected.every,
        "the kept ones": expected.kept,
        "as many at random": expected.at_random,
        "as written, flagged ones with the model's own answers": expected.replaced,
    }
    said = "; ".join(f"{name} {part.value:+.2f} {part.interval('+.2f')}" for name, part in parts.items() if part)
    return [f"from benign rows, in {expected.unit}: {said}"]


def extremes(report: ScreenReport) -> list[str]:
    """Return what a threshold says that parts no rows."""
    if report.n_over == 0:
        return ["No row lies over its threshold, so none is flagged: on this vector the rows read as benign ones do."]
    if report.n_over == report.n_rows:
        return [
            "Every row lies over its threshold, which tells none from the others: all of them differ from the benign "
            "rows, be it in the trait or in how they are written; give benign rows of their kind with --reference."
        ]
    return []


def going(report: ScreenReport) -> list[str]:
    """Return what the budget keeps, and which sources go whole."""
    said = []
    if report.act.budget is not None:
        most = f"At most {100 * report.act.budget:.3g}% of the rows may go for their scores"
        kept = f"the {report.n_flagged} that lie highest do, and {report.n_spared} more over the threshold are kept"
        said.append(f"{most}: {kept if report.n_spared else 'no more than that lie over the threshold, and all go'}.")
    gone = [row.source for row in report.sources if row.is_dropped]
    if gone:
        said.append(
            f"{report.n_dropped} rows go with their source, whatever their scores, and are not counted as flagged: "
            f"{', '.join(gone)}."
        )
    if report.act.source_share is not None and not gone:
        share = f"{100 * report.act.source_share:.3g}%"
        said.append(f"No source has surely more than {share} of its rows over the threshold.")
    return said


def by_source(report: ScreenReport) -> list[str]:
    """Return how many rows of each source lie over their threshold, most first, where there are several sources."""
    if len(report.sources) < 2:
        return []
    said = [of_source(row) for row in report.sources[:N_SOURCES]]
    n_rest = len(report.sources) - N_SOURCES
    if n_rest > 0:
        said.append(f"{n_rest} more source{'' if n_rest == 1 else 's'}: see the record")
    if report.n_of_further_sources:
        said.append(f"{report.n_of_further_sources} rows of further sources, too many to be told apart")
    return said


def of_source(row: SourceRows) -> str:
    """Return the figures of one source."""
    name = row.source or "(none named)"
    return f"source {name}: {row.n_over} of {row.n_rows} rows over the threshold ({row.share_over:.2f})"


def sides(report: ScreenReport) -> list[str]:
    """Return how the chosen sides of pairs lie beside the rejected ones."""
    pairs = report.pairs
    if pairs is None or pairs.difference is None:
        return []
    parts = {
        "": pairs.difference,
        "of those that stay ": pairs.kept,
        "as written, flagged ones turned round ": pairs.swapped,
    }
    away = "; ".join(f"{name}{part.value:+.2f} {part.interval('+.2f')}" for name, part in parts.items() if part)
    return [
        f"chosen sides less rejected ones, over {pairs.n_pairs} pairs, in {pairs.unit}: "
        f"{away}; above 0, preference training goes towards the trait. The chosen side is the higher one in "
        f"{pairs.chosen_higher.value:.0%}. Flags and scores are of the chosen sides."
    ]


def files(report: ScreenReport) -> list[str]:
    """Return what every file of rows holds, and which flagged rows are missing in it."""
    return [sentence for file in report.written for sentence in (holding(file), *missing(file))]


def holding(file: Written) -> str:
    """Return what a file holds."""
    if not file.n_rows and file.holds != "gone":
        return f"no row stays: {file.path} was not written"
    match file.holds:
        case "kept":
            return f"{file.n_rows} rows that stay in {file.path}"
        case "gone":
            return f"{file.n_rows} rows that go in {file.path}"
        case "replaced":
            return f"{file.n_rows} rows in {file.path}, {file.n_changed} of them with the model's own answers"
        case _:
            return f"{file.n_rows} pairs in {file.path}, {file.n_changed} of them with their sides exchanged"


def missing(file: Written) -> list[str]:
    """Return how many flagged rows could not be changed, by reason."""
    return [f"{n} flagged rows are left out of {file.path}: {reason}" for reason, n in by_reason(file.left_out)]
