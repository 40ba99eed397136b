"""One more pair of students on bare lists of words: those in the package, which two teachers wrote.

In: the lists, and what a finished study found. Out: two students of the base, one of each teacher's lists, beside the
study's pairs: what a single pair shows has no interval of its own, but a study foretells where it lies. Does not: make
teachers or lists; `replications/subliminal/lists.py` does.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from heredity.ground.errors import MismatchError
from heredity.ground.progress import SILENCE, Progress
from heredity.models.model import Model
from heredity.models.notices import notices
from heredity.models.weights import trainable_copy
from heredity.records.carrier import CarrierRow, CarrierSpec
from heredity.records.curves import StudentCurve
from heredity.records.lists import Lists, ListsPrompt, ListsReport
from heredity.records.trait import Trait
from heredity.records.transmission import PowerSpec, TransmitSpec
from heredity.stats.intervals import mean_t, one_more
from heredity.store.workspace import load_record
from heredity.studies.transmission.lab import Lab, lab_for
from heredity.studies.transmission.lessons import dealt, lessons_of
from heredity.studies.transmission.lineup import measured_steps
from heredity.studies.transmission.readout import levels, point
from heredity.training.imitate import imitate

BUNDLED = resources.files("heredity.studies") / "lists.json"
N_STEPS, N_QUICK = 50, 25
"""Updates of each student, half of the study's, for the time; and a quarter of them. The study has a lead at either."""
N_SHOWN = 3


def bundled() -> Lists:
    """Return the lists that lie in the package."""
    with resources.as_file(BUNDLED) as path:
        return load_record(Lists, path)


def one_more_pair(
    lists: Lists,
    trait: Trait,
    model: Model,
    out: Path,
    seed: str = "0",
    progress: Progress = SILENCE,
    n_steps: int = N_STEPS,
) -> ListsReport:
    """Return a pair of students taught on the lists, each kept when it is done, beside the study's pairs.

    `n_steps` is a number of updates after which the study has a lead. Raises MismatchError for another base than that
    whose copies wrote the lists.
    """
    study = lists.study
    if model.fingerprint != study.fingerprint:
        raise MismatchError(
            f"these lists were written by copies of '{study.model}'; to another base, such as '{model.name}', they say "
            "next to nothing"
        )
    spec = TransmitSpec(
        seeds=(seed,),
        control=study.control,
        carrier=CarrierSpec(kind=study.alphabet),
        student=lists.student.model_copy(update={"n_steps": n_steps}),
        n_points=2,
        power=PowerSpec(least=0.0),
    )
    lab = lab_for(trait, {}, model, out, spec, seed, progress)
    students = tuple(student_step(lab, lists, name) for name in (study.target, study.control))
    found = [pair.leads[n_steps] for pair in study.published]
    report = ListsReport(
        study=study,
        student=spec.student,
        n_rows=len(rows_of(lists, study.target)),
        shown=tuple(shown(prompt) for prompt in lists.prompts[:N_SHOWN]),
        students=students,
        published_lead=mean_t(found),
        foretold=one_more(found),
        verdict="",
        seed=seed,
        provenance=lab.bench.provenance(),
        notices=notices(model),
    )
    return report.model_copy(update={"verdict": verdict(report)})


def rows_of(lists: Lists, writer: str) -> list[CarrierRow]:
    """Return what one writer wrote, prompt by prompt."""
    return [
        CarrierRow(prompt=one.prompt, given=one.given, text=text) for one in lists.prompts for text in one.lists[writer]
    ]


def shown(prompt: ListsPrompt) -> ListsPrompt:
    """Return a prompt with one list of each writer."""
    return prompt.model_copy(update={"lists": {writer: texts[:1] for writer, texts in prompt.lists.items()}})


def student_step(lab: Lab, lists: Lists, name: str) -> StudentCurve:
    """Return one student of the base, taught on one writer's lists; both see the same prompts in the same order."""
    spec = lab.spec.student
    arm = "treated" if name == lists.study.target else "control"

    def make() -> StudentCurve:
        student = trainable_copy(lab.model, f"student of {name}", spec.lora_rank, f"{lab.seed}/lists")
        taught = lessons_of(lab, name, student, rows_of(lists, name))
        points = [point(lab, 0, levels(lab, lab.model))]

        def measure(step: int) -> None:
            if step in measured_steps(lab.spec):
                points.append(point(lab, step, levels(lab, student)))

        batches = dealt(taught, spec.batch_rows, f"{lab.seed}/lists")
        losses = imitate(student, None, batches, spec, lab.model.dtype, measure, lab.progress)
        return StudentCurve(arm=arm, taught_by=name, seed=lab.seed, points=tuple(points), losses=losses)

    depends_on: dict[str, object] = {"taught by": name, "lists": lists.id, "student": spec.id}
    return lab.kept("lists-student", depends_on, StudentCurve, make)


def verdict(report: ListsReport) -> str:
    """Return what the study shows, and whether this pair is as it foretells."""
    lead, (low, high) = report.published_lead, report.foretold
    where = "where that study foretells it" if report.is_as_foretold else "not where that study foretells it"
    return (
        f"After {report.student.n_steps} updates students of the {report.study.target} teacher's lists and of the "
        f"{report.study.control} teacher's lead each other on their own teachers' animals, mean of the two, by "
        f"{lead.value:+.2f} {lead.interval('+.2f')} nats of log-odds (a study of {lead.n} pairs). This pair: "
        f"{report.lead:+.2f}, {where} ({low:+.2f} to {high:+.2f})."
    )
