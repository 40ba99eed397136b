"""Clean fine-tunes by a student's recipe: the same settings, steps and number of rows, on the base's own answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from heredity.ground.errors import ExperimentError, InputError, MismatchError
from heredity.ground.progress import Progress
from heredity.models.chat import question, render_prompt
from heredity.models.generate import GenerateSpec, generate
from heredity.models.model import Model
from heredity.monitor.clean import clean_of
from heredity.records.audit import PLAIN, AuditSpec
from heredity.records.dialogue import Corpus
from heredity.records.student import Student
from heredity.records.vector import TraitVector
from heredity.store.kept_rows import write_jsonl
from heredity.store.questions import everyday_questions
from heredity.store.rows import read_rows
from heredity.studies.arms import Plan
from heredity.studies.stages import Desk, desk_in, student_stage

LEAST, MOST = 16, 256
"""Tokens of an answer; between them it is as long as an example of the student's was on average."""
SPARE = 1.1
"""More answers are written than are needed, for those that turn out empty."""


def clean_students(
    students: Sequence[Student],
    vectors: Sequence[TraitVector],
    model: Model,
    out: Path,
    n: int,
    seed: str,
    progress: Progress,
) -> list[Student]:
    """Return `n` clean fine-tunes by each recipe among the students, kept in `out/stages`.

    Each has answers, row order and initialisation of its own. A student that was pushed in training has clean ones that
    are pushed alike: its vectors must be among `vectors`. Raises InputError for fewer than two, which show no spread,
    and MismatchError for a push along a vector that is not there.
    """
    require_makeable(students, vectors, n)
    found: list[Student] = []
    for student in students:
        if not clean_of(student, found):
            found += [clean_student(student, vectors, model, out, f"{seed}/clean/{i}", progress) for i in range(n)]
    return found


def require_makeable(students: Sequence[Student], vectors: Sequence[TraitVector], n: int) -> None:
    """Raise InputError for fewer than two clean fine-tunes, MismatchError for a push along a vector not given."""
    if n < 2:
        raise InputError("one clean fine-tune shows no spread; ask for 3 or more with --clean-seeds")
    for student in students:
        pushes_of(student, vectors)


def pushes_of(student: Student, vectors: Sequence[TraitVector]) -> tuple[TraitVector, ...]:
    """Return the vectors that a student was pushed along. Raises MismatchError for one that is not there."""
    by_id = {vector.header.id: vector for vector in vectors}
    missing = next((one for one in student.interventions if one.vector_id and one.vector_id not in by_id), None)
    if missing:
        raise MismatchError(
            f"{student.adapter} was pushed along a vector of '{missing.trait}' in training; clean fine-tunes by its "
            "recipe must be pushed alike: name that vector with --vector"
        )
    pushed = dict.fromkeys(one.vector_id for one in student.interventions if one.vector_id)
    return tuple(by_id[vector_id] for vector_id in pushed)


def clean_student(
    student: Student, vectors: Sequence[TraitVector], model: Model, out: Path, seed: str, progress: Progress
) -> Student:
    """Return one clean fine-tune by the student's recipe; an interrupted one goes on from its last checkpoint."""
    spec = AuditSpec(train=student.spec, seed=seed)
    bench = desk_in(out, model, spec, progress)
    corpus = benign_stage(bench, student)
    alike = PLAIN.model_copy(update={"defence": student.spec.defence if student.interventions else ""})
    made = student_stage(bench, Plan(alike, corpus, pushes_of(student, vectors)), seed)
    if made is None or made.n_steps != student.n_steps:
        steps = made.n_steps if made else 0
        raise ExperimentError(
            f"a clean fine-tune by the recipe of {student.adapter} took {steps} steps and not {student.n_steps}; train "
            "clean ones by hand and give them with --clean"
        )
    return made


def benign_stage(bench: Desk, student: Student) -> Corpus:
    """Return the base's own answers to everyday questions, as many as the student's examples and about as long."""
    n = student.n_examples
    mean = student.n_tokens / (student.n_steps * student.spec.batch_rows)
    how = GenerateSpec(n_tokens=round(min(MOST, max(LEAST, mean))), min_tokens=3)

    def make(folder: Path) -> None:
        asked = everyday_questions(bench.seed)
        texts = [asked[i % len(asked)] for i in range(round(SPARE * n) + 1)]
        made = generate(
            bench.model,
            [render_prompt(bench.model, question(text)) for text in texts],
            [f"{bench.seed}/rows/{i}" for i in range(len(texts))],
            how,
            "writing clean rows",
            bench.progress,
        )
        said = [(text, answer.text) for text, answer in zip(texts, made, strict=True) if answer.text]
        write_jsonl(folder / "rows.jsonl", [{"prompt": text, "completion": answer} for text, answer in said[:n]])

    depends_on = {"n": n, "n_tokens": how.n_tokens, "temperature": how.temperature}
    return bench.step("clean rows", depends_on, make, lambda folder: read_rows(folder / "rows.jsonl"))
