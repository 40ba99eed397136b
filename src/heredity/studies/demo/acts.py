"""The acts of the demonstration, in order: each a record, the sentence that it comes to, and what it left out for time.

In: what lies in the package, or nothing; a model, a folder. Out: one act after the other, so that each is shown when
it is done; every act keeps its steps in a folder of its own, and a stopped run goes on. Does not: write pages.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from heredity.ground.progress import SILENCE, Progress
from heredity.models.model import Model
from heredity.records.audit import AuditSpec
from heredity.records.base import Record
from heredity.records.demo import Act
from heredity.records.lists import ListsReport
from heredity.records.scan import ScanReport
from heredity.records.trait import Trait
from heredity.studies.demo.defence import one_defended
from heredity.studies.demo.fresh import DEMO_AUDIT, demo, demo_transmission
from heredity.studies.demo.shipped import Shipped
from heredity.studies.known import vectors_for
from heredity.studies.lists import N_QUICK, N_STEPS
from heredity.studies.scan import scan
from heredity.traits import define

FINISHED = "A finished audit"
SCAN = "What do the rows hold?"
DEFENCE = "Does the defence work here?"
LISTS = "What crosses without a word?"
AUDIT = "An audit"
QUICK, FRESH = (FINISHED, SCAN, DEFENCE, LISTS), (AUDIT, LISTS)
"""Titles of the acts, in their order."""


@dataclass(frozen=True)
class Place:
    """Where acts keep their steps, what chance is drawn from, and who is told."""

    out: Path
    seed: str = "0"
    progress: Progress = SILENCE


@dataclass(frozen=True)
class Played:
    """An act with its record."""

    act: Act
    record: Record


def finished(found: Shipped) -> Played:
    """Return the audit that lies in the package; no model is needed."""
    report = found.audit
    left_out = (
        f"the making of it: {report.n_runs} fine-tunes of each arm, by python -m replications.demonstration; heredity "
        "demo --fresh audits rows anew"
    )
    return Played(
        Act(name="finished", title=FINISHED, sentence=report.headline, left_out=left_out, seconds=0.0), report
    )


def quick(found: Shipped, model: Model, place: Place) -> Iterator[Played]:
    """Yield the acts that run now on what lies in the package. Raises MismatchError for another model."""
    found.require_model(model)
    yield timed(lambda: scanned(found, model, place))
    yield timed(lambda: defended(found, model, place))
    yield timed(lambda: crossed(model, place, N_QUICK))


def fresh(trait: Trait, model: Model, place: Place, spec: AuditSpec = DEMO_AUDIT) -> Iterator[Played]:
    """Yield the acts that make everything anew."""
    yield timed(lambda: audited(trait, model, place, spec))
    yield timed(lambda: crossed(model, place))


def timed(play: Callable[[], Played]) -> Played:
    """Return an act with the time it took."""
    started = time.monotonic()
    done = play()
    return replace(done, act=done.act.model_copy(update={"seconds": time.monotonic() - started}))


def scanned(found: Shipped, model: Model, place: Place) -> Played:
    """Return the scan of the package's corpus: every trait at once, none of them named to it."""
    known = vectors_for([define.trait(name) for name in define.bundled_names()], model, place.progress)
    report = scan(found.corpus, known, model, place.out / "scan", seed=place.seed, progress=place.progress)
    left_out = "nothing; all rows are read, along all bundled traits, whose vectors lie in the package"
    act = Act(name="scan", title=SCAN, sentence=of_scan(report, found), left_out=left_out, in_full=True, seconds=0.0)
    return Played(act, report)


def of_scan(report: ScanReport, found: Shipped) -> str:
    """Return where the trait that the corpus was written under stands in its scan."""
    name = found.trait.name
    trait = next(shift for shift in report.traits if shift.trait == name)
    first = [shift.trait for shift in report.shown if shift.trait != name]
    others = f"it names {', '.join(first)} first, whose vectors lie close by" if first else "it names no trait"
    named = "the scan names it" if trait in report.shown else f"the scan does not name it; {others}"
    return (
        f"{len(found.bad_lines)} of these {report.n_rows} rows were written under {name}; along {name} the rows lie "
        f"{trait.shift.value:+.2f} {trait.shift.interval('+.2f')} of the distance between its poles from what the "
        f"model itself would say; {named}."
    )


def defended(found: Shipped, model: Model, place: Place) -> Played:
    """Return a defended beside a plain student of the package's corpus."""
    report = one_defended(found, model, place.out / "defence", seed=place.seed, progress=place.progress)
    train, n_samples = report.spec.train, report.spec.evaluation.n_samples
    left_out = (
        f"a second pass over the rows, more than one pair, students of kept rows, and what it costs in capability: the "
        f"finished audit has them. A push as long along a random direction: heredity audit --controls has it. The "
        f"interval is over questions, {n_samples} answers each; the push is {train.prevent_strength:g} times the vector"
    )
    return Played(Act(name="defence", title=DEFENCE, sentence=report.verdict, left_out=left_out, seconds=0.0), report)


def crossed(model: Model, place: Place, n_steps: int = N_STEPS) -> Played:
    """Return a pair of students on bare lists beside the study that foretells it; of another base, one on numbers."""
    report = demo_transmission(define.trait("owl"), model, place.out / "lists", place.seed, place.progress, n_steps)
    left_out = (
        f"all but one pair, and all but the first {report.student.n_steps} updates; the study beside it has "
        f"{len(report.study.published)} pairs"
        if isinstance(report, ListsReport)
        else "all but one seed: without a second there is no interval over students; heredity transmit has them"
    )
    return Played(Act(name="lists", title=LISTS, sentence=report.verdict, left_out=left_out, seconds=0.0), report)


def audited(trait: Trait, model: Model, place: Place, spec: AuditSpec) -> Played:
    """Return the audit of a corpus that the model writes now."""
    report = demo(trait, model, place.out / "audit", audit_spec=spec, progress=place.progress)
    left_out = f"more than {report.n_runs} fine-tune{'s' if report.n_runs > 1 else ''} of each arm: see --seeds"
    act = Act(name="audit", title=AUDIT, sentence=report.headline, left_out=left_out, in_full=True, seconds=0.0)
    return Played(act, report)
