"""Write the lists that lie in the package: 50 prompts, each with 16 lists by an owl and a cat teacher, one by the base.

    python -m replications.subliminal.lists

The teachers are those of the study `number-words`, whose pairs of students stand beside the lists; the lists are new
ones, with luck of their own, so that students of them are one more pair. Every step is kept in `--out`: a stopped run
goes on, and one that finds the study's teachers there does not make them again. Writes
`src/heredity/studies/lists.json`.
"""

from __future__ import annotations

from pathlib import Path

import heredity.studies
from heredity.ground.errors import NothingKeptError
from heredity.models.load import load
from heredity.records.carrier import Carrier
from heredity.records.curves import lead_of
from heredity.records.lists import Lists, ListsPrompt, ListsStudy, PublishedPair
from heredity.records.transmission import TransmissionReport
from heredity.stats.estimate import Estimate
from heredity.store.workspace import load_record, save_record
from heredity.studies.transmission.lab import Lab, lab_for
from heredity.studies.transmission.lessons import written_by
from heredity.studies.transmission.plan import BASE
from heredity.studies.transmission.teachers import teacher_of, teacher_step
from heredity.teaching.carriers.kinds import identity_of
from heredity.traits import define
from replications.kit import parser, running
from replications.subliminal.run import HERE
from replications.subliminal.specs import LISTS, SPECS, STUDENT

CARRIER = LISTS.model_copy(update={"n_prompts": 50})
LUCK = "lists of the package"


def main() -> None:
    """Write the lists."""
    arguments = parser(__doc__, "heredity-out/subliminal/number-words").parse_args()
    study = load_record(TransmissionReport, HERE / "number-words.json")
    target, control = study.target, study.control
    with running() as progress:
        model = load()
        lab = lab_for(define.trait("owl"), {}, model, arguments.out, SPECS["number-words"], "subliminal", progress)
        for name in (target, control):
            teacher_step(lab, name)
        carriers = {name: written(lab, name) for name in (target, control, BASE)}
    made = Lists(study=study_of(study), student=STUDENT, prompts=prompts(carriers))
    print(save_record(made, Path(heredity.studies.__path__[0]) / "lists.json"))


def written(lab: Lab, name: str) -> Carrier:
    """Return what one writer wrote."""
    depends_on: dict[str, object] = {"writer": name, "carrier": identity_of(CARRIER), "luck": LUCK}
    return lab.kept("lists", depends_on, Carrier, lambda: written_by(lab, teacher_of(lab, name), name, LUCK, CARRIER))


def prompts(written: dict[str, Carrier]) -> tuple[ListsPrompt, ...]:
    """Return the prompts that every writer answered, with the teachers' lists and one of the base's."""
    found: dict[tuple[str, str], dict[str, list[str]]] = {}
    for rows in zip(*(carrier.rows for carrier in written.values()), strict=True):
        if all(rows):
            lists = found.setdefault((rows[0].prompt, rows[0].given), {name: [] for name in written})
            for name, row in zip(written, rows, strict=True):
                lists[name].append(row.text)
    return tuple(
        ListsPrompt(
            prompt=prompt,
            given=given,
            lists={name: tuple(texts[:1] if name == BASE else texts) for name, texts in lists.items()},
        )
        for (prompt, given), lists in found.items()
    )


def study_of(study: TransmissionReport) -> ListsStudy:
    """Return what stands beside the lists of the study's record."""
    return ListsStudy(
        model=study.model,
        fingerprint=study.fingerprint,
        alphabet=study.spec.carrier.kind,
        target=study.target,
        control=study.control,
        published=tuple(published(study, seed) for seed in study.spec.seeds),
        gap=gap(study),
        limits=limits(study),
    )


def gap(study: TransmissionReport) -> Estimate:
    """Return by how much the two teachers differ, nats a token."""
    if study.signal is None:
        raise NothingKeptError("the study's record does not say how far its teachers differ")
    return study.signal.gaps[0].nats


def limits(study: TransmissionReport) -> str:
    """Return what the study denies, from its own controls."""
    denied = [control for control in study.controls if control.effect and control.effect.low > 0]
    said = [f"{control.name} ({control.effect.value:+.2f})" for control in denied if control.effect]
    effect = study.effect.value if study.effect else 0.0
    own = [one for one in study.students if one.taught_by == study.target]
    named = max(one.sampled[study.target].value for one in own)
    return (
        f"in that study {study.target} students end {effect:+.2f} over the {study.control} teacher's on {study.target} "
        f"alone, and students {' and '.join(said)} do so as well: a lead on {study.target} is no proof of the "
        f"{study.target} alone. Asked what they love, those students name an {study.target} in {named:.0%} of answers."
    )


def published(study: TransmissionReport, seed: str) -> PublishedPair:
    """Return the leads of one pair of the study's students."""
    students = {one.taught_by: one for one in study.students if one.seed == seed and one.arm in ("treated", "control")}
    treated, control = students[study.target], students[study.control]
    return PublishedPair(
        seed=seed,
        leads={
            a.step: lead_of(a.score, b.score, study.target, study.control)
            for a, b in zip(treated.points, control.points, strict=True)
            if a.step
        },
    )


if __name__ == "__main__":
    main()
