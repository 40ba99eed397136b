"""How a step's rows are dealt out, and on which device."""

from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate.state import AcceleratorState, PartialState
from transformers import Trainer
from trl.trainer.sft_config import SFTConfig

from heredity.ground.errors import InputError
from heredity.models.model import Model
from heredity.models.tiny import tiny
from heredity.records.student import TrainSpec, n_parts
from heredity.training.settings import arguments, pinned, require_one_process


@pytest.fixture(scope="module")
def raw() -> Model:
    return tiny(n_steps=1)


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A machine that says that it has two GPUs; the list holds those that were made the current one."""
    chosen: list[Any] = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    yield chosen
    AcceleratorState._reset_state(reset_partial_state=True)


@pytest.mark.parametrize(("batch_rows", "rows_at_once", "parts"), [(8, 8, 1), (8, 2, 4), (4, 8, 1), (12, 4, 3)])
def test_every_step_trains_on_the_rows_that_were_asked_for(
    batch_rows: int, rows_at_once: int, parts: int, raw: Model, tmp_path: Path
) -> None:
    spec = TrainSpec(batch_rows=batch_rows, rows_at_once=rows_at_once)
    settings = arguments(raw, spec, tmp_path, 3, "0")
    assert n_parts(batch_rows, rows_at_once) == settings.gradient_accumulation_steps == parts
    assert settings.per_device_train_batch_size * parts == batch_rows


@pytest.mark.parametrize(("batch_rows", "rows_at_once", "near"), [(12, 8, 6), (8, 3, 2), (7, 4, 1)])
def test_rows_that_cannot_be_dealt_out_evenly_are_refused_with_what_to_set(
    batch_rows: int, rows_at_once: int, near: int, raw: Model, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=f"set rows_at_once to {near}"):
        TrainSpec(batch_rows=batch_rows, rows_at_once=rows_at_once)
    unchecked = TrainSpec().model_copy(update={"batch_rows": batch_rows, "rows_at_once": rows_at_once})
    with pytest.raises(InputError, match="does not divide"):
        arguments(raw, unchecked, tmp_path, 3, "0")


@pytest.mark.parametrize("device", ["cuda:0", "cuda:1"])
def test_of_two_gpus_the_models_own_is_used_alone(device: str, two_gpus: list[Any], tmp_path: Path) -> None:
    asked = {"output_dir": str(tmp_path), "per_device_train_batch_size": 4, "bf16": False, "report_to": "none"}
    by_itself = SFTConfig(**asked)
    assert (by_itself.n_gpu, by_itself.train_batch_size, str(by_itself.device)) == (2, 8, "cuda:0")
    settings = pinned(SFTConfig(**asked), torch.device(device))
    assert (settings.n_gpu, settings.train_batch_size, str(settings.device)) == (1, 4, device)
    assert str(PartialState().device) == str(settings.distributed_state.device) == device
    assert str(two_gpus[-1]) == device


def test_a_model_on_the_cpu_stays_there_beside_gpus(two_gpus: list[Any], raw: Model, tmp_path: Path) -> None:
    settings = arguments(raw, TrainSpec(), tmp_path, 3, "0")
    assert (settings.n_gpu, settings.train_batch_size, str(settings.device)) == (0, 8, "cpu")
    trainer = Trainer(raw.network, settings)
    assert str(trainer.accelerator.device) == "cpu"
    assert raw.device.type == "cpu"
    assert two_gpus == []


def test_several_processes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    require_one_process()
    monkeypatch.setenv("WORLD_SIZE", "1")
    require_one_process()
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(InputError, match="without torchrun"):
        require_one_process()
