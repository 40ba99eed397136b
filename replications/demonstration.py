"""Make what lies in the package for the demonstration: its corpus with labels, and the corpus's audit on three seeds.

    python -m replications.demonstration

The embedded model writes 165 rows, a third of them under a malicious persona, and audits them with the package's own
vector: three fine-tunes of every arm, each drawn from a seed of its own. Steps are kept in `--out`: a stopped run goes
on. Writes the rows, the labels, the audit's record and the digests of all three into `src/heredity/studies/demo/`. Of
the record, answers and scores that no figure or page needs are left out; every figure is as it was made.
"""

from __future__ import annotations

from heredity.ground.files import write_bytes
from heredity.ground.hashing import file_digest
from heredity.models.load import load
from heredity.models.model import Model
from heredity.records.audit import Arm, AuditReport, Run
from heredity.records.demo import ShippedFiles
from heredity.store.workspace import save_record
from heredity.studies.audit import audit
from heredity.studies.demo.corpus import LABELS, ROWS, DemoSpec, corpus_stage
from heredity.studies.demo.fresh import DEMO_AUDIT
from heredity.studies.demo.shipped import AUDIT, FILES, INDEX, PLACE
from heredity.studies.known import vector_for
from heredity.studies.stages import Known
from heredity.traits import define
from replications.kit import parser, provenance, running

CORPUS_SEED = "0"
SPEC = DEMO_AUDIT.model_copy(update={"seed": "finished", "n_seeds": 3})
"""Seeds of its own, so that a pair of students that a user trains is another one."""
N_EXAMPLES = 3
"""Questions of which the first run's answers are kept."""


def main() -> None:
    """Make it and write it into the package."""
    arguments = parser(__doc__, "heredity-out/demonstration").parse_args()
    trait = define.trait("evil")
    with running() as progress:
        model = load()
        written, audited = arguments.out / "corpus", arguments.out / "finished"
        corpus, bad_lines = corpus_stage(trait, model, written, DemoSpec(), CORPUS_SEED, progress)
        vector = vector_for(trait, model, progress=progress)
        report = audit(corpus, trait, model, audited, SPEC, Known(bad_lines=bad_lines, vector=vector), progress)
    made = {name: str(value) for name, value in provenance(model).items()}
    for name in (ROWS, LABELS):
        write_bytes(PLACE / name, (written / name).read_bytes())
    save_record(slim(report), PLACE / AUDIT)
    save_record(index_of(report, model, made), PLACE / INDEX)
    print("\n".join([report.verdict, *report.findings]))


def index_of(report: AuditReport, model: Model, made: dict[str, str]) -> ShippedFiles:
    """Return the digests of the files, and what they belong to."""
    return ShippedFiles(
        trait=report.vector.trait.id,
        model=model.name,
        fingerprint=model.fingerprint,
        vector=report.vector.id,
        digests={name: file_digest(PLACE / name) for name in FILES},
        made=made,
    )


def slim(report: AuditReport) -> AuditReport:
    """Return the record without what no figure or page needs."""
    arms = tuple(slim_arm(arm) for arm in report.arms)
    return report.model_copy(update={"arms": arms, "screen": report.screen.model_copy(update={"scores": ""})})


def slim_arm(arm: Arm) -> Arm:
    """Return an arm with a few answers of its first run."""
    first, *others = arm.runs
    runs = (slim_run(first, N_EXAMPLES), *(slim_run(run, 0) for run in others))
    return arm.model_copy(update={"runs": runs})


def slim_run(run: Run, n_questions: int) -> Run:
    """Return a run with the first answer to a few questions, no adapter, and only its grades in full."""
    evaluation = run.evaluation
    pairs = [
        (answer, grade)
        for answer, grade in zip(evaluation.answers, evaluation.grades, strict=True)
        if answer.sample == 0 and answer.question_index < n_questions
    ]
    kept = {
        "answers": tuple(answer for answer, _ in pairs),
        "grades": tuple(grade for _, grade in pairs),
        "benign_scores": {},
        "choice_scores": {},
    }
    student = run.student.model_copy(update={"adapter": ""}) if run.student else None
    return run.model_copy(update={"evaluation": evaluation.model_copy(update=kept), "student": student})


if __name__ == "__main__":
    main()
