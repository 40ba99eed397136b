"""heredity measures, traces and prevents the traits a language model inherits from its training data.

The walk: `load` a model, name a `trait`, `extract` its vector, `screen` rows, `train` a student, `evaluate` it; or
`audit` for all of it. Nothing is imported until it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heredity.evaluation.evaluate import evaluate as evaluate
    from heredity.ground.errors import HeredityError as HeredityError
    from heredity.models.bake import bake as bake
    from heredity.models.load import load as load
    from heredity.models.read import read as read
    from heredity.models.steer import steered as steered
    from heredity.models.watch import watched as watched
    from heredity.monitor.monitor import monitor as monitor
    from heredity.monitor.shift import shift as shift
    from heredity.records.audit import AuditSpec as AuditSpec
    from heredity.records.draft import DraftSpec as DraftSpec
    from heredity.records.evaluation import EvalSpec as EvalSpec
    from heredity.records.screening import ScreenSpec as ScreenSpec
    from heredity.records.student import TrainSpec as TrainSpec
    from heredity.records.vector import ExtractSpec as ExtractSpec
    from heredity.screening.scorer import scorer as scorer
    from heredity.stats.estimate import Estimate as Estimate
    from heredity.store.rows import read_conversations as conversations  # noqa: F401
    from heredity.store.rows import read_rows as rows  # noqa: F401
    from heredity.store.tensors import load_vector as load_vector
    from heredity.store.tensors import save_vector as save_vector
    from heredity.studies.audit import audit as audit
    from heredity.studies.screening import screen as screen
    from heredity.training.defences.steer import PreventativeSteering as PreventativeSteering
    from heredity.training.train import train as train
    from heredity.traits.define import trait as trait
    from heredity.traits.draft import draft as draft
    from heredity.vectors.extract import extract as extract

__version__ = "0.1.0"

_PLACES = {  # what TYPE_CHECKING above says to type checkers, said to Python
    "AuditSpec": "heredity.records.audit:AuditSpec",
    "Estimate": "heredity.stats.estimate:Estimate",
    "EvalSpec": "heredity.records.evaluation:EvalSpec",
    "ExtractSpec": "heredity.records.vector:ExtractSpec",
    "HeredityError": "heredity.ground.errors:HeredityError",
    "PreventativeSteering": "heredity.training.defences.steer:PreventativeSteering",
    "ScreenSpec": "heredity.records.screening:ScreenSpec",
    "TrainSpec": "heredity.records.student:TrainSpec",
    "DraftSpec": "heredity.records.draft:DraftSpec",
    "audit": "heredity.studies.audit:audit",
    "bake": "heredity.models.bake:bake",
    "conversations": "heredity.store.rows:read_conversations",
    "draft": "heredity.traits.draft:draft",
    "evaluate": "heredity.evaluation.evaluate:evaluate",
    "extract": "heredity.vectors.extract:extract",
    "load": "heredity.models.load:load",
    "load_vector": "heredity.store.tensors:load_vector",
    "monitor": "heredity.monitor.monitor:monitor",
    "read": "heredity.models.read:read",
    "rows": "heredity.store.rows:read_rows",
    "save_vector": "heredity.store.tensors:save_vector",
    "scorer": "heredity.screening.scorer:scorer",
    "screen": "heredity.studies.screening:screen",
    "shift": "heredity.monitor.shift:shift",
    "steered": "heredity.models.steer:steered",
    "train": "heredity.training.train:train",
    "trait": "heredity.traits.define:trait",
    "watched": "heredity.models.watch:watched",
}

__all__ = sorted(_PLACES)


def __getattr__(name: str) -> Any:
    """Return a name of the front door, importing its room on first use."""
    if name not in _PLACES:
        raise AttributeError(f"heredity has no '{name}'; there is: {', '.join(__all__)}")
    module, _, attribute = _PLACES[name].partition(":")
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    """Return the names of the front door."""
    return __all__
