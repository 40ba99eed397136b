"""The controls of a study: carriers shuffled, another base, the data in context instead of in the weights."""

from __future__ import annotations

from collections.abc import Sequence

from heredity.judges.preference import option_probabilities
from heredity.models.chat import question, render_prompt
from heredity.records.base import Record
from heredity.records.carrier import CarrierRow
from heredity.records.curves import ArmKind, StudentCurve
from heredity.records.dialogue import Turn
from heredity.records.transmission import Control
from heredity.stats.arrays import log_odds
from heredity.studies.transmission.lab import Lab
from heredity.studies.transmission.lessons import carriers
from heredity.studies.transmission.lineup import SHUFFLINGS, Plan, student_step
from heredity.teaching.carriers.kinds import identity_of

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


def controls(lab: Lab) -> tuple[list[StudentCurve], list[Control]]:
    """Return the control arms' students, and every control: how it ran, or why it did not."""
    students: list[StudentCurve] = []
    found: list[Control] = []
    for arm in ARMS:
        why_not = reason_against(lab, arm)
        if not why_not:
            seeds = lab.spec.seeds[: lab.spec.n_shuffled] if arm in SHUFFLINGS else lab.spec.seeds
            students += [student_step(lab, Plan(arm, name, seed)) for name in lab.names[:2] for seed in seeds]
        found.append(asked(arm, why_not))
    return students, [*found, in_context(lab)]


def asked(name: str, why_not: str = "", by_seed: tuple[float, ...] = ()) -> Control:
    """Return a control before it is judged.

    A shuffled carrier says where it stands, not whether it is the trait: by soft labels a teacher teaches on any text.
    """
    return Control(
        name=name,
        question=ASKS[name],
        effect=None,
        by_seed=by_seed,
        is_needed=name not in SHUFFLINGS,
        said=f"Not run: {why_not}." if why_not else "",
    )


def reason_against(lab: Lab, arm: ArmKind) -> str:
    """Return why a control arm cannot be run in this study, or nothing."""
    if arm == "foreign base":
        return "" if lab.foreign else "no model of another base was named (--foreign)"
    if lab.spec.carrier.kind == "random-numbers":
        return "random numbers have no order to shuffle"
    if lab.spec.n_shuffled == 0:
        return "no pair of students was asked for (--shuffled)"
    if lab.spec.student.on_policy:
        return "an on-policy student writes its rows itself"
    return ""


def in_context(lab: Lab) -> Control:
    """Return the control in which the base reads carrier rows in its context and is asked at once."""
    if lab.spec.carrier.kind == "random-numbers":
        return asked("in context", "both arms' numbers are the same, so is what a reader sees")
    if lab.measure == "grade":
        return asked("in context", "it is measured for preferences only")
    treated, control = ([_shown(lab, taught_by, seed) for seed in lab.spec.seeds] for taught_by in lab.names[:2])
    return asked("in context", by_seed=tuple(a - b for a, b in zip(treated, control, strict=True)))


def _shown(lab: Lab, taught_by: str, seed: str) -> float:
    """Return the mean log-odds of the target after rows of one teacher's carrier."""

    def make() -> Score:
        trait = lab.targets[lab.names[0]]
        options = (str(trait.target), *trait.alternatives)
        rows = fitting(
            lab,
            [row for row in carriers(lab, seed)[taught_by].rows[:: lab.spec.carrier.n_each] if row is not None][
                :N_SHOTS
            ],
        )
        questions = trait.questions.evaluation[:N_ASKED]
        shares = option_probabilities(lab.model, options, questions, _as_turns(rows), lab.progress)[:, 0]
        return Score(value=float(log_odds(shares).mean()))

    depends_on: dict[str, object] = {
        "teacher": taught_by,
        "seed": seed,
        "carrier": identity_of(lab.spec.carrier),
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
