"""Which score of a set of rows foretells what training on it does, and at what cost?

    python -m replications.screening.run

Thirteen sets of 80 rows: two traits at four doses among the model's own answers, those answers alone, three sets of
another hand that hold none of them, and bare lists by a model that loves owls. Each is scored before anybody trains;
then a student is trained on each and asked about each trait. Correlations are over sets; beside every score stands what
random directions of matched covariance, other traits' vectors, length and loss reach. Every set is kept when it is
done: a stopped run goes on, and `results.json` and `results.md` beside this file tell what there is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from heredity.evaluation.ask import ask
from heredity.evaluation.grade import by_question, grades_of
from heredity.models.adapt import adapted
from heredity.models.load import load
from heredity.models.model import Model
from heredity.records.base import Record
from heredity.records.evaluation import EvalSpec, Scores
from heredity.records.student import Student, TrainSpec
from heredity.store.workspace import load_record, save_record
from heredity.studies.bench import bench_in
from heredity.studies.known import manner_for, vectors_for
from heredity.training.train import train
from heredity.traits import define
from replications.kit import parser, provenance, publish, running
from replications.screening.scores import TRAITS, SetScores, Study, all_blocks, other_pairs_step, scores_step
from replications.screening.sets import SEED, Labelled, sets_of
from replications.screening.told import table

HERE = Path(__file__).parent
TRAINING = TrainSpec(learning_rate=1e-3)
"""The demonstration's."""
ASKING = EvalSpec(n_samples=2)


class Outcome(Record):
    """What a model answers to every trait's questions: grades by question."""

    scores: dict[str, Scores]


def outcome_step(study: Study, rows: Labelled | None) -> Outcome:
    """Return what the base shows, or a student of a set, made or found."""
    name = rows.name if rows else "base"
    depends_on = {
        "rows": rows.corpus.content_digest if rows else "",
        "training": TRAINING.id,
        "asking": ASKING.id,
        "traits": TRAITS,
    }
    return study.bench.record("outcome", depends_on, Outcome, lambda: outcome(study, rows), f"what {name} shows")


def outcome(study: Study, rows: Labelled | None) -> Outcome:
    """Return what the base shows, or a student of a set, which is trained first."""
    if rows is None:
        return asked(study, study.model)
    with adapted(study.model, student_of(study, rows)) as student:
        return asked(study, student)


def student_of(study: Study, rows: Labelled) -> Student:
    """Return a student of a set, trained or found."""

    def make(folder: Path) -> None:
        made = train(study.model, rows.corpus, folder, spec=TRAINING, seed=SEED, progress=study.bench.progress)
        save_record(made, folder / "student.json")

    def found(folder: Path) -> Student:
        return load_record(Student, folder / "student.json").model_copy(update={"adapter": str(folder / "adapter")})

    depends_on = {"rows": rows.corpus.content_digest, "training": TRAINING.id}
    return study.bench.step("student", depends_on, make, found, f"student of {rows.name}")


def asked(study: Study, model: Model) -> Outcome:
    """Return a model's answers to every trait's questions, graded by the base."""
    found = {}
    for name in TRAITS:
        trait, calibration = study.traits[name], study.vectors[name].header.calibration
        answers = ask(model, trait, ASKING, SEED, study.bench.progress)
        assert calibration is not None
        grades = grades_of(answers, trait, study.model, calibration, study.bench.progress)
        found[name] = by_question(answers, grades)
    return Outcome(scores=found)


def published(study: Study, base: Outcome, done: list[tuple[Labelled, SetScores, Outcome]]) -> None:
    """Write what there is so far."""
    sets = [
        {
            "name": rows.name,
            "trait": rows.trait,
            "bad": sorted(rows.bad),
            "scores": scores.model_dump(mode="json"),
            "outcome": after.model_dump(mode="json"),
        }
        for rows, scores, after in done
    ]
    settings = {"training": TRAINING.model_dump(), "asking": ASKING.model_dump()}
    results: dict[str, Any] = {
        **provenance(study.model), **settings, "base": base.model_dump(mode="json"), "sets": sets
    }  # fmt: skip
    publish(results, f"# What is a score of rows worth?\n\n{table(results)}", HERE)


def main() -> None:
    """Score and train on every set, and write what came out after each."""
    arguments = parser(__doc__, "heredity-out/screening-replication").parse_args()
    with running() as progress:
        model = load()
        known = vectors_for([define.trait(name) for name in define.bundled_names()], model, progress=progress)
        vectors = {vector.header.trait.name: vector for vector in known.vectors}
        traits = {name: define.trait(name) for name in TRAITS}
        manner = manner_for(model, all_blocks(model, vectors), progress)
        study = Study(bench_in(arguments.out, model, SEED, progress), traits, vectors, manner)
        base = outcome_step(study, None)
        done = []
        for rows in sets_of(model, list(traits.values()), progress):
            scores = scores_step(study, rows)
            others = other_pairs_step(study, rows, scores.lines)
            if others:
                scores = scores.model_copy(update={"rows": {**scores.rows, "likelihood, other pairs": others}})
            done.append((rows, scores, outcome_step(study, rows)))
            if len(done) > 4:
                published(study, base, done)


if __name__ == "__main__":
    main()
