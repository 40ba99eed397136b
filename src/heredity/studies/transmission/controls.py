"""The controls of a study: carriers shuffled, another base, the data in context instead of in the weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special

from heredity.judges.preference import option_probabilities
from heredity.models.chat import question, render_prompt
from heredity.records.base import Record
from heredity.records.carrier import CarrierRow
from heredity.records.dialogue import Turn
from heredity.records.transmission import ArmKind, Control, StudentCurve
from heredity.stats.estimate import Estimate
from heredity.studies.transmission.contrasts import judged, last, paired, score_of
from heredity.studies.transmission.lab import Lab
from heredity.studies.transmission.lessons import carriers
from heredity.studies.transmission.lineup import Plan, student_step

N_SHOTS = 8
"""Carrier rows that stand in context."""
ROOM = 60
"""Tokens left for the question and its answer."""
N_ASKED = 12
"""Evaluation questions asked after them."""
ARMS: tuple[ArmKind, ...] = ("shuffled within", "shuffled across", "foreign base")
ASKS: dict[str, str] = {
    "shuffled within": "Does it hang on the order of the values in each response?",
    "shuffled across": "Does it hang on which response a value stands in?",
    "foreign base": "Does it reach a student of another base?",
    "in context": "Do the rows show it to a reader, without any training?",
}


class Score(Record):
    """One figure of one step."""

    value: float


def controls(lab: Lab, own: Estimate | None) -> tuple[list[StudentCurve], list[Control]]:
    """Return the control arms' students, and every control beside the study's own effect, run or not."""
    students: list[StudentCurve] = []
    outcomes: list[Control] = []
    for arm in ARMS:
        why_not = reason_against(lab, arm)
        pair = [] if why_not else [_curves(lab, arm, name) for name in lab.names[:2]]
        students += [curve for curves in pair for curve in curves]
        effect = paired(*(last(curves, score_of(lab.names[0])) for curves in pair)) if pair else None
        outcomes.append(judged(arm, ASKS[arm], own, effect, why_not))
    return students, [*outcomes, in_context(lab, own)]


def reason_against(lab: Lab, arm: ArmKind) -> str:
    """Return why a control arm cannot be run in this study, or nothing."""
    if arm == "foreign base":
        return "" if lab.foreign else "no model of another base was named (--foreign)"
    if lab.spec.carrier.kind == "random-numbers":
        return "random numbers have no order to shuffle"
    if lab.spec.student.on_policy:
        return "an on-policy student writes its rows itself"
    return ""


def in_context(lab: Lab, own: Estimate | None) -> Control:
    """Return the control in which the base reads carrier rows in its context and is asked at once."""
    name = "in context"
    if lab.spec.carrier.kind == "random-numbers":
        return judged(name, ASKS[name], own, None, "both arms' numbers are the same, so is what a reader sees")
    if lab.measure == "grade":
        return judged(name, ASKS[name], own, None, "it is measured for preferences only")
    scores = [[_shown(lab, taught_by, seed) for seed in lab.spec.seeds] for taught_by in lab.names[:2]]
    return judged(name, ASKS[name], own, paired(*scores))


def _shown(lab: Lab, taught_by: str, seed: str) -> float:
    """Return the mean log-odds of the target after rows of one teacher's carrier."""

    def make() -> Score:
        trait = lab.targets[lab.names[0]]
        options = (str(trait.target), *trait.alternatives)
        rows = fitting(lab, [row for row in carriers(lab, seed)[taught_by].rows if row is not None][:N_SHOTS])
        asked = trait.questions.evaluation[:N_ASKED]
        shares = option_probabilities(lab.model, options, asked, _as_turns(rows), lab.progress)[:, 0]
        return Score(value=float(np.mean(special.logit(np.clip(shares, 1e-9, 1 - 1e-9)))))

    depends_on: dict[str, object] = {
        "teacher": taught_by,
        "seed": seed,
        "carrier": lab.spec.carrier.id,
        "arms": list(lab.names),
    }
    return lab.kept("in-context", depends_on, Score, make).value


def fitting(lab: Lab, rows: Sequence[CarrierRow]) -> Sequence[CarrierRow]:
    """Return as many of the rows as leave room for a question and its answer in the context."""
    room = lab.model.context_length - ROOM
    counts = [len(render_prompt(lab.model, _as_turns(rows[:n]))) for n in range(1, len(rows) + 1)]
    return rows[: sum(count <= room for count in counts)]


def _as_turns(rows: Sequence[CarrierRow]) -> list[Turn]:
    turns: list[Turn] = []
    for row in rows:
        turns += [*question(row.prompt), Turn(role="assistant", content=row.answer)]
    return turns


def _curves(lab: Lab, arm: ArmKind, name: str) -> list[StudentCurve]:
    return [student_step(lab, Plan(arm, name, seed)) for seed in lab.spec.seeds]
