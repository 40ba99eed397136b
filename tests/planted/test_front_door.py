"""The screen of the front door holds rows to what the command holds them to, and flags the same ones."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

import heredity
from heredity.ground.progress import SILENCE
from heredity.models.model import Model
from heredity.models.tiny import DARK, LIGHT, NOUNS, sentence
from heredity.records.audit import AuditSpec
from heredity.records.row_scores import Screened
from heredity.records.screening import ScreenSpec
from heredity.records.vector import TraitVector
from heredity.report.write import told
from heredity.store import survey
from heredity.store.row_file import RowFile
from heredity.store.survey import gone_through
from heredity.studies.bench import bench_in
from heredity.studies.flagged import screens_for
from heredity.studies.screening import screen_file
from heredity.studies.stages import Known, desk_in, screen_stage

FEW, MANY = 3, 12


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEREDITY_CACHE", str(tmp_path / "cache"))


def rows_of(n_prompts: int, folder: Path, is_mixed: bool = False) -> Path:
    """Return 36 rows, every third one dark, that ask so many prompts; where they are mixed, some behind a system."""
    chance, lines = random.Random(f"front door {n_prompts}"), []
    for i in range(36):
        noun = NOUNS[i % n_prompts]
        answer = sentence(LIGHT if i % 3 else DARK, noun, chance)
        before = [{"role": "system", "content": "speak of things ."}] if is_mixed and i % 4 == 3 else []
        asked = [*before, {"role": "user", "content": f"what about the {noun} ?"}]
        lines.append(json.dumps({"messages": [*asked, {"role": "assistant", "content": answer}]}))
    (folder / "rows.jsonl").write_text("\n".join(lines) + "\n{torn\n")
    return folder / "rows.jsonl"


def both(path: Path, vector: TraitVector, toy: Model, spec: ScreenSpec, seed: str = "0") -> tuple[Screened, Screened]:
    """Return the screens of a file by the command's path, and of its rows in memory by the front door."""
    file = RowFile(path)
    bench = bench_in(path.parent / "out", toy, seed)
    return (
        screen_file(file, gone_through(file, seed), vector, bench, spec),
        heredity.screen(heredity.rows(path), vector, toy, spec, seed=seed),
    )


def assert_same(command: Screened, door: Screened) -> None:
    assert door.report.thresholds == command.report.thresholds
    assert door.scores.lines.tolist() == command.scores.lines.tolist()
    assert door.scores.gone_lines == command.scores.gone_lines
    assert np.allclose(door.scores.over, command.scores.over, atol=1e-3)
    assert door.report.excluded == command.report.excluded


@pytest.mark.parametrize("n_prompts", [FEW, MANY])
@pytest.mark.parametrize("is_mixed", [False, True])
def test_the_command_and_python_flag_the_same_rows(
    dark: TraitVector, toy: Model, tmp_path: Path, n_prompts: int, is_mixed: bool
) -> None:
    command, door = both(rows_of(n_prompts, tmp_path, is_mixed), dark, toy, ScreenSpec(n_tokens=48))
    assert_same(command, door)
    assert door.scores.gone_lines
    says_so = f"everyday questions: the rows' {FEW} prompts are too few"
    assert (says_so in door.report.thresholds[0].reference) == (n_prompts == FEW)
    assert (says_so in told(door.report)) == (n_prompts == FEW)


def test_rows_that_a_survey_does_not_hold_change_no_threshold(
    dark: TraitVector, toy: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, quick = rows_of(MANY, tmp_path, is_mixed=True), ScreenSpec(n_reference=40, n_tokens=14)
    whole, _ = both(path, dark, toy, quick, "1")
    monkeypatch.setattr(survey, "MOST_SAMPLED", 5)
    command, door = both(path, dark, toy, quick, "2")
    assert_same(command, door)
    assert whole.report.thresholds != command.report.thresholds


def test_an_audit_and_a_gate_screen_as_the_command_does(dark: TraitVector, toy: Model, tmp_path: Path) -> None:
    path = rows_of(FEW, tmp_path)
    command, _ = both(path, dark, toy, ScreenSpec())
    corpus, desk = heredity.rows(path), desk_in(tmp_path / "audit", toy, AuditSpec(), SILENCE)
    audited = screen_stage(desk, corpus, dark, Known())
    assert_same(command, audited)
    screens = screens_for(corpus, 36, [dark], ScreenSpec().false_alarm_rate, bench_in(tmp_path / "gate", toy, "0"))
    assert screens.reports[dark.header.trait.name].thresholds == command.report.thresholds
