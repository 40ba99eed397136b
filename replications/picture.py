"""Draw the README's picture from the records of the replications: what rows teach, what keeps it out, what crosses.

    python -m replications.picture

Writes `docs/picture.svg`.
"""

from __future__ import annotations

import json
from pathlib import Path

import altair as alt

from heredity.records.transmission import TransmissionReport
from heredity.report.kit.draw import as_svg
from heredity.report.kit.hues import COLOURS
from heredity.report.kit.theme import INK, MUTED, Figure, Rows, data
from heredity.store.workspace import load_record

HERE = Path(__file__).parent
PICTURE = HERE.parent / "docs" / "picture.svg"
ARMS = {"rise": "plain fine-tune", "kept": "flagged rows out", "defended": "steered"}
WIDTH, HEIGHT = 330, 170


def main() -> None:
    """Draw it."""
    prevention = json.loads((HERE / "prevention" / "results.json").read_text(encoding="utf-8"))
    study = load_record(TransmissionReport, HERE / "subliminal" / "number-words.json")
    drawn = alt.hconcat(prevented(prevention), crossed(study), spacing=40)
    PICTURE.write_text(as_svg(drawn), encoding="utf-8")
    print(PICTURE)


def prevented(results: dict[str, dict[str, dict[str, dict[str, float]]]]) -> Figure:
    """Return what malice rose by in each arm and seed, with its interval over questions."""
    rows: Rows = [
        {"arm": said, "seed": seed, **{end: run[arm][end] for end in ("value", "low", "high")}}
        for arm, said in ARMS.items()
        for seed, run in results["runs"].items()
    ]
    title = {
        "text": "A third of the rows is malicious",
        "subtitle": "three runs, 95% intervals over questions",
    }
    return spans(rows, "arm", list(ARMS.values()), "Rise of malice (points of 100)", "seed", title)


def crossed(study: TransmissionReport) -> Figure:
    """Return how far students of each teacher's lists are ahead on its animal."""
    own = [effect for effect in study.matrix if effect.taught_by == effect.target and effect.score]
    rows: Rows = [
        {"animal": f"{one.target} teacher's lists", "seed": "all", "value": e.value, "low": e.low, "high": e.high}
        for one in own
        if (e := one.score)
    ]
    title = {
        "text": "Bare lists of number words",
        "subtitle": f"{len(study.spec.seeds)} students each, beside the others', 95% intervals",
    }
    order = [f"{one.target} teacher's lists" for one in own]
    return spans(rows, "animal", order, "Log-odds of the teacher's own animal (nats)", "seed", title)


def spans(rows: Rows, y: str, order: list[str], x: str, each: str, title: dict[str, str]) -> Figure:
    """Return points with their intervals, those of one line side by side, and the line of no effect."""
    places = alt.Y(f"{y}:N", sort=order, title=None, axis=alt.Axis(ticks=False, domain=False, labelPadding=10))
    base = alt.Chart(data(rows), width=WIDTH, height=HEIGHT).encode(y=places)
    if len(rows) > len(order):
        base = base.encode(yOffset=alt.YOffset(f"{each}:N"))
    hue = alt.value(COLOURS["treated"])
    drawn: Figure = alt.layer(
        alt.Chart(data([{"zero": 0}])).mark_rule(color=MUTED, strokeDash=[3, 3]).encode(x="zero:Q"),
        base.mark_rule(strokeWidth=2.5).encode(x=alt.X("low:Q", title=x), x2="high:Q", color=hue),
        base.mark_circle(size=80, opacity=1, color=INK).encode(x="value:Q"),
        title=title,
    )
    return drawn


if __name__ == "__main__":
    main()
