"""Preferences for a planted trait raise it beside the same pairs turned round, and steering keeps it out."""

from typing import Any

import pytest

from conftest import TOY_EXTRACT
from heredity.models.model import Model
from heredity.models.tiny import DARK, LIGHT
from heredity.records.evaluation import EvalSpec
from heredity.records.feedback import FeedbackReport, FeedbackSpec
from heredity.records.student import TrainSpec
from heredity.records.trait import Trait
from heredity.records.vector import TraitVector
from heredity.studies.feedback.feedback import Known, feedback
from laws.test_preferences import preferring

SPEC = FeedbackSpec(
    extract=TOY_EXTRACT,
    train=TrainSpec(n_epochs=3, batch_rows=4, learning_rate=1e-3, prevent_strength=1.0),
    evaluation=EvalSpec(n_samples=1, n_tokens=12, n_benign=8, n_choices=12),
    n_seeds=2,
    n_points=2,
    others=("ablation",),
)


@pytest.fixture(scope="module")
def report(toy: Model, darkness: Trait, dark: TraitVector, tmp_path_factory: Any) -> FeedbackReport:
    return feedback(preferring(DARK, LIGHT), darkness, toy, tmp_path_factory.mktemp("feedback"), SPEC, Known(dark))


def test_preferences_for_darkness_darken_the_model_beside_the_control(report: FeedbackReport) -> None:
    assert report.effect.value > 0
