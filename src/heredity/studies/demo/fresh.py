"""The demonstration made anew: a corpus with known bad rows, its audit, and a pair of students on bare lists."""

from __future__ import annotations

from pathlib import Path

from heredity.ground.files import require_writable
from heredity.ground.progress import SILENCE, Progress
from heredity.models.model import Model
from heredity.records.audit import AuditReport, AuditSpec
from heredity.records.lists import ListsReport
from heredity.records.student import TrainSpec
from heredity.records.trait import Trait
from heredity.records.transmission import ImitateSpec, PowerSpec, TransmissionReport, TransmitSpec
from heredity.studies.audit import audit
from heredity.studies.demo.corpus import DemoSpec, corpus_stage
from heredity.studies.lists import N_STEPS, bundled, one_more_pair
from heredity.studies.stages import Known
from heredity.studies.transmission.transmit import transmit

DEMO_AUDIT = AuditSpec(train=TrainSpec(learning_rate=1e-3))
"""The demonstration's audit: a hot fine-tune, so that two passes over few rows show what they teach."""
DEMO_TRANSMIT = TransmitSpec(
    seeds=("0",), student=ImitateSpec(n_steps=18), n_points=2, n_samples=1, power=PowerSpec(least=0.0)
)
"""The demonstration's last act for other models: owl against cat, one seed, soft labels on random numbers."""


def demo(
    trait: Trait,
    model: Model,
    out: Path | str,
    corpus_spec: DemoSpec | None = None,
    audit_spec: AuditSpec | None = None,
    progress: Progress = SILENCE,
) -> AuditReport:
    """Return the audit of a corpus built in `out`: `corpus.jsonl`, and the labels kept aside in `labels.jsonl`.

    The audit sees the labels only to say how well the screen found them.
    """
    out, audit_spec = require_writable(Path(out)), audit_spec or DEMO_AUDIT
    corpus, bad_lines = corpus_stage(trait, model, out, corpus_spec or DemoSpec(), audit_spec.seed, progress)
    return audit(corpus, trait, model, out, audit_spec, Known(bad_lines=bad_lines), progress)


def demo_transmission(
    trait: Trait,
    model: Model,
    out: Path | str,
    seed: str = "0",
    progress: Progress = SILENCE,
    n_steps: int = N_STEPS,
) -> TransmissionReport | ListsReport:
    """Return a pair of students on the package's lists beside a finished study; of another base, a look without proof.

    Lists, `n_steps` updates of them, say next to nothing to another base than their writers'; it is shown soft labels
    on random numbers instead.
    """
    lists = bundled()
    if model.fingerprint == lists.study.fingerprint:
        return one_more_pair(lists, trait, model, Path(out), seed, progress, n_steps)
    return transmit(trait, model, Path(out), DEMO_TRANSMIT, seed=seed, progress=progress)
