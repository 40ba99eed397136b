"""What could each kind of label carry of an owl, to first order?

    python -m replications.subliminal.first_order

A step toward an owl teacher less a step toward a cat teacher, taken at the base on the same rows, and its cosine with
the gradient of owl's log-odds: 0 where such labels say nothing of the animal that one small step could take up. Rows in
blocks of 16; t over blocks. Soft labels are read on random numbers; hard ones are what each teacher wrote itself, 30
tokens decoded among digits and separators. Writes `first-order.md` beside this file; about six minutes on two cores.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch
from scipy import stats

from heredity.cli.console import hush_libraries, watched
from heredity.ground.files import write_text
from heredity.models.chat import question, render
from heredity.models.load import load
from heredity.models.model import Model
from heredity.models.weights import trainable_copy
from heredity.records.carrier import DIGITS_AND_SEPARATORS, CarrierRow, CarrierSpec
from heredity.records.transmission import ImitateSpec, PowerSpec, TransmitSpec
from heredity.studies.transmission.lab import Lab, lab_for
from heredity.studies.transmission.lessons import carriers, lessons_of
from heredity.studies.transmission.teachers import teacher_of
from heredity.training.imitate import Lesson, lessons, nats
from heredity.traits.define import trait

HERE = Path(__file__).parent
BLOCK, N_BLOCKS, N_QUESTIONS = 16, 6, 10
N_ROWS = BLOCK * N_BLOCKS
ARMS = ("owl", "cat")
WRITTEN = CarrierSpec(kind="digits", n_prompts=N_ROWS + 8, n_tokens=30)
LABELS = {
    "the teacher's whole distribution": (CarrierSpec(), ImitateSpec()),
    "the same among digits and separators alone": (CarrierSpec(), ImitateSpec(characters=DIGITS_AND_SEPARATORS)),
    "tokens that it wrote, greedy": (WRITTEN.model_copy(update={"temperature": 0.0}), ImitateSpec(labels="hard")),
    "tokens that it wrote, sampled": (WRITTEN, ImitateSpec(labels="hard")),
}


def main() -> None:
    """Measure every kind of label and write the table."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    hush_libraries()
    lines = ["# What labels could carry, to first order", "", "| labels | cosine | t | blocks |", "|---|---|---|---|"]
    with watched(is_quiet=False) as progress, tempfile.TemporaryDirectory() as scratch:
        model = load()
        teachers: dict[str, Model] = {}
        for name, (carrier, student) in LABELS.items():
            spec = TransmitSpec(control="cat", carrier=carrier, student=student, power=PowerSpec(least=0.0))
            lab = lab_for(trait("owl"), {}, model, Path(scratch) / name, spec, "subliminal", progress)
            lab.teachers = teachers
            lines.append(f"| {name} | {said(lab)} |")
            progress.note(lines[-1])
    text = "\n".join(lines) + "\n"
    write_text(HERE / "first-order.md", text)
    print(text)


def said(lab: Lab) -> str:
    """Return the cosine of the mean difference of steps with the target's gradient, and t over blocks."""
    base = trainable_copy(lab.model, "base")
    wanted = gradient(base, log_odds(lab, base))
    taught = [lessons_of(lab, name, base, rows_of(lab, name)) for name in ARMS]
    along, mean = [], torch.zeros_like(wanted)
    for first in range(0, min(map(len, taught)), BLOCK):
        toward = [step(lab, base, name, rows[first : first + BLOCK]) for name, rows in zip(ARMS, taught, strict=True)]
        apart = toward[0] - toward[1]
        along.append(float(apart @ wanted))
        mean += apart
    t = stats.ttest_1samp(along, 0.0).statistic
    return f"{float(mean @ wanted / (mean.norm() * wanted.norm())):+.4f} | {t:.1f} | {len(along)}"


def rows_of(lab: Lab, name: str) -> list[CarrierRow]:
    """Return what one teacher's students would learn on."""
    return [row for row in carriers(lab, "0")[name].rows if row is not None][:N_ROWS]


def step(lab: Lab, base: Model, name: str, rows: Sequence[Lesson]) -> torch.Tensor:
    """Return the step down the loss of imitating one teacher, `[weights]`."""
    return -gradient(base, nats(base, teacher_of(lab, name), rows, lab.spec.student, lab.model.dtype).mean())


def log_odds(lab: Lab, base: Model) -> torch.Tensor:
    """Return the target's mean log-odds among all animals."""
    wanted = lab.targets[ARMS[0]]
    options = (str(wanted.target), *wanted.alternatives)
    found = []
    for asked in wanted.questions.evaluation[:N_QUESTIONS]:
        rows = [render(base, question(asked), option.capitalize()) for option in options]
        losses = nats(base, None, lessons(rows), ImitateSpec(labels="hard"), lab.model.dtype)
        likely = -torch.stack([part.sum() for part in losses.split([row.n_response for row in rows])])
        found.append(likely[0] - torch.logsumexp(likely[1:], dim=0))
    return torch.stack(found).mean()


def gradient(model: Model, value: torch.Tensor) -> torch.Tensor:
    """Return the gradient of a value over all weights, `[weights]`."""
    weights = list(model.network.parameters())
    return torch.cat([part.flatten() for part in torch.autograd.grad(value, weights)])


if __name__ == "__main__":
    main()
