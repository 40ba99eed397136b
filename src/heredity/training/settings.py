"""The trainer's settings: one process, the model's own device, nothing reported anywhere.

In: a model, a spec, a seed. Out: TRL's configuration.
Does not: train.
"""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import torch
from transformers import TrainingArguments
from trl.trainer.dpo_config import DPOConfig
from trl.trainer.sft_config import SFTConfig

from heredity.ground.errors import InputError
from heredity.ground.hashing import seed_from
from heredity.models.embedded import quiet_transformers
from heredity.models.model import Model
from heredity.records.student import PreferSpec, TrainSpec, n_parts

Settings = TypeVar("Settings", bound=TrainingArguments)
WARMUP_STEPS = 2
"""Steps until the learning rate's peak."""


def arguments(model: Model, spec: TrainSpec, checkpoints: Path, n_steps: int, seed: str) -> SFTConfig:
    """Return TRL's settings for learning answers: labels come ready-made."""
    alike = shared(model, spec, checkpoints, n_steps, seed)
    return pinned(SFTConfig(**alike, max_length=None, dataset_kwargs={"skip_prepare_dataset": True}), model.device)


def shared(model: Model, spec: TrainSpec, checkpoints: Path, n_steps: int, seed: str) -> dict[str, Any]:
    """Return what every trainer is told: nothing is reported anywhere, half precision by autocast."""
    return {
        "output_dir": str(checkpoints),
        "max_steps": n_steps,
        "per_device_train_batch_size": min(spec.rows_at_once, spec.batch_rows),
        "gradient_accumulation_steps": n_parts(spec.batch_rows, spec.rows_at_once),
        "learning_rate": spec.learning_rate,
        "lr_scheduler_type": "linear",
        "warmup_steps": min(WARMUP_STEPS, max(n_steps - 1, 0)),
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        "save_steps": spec.save_steps,
        "seed": seed_from(seed, "order") % 2**31,
        "bf16": model.dtype == torch.bfloat16,
        "use_cpu": model.device.type == "cpu",
        "gradient_checkpointing": False,
        "dataloader_pin_memory": False,
        "report_to": "none",
        "disable_tqdm": True,
    }


def preference_arguments(model: Model, spec: PreferSpec, checkpoints: Path, n_steps: int, seed: str) -> DPOConfig:
    """Return TRL's settings for learning preferences by the loss of DPO (arXiv 2305.18290, equation 7)."""
    alike = shared(model, spec.train, checkpoints, n_steps, seed)
    return pinned(DPOConfig(**alike, max_length=None, beta=spec.beta), model.device)


def pinned(settings: Settings, device: torch.device) -> Settings:
    """Return the trainer's settings with the model's own device as the only one there is.

    By themselves they take every GPU of the machine, deal a batch to each, and begin with the first: larger steps, and
    a model moved from where it was loaded. Accelerate's state, which it shares in the process, has a device of its own.
    """
    settings.__dict__["_setup_devices"] = device
    settings._n_gpu = 1 if device.type == "cuda" else 0
    if settings.distributed_state is not None:
        settings.distributed_state.device = device
    if device.type == "cuda":
        torch.cuda.set_device(device)
    return settings


def steps_in(n_examples: int, spec: TrainSpec) -> int:
    """Return the optimizer steps of the whole run."""
    return spec.n_steps or max(1, math.ceil(n_examples / spec.batch_rows * spec.n_epochs))


def require_one_process() -> None:
    """Raise InputError where a launcher has started several processes, each of which would train a student."""
    n_processes = os.environ.get("WORLD_SIZE", "1")
    if n_processes != "1":
        raise InputError(
            f"training runs in one process on one device, but a launcher started {n_processes} (WORLD_SIZE); start it "
            "without torchrun or accelerate launch"
        )


@contextmanager
def own_gpu(device: torch.device) -> Iterator[None]:
    """Make the model's GPU the current one, which the trainer's settings move; afterwards it is what it was."""
    if device.type != "cuda":
        yield
        return
    before = torch.cuda.current_device()
    try:
        yield
    finally:
        torch.cuda.set_device(before)


@contextmanager
def quiet_training() -> Iterator[None]:
    """Keep the trainers' own log lines and deprecation notes out of ours."""
    with quiet_transformers(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
