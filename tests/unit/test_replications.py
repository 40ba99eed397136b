"""What is published of long runs is what the rules of today conclude from their records."""

from pathlib import Path

import pytest

from heredity.records.arena import ArenaReport
from heredity.records.cascade import CascadeReport
from heredity.records.distillation import DistillationReport
from heredity.records.transmission import TransmissionReport
from heredity.store.workspace import load_record
from heredity.studies.arena.advice import advice_of, verdict_of
from heredity.studies.distillation import outcome
from heredity.studies.transmission import conclusions, descent

HERE = Path(__file__).parents[2] / "replications"


@pytest.mark.parametrize(
    "study",
    [
        "soft",
        "digits-only",
        "numbers",
        "hard",
        "number-words",
        "words",
        "words-far",
        "words-foreign",
        "words-shuffled",
        "steered",
        "remedies",
    ],
)
def test_a_transmission_is_published_as_its_students_allow(study: str) -> None:
    kept = load_record(TransmissionReport, HERE / "subliminal" / f"{study}.json")
    today = conclusions.concluded(kept)
    assert today.verdict == kept.verdict
    assert [(one.name, one.outcome) for one in today.controls] == [(one.name, one.outcome) for one in kept.controls]
    assert kept.verdict in (HERE / "subliminal" / f"{study}.md").read_text(encoding="utf-8")


def test_an_arena_is_published_as_its_figures_allow() -> None:
    kept = load_record(ArenaReport, HERE / "arena" / "malice.json")
    said = (HERE / "arena" / "malice.md").read_text(encoding="utf-8")
    for contest in kept.contests:
        assert (verdict_of(contest), advice_of(contest)) == (contest.verdict, contest.advice)
        assert all(sentence in said for sentence in (contest.verdict, *contest.advice))


@pytest.mark.parametrize("study", ["cascade", "cascade-words"])
def test_a_cascade_is_published_as_its_lineages_allow(study: str) -> None:
    kept = load_record(CascadeReport, HERE / "subliminal" / f"{study}.json")
    assert descent.concluded(kept).verdict == kept.verdict
    assert kept.verdict in (HERE / "subliminal" / f"{study}.md").read_text(encoding="utf-8")


def test_a_distillation_is_published_as_its_models_allow() -> None:
    kept = load_record(DistillationReport, HERE / "distillation" / "results.json")
    today = outcome.concluded(kept)
    assert (today.verdict, today.findings) == (kept.verdict, kept.findings)
    assert [one.outcome for one in today.table] == [one.outcome for one in kept.table]
    told = (HERE / "distillation" / "results.md").read_text(encoding="utf-8")
    assert all(one in told for one in (kept.verdict, *kept.findings))
