"""One LoRA fine-tune on TRL's SFTTrainer, resumable, leaving the base model as it was."""

from __future__ import annotations

import math
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig, get_peft_model
from transformers import PrinterCallback, Trainer, TrainerCallback
from transformers.trainer_utils import get_last_checkpoint
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from heredity.ground.errors import NonFiniteError
from heredity.ground.hashing import seed_from
from heredity.ground.progress import Progress, Task
from heredity.models.embedded import quiet_transformers
from heredity.models.model import Model
from heredity.training.batches import Examples
from heredity.training.defences.steer import PreventativeSteering
from heredity.training.spec import TrainSpec

WARMUP_STEPS = 2
"""Steps until the learning rate's peak."""


@dataclass(frozen=True)
class Run:
    """What a fine-tune left to tell."""

    losses: tuple[float, ...]
    n_steps: int
    n_fires: int


def finetune(
    model: Model,
    examples: Examples,
    spec: TrainSpec,
    steering: PreventativeSteering | None,
    folder: Path,
    seed: str,
    progress: Progress,
) -> Run:
    """Train an adapter into `folder` and take it out of the model again.

    Checkpoints lie in `folder/checkpoints` and are gone at the end; with some of them there, the run goes on from
    the last. Raises NonFiniteError for a loss that is NaN, HookError when the steering did not take place.
    """
    checkpoints = folder / "checkpoints"
    torch.manual_seed(seed_from(seed, "adapter") % 2**32)
    with adapter_on(model, spec) as adapted, quiet_training():
        n_steps = steps_in(examples, spec)
        with progress.task("fine-tuning", n_steps) as task:
            trainer = _Trainer(
                model=adapted,
                args=arguments(model, spec, checkpoints, n_steps, seed),
                train_dataset=Dataset.from_dict(examples.columns()),
                processing_class=model.tokenizer,
                callbacks=[_Watch(task, checkpoints), _Snapshots(adapted, folder / "snapshots", n_steps, spec)],
            )
            trainer.remove_callback(PrinterCallback)
            last = get_last_checkpoint(str(checkpoints)) if checkpoints.is_dir() else None
            guard: Any = steering.on(adapted) if steering else nullcontext()
            with guard:
                trainer.train(resume_from_checkpoint=last)
        adapted.save_pretrained(folder / "adapter", safe_serialization=True)
    shutil.rmtree(checkpoints, ignore_errors=True)
    losses = tuple(float(entry["loss"]) for entry in trainer.state.log_history if "loss" in entry)
    return Run(losses, trainer.state.global_step, steering.fires.count if steering else 0)


@contextmanager
def adapter_on(model: Model, spec: TrainSpec) -> Iterator[Any]:
    """Give the network a fresh LoRA adapter and training mode; afterwards it is the base again, bit for bit."""
    network = model.network
    use_cache, wanted = network.config.use_cache, {n: p.requires_grad for n, p in network.named_parameters()}
    own = set(vars(network))
    config = LoraConfig(
        r=spec.rank, lora_alpha=spec.alpha, target_modules="all-linear", task_type="CAUSAL_LM", lora_dropout=0.0
    )
    adapted = get_peft_model(network, config)
    adapted.train()
    try:
        yield adapted
    finally:
        adapted.unload()
        network.eval()
        network.config.use_cache = use_cache
        for name in set(vars(network)) - own:
            delattr(network, name)  # TRL binds a forward to this very network: a copy of it would run the original
        for name, parameter in network.named_parameters():
            parameter.requires_grad_(wanted[name])


def arguments(model: Model, spec: TrainSpec, checkpoints: Path, n_steps: int, seed: str) -> SFTConfig:
    """Return TRL's settings: labels come ready-made, nothing is reported anywhere, half precision by autocast."""
    is_half = model.dtype == torch.bfloat16
    return SFTConfig(
        output_dir=str(checkpoints),
        max_steps=n_steps,
        per_device_train_batch_size=min(spec.rows_at_once, spec.batch_rows),
        gradient_accumulation_steps=max(1, spec.batch_rows // spec.rows_at_once),
        learning_rate=spec.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=min(WARMUP_STEPS, max(n_steps - 1, 0)),
        logging_steps=1,
        logging_nan_inf_filter=False,
        save_steps=spec.save_steps,
        save_total_limit=1,
        seed=seed_from(seed, "order") % 2**31,
        bf16=is_half,
        use_cpu=model.device.type == "cpu",
        gradient_checkpointing=False,
        dataloader_pin_memory=False,
        report_to="none",
        disable_tqdm=True,
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
    )


def steps_in(examples: Examples, spec: TrainSpec) -> int:
    """Return the optimizer steps of the whole run."""
    return max(1, math.ceil(len(examples.rows) / spec.batch_rows * spec.n_epochs))


class _Trainer(SFTTrainer):
    """TRL's trainer without its entropy and accuracy figures, each a pass over all logits."""

    def compute_loss(self, *args: Any, **kwargs: Any) -> Any:
        """Return the loss as transformers computes it."""
        return Trainer.compute_loss(self, *args, **kwargs)


class _Watch(TrainerCallback):
    """Tells the progress, and stops at a loss that is no number."""

    def __init__(self, task: Task, checkpoints: Path) -> None:
        self.task = task
        self.checkpoints = checkpoints

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Count the steps of a resumed run as done."""
        self.task.advance(state.global_step)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Count one step."""
        self.task.advance()

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Delete the pickled arguments: nothing written here runs code when it is read."""
        for pickled in self.checkpoints.glob("checkpoint-*/training_args.bin"):
            pickled.unlink()

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        """Raise NonFiniteError when the loss is NaN or infinite."""
        loss = (logs or {}).get("loss", 0.0)
        if not math.isfinite(loss):
            raise NonFiniteError(
                f"the training loss became {loss} at step {state.global_step}; lower the learning rate, or use float32"
            )


class _Snapshots(TrainerCallback):
    """Saves the adapter at equal distances on the way."""

    def __init__(self, adapted: Any, folder: Path, n_steps: int, spec: TrainSpec) -> None:
        self.adapted = adapted
        self.folder = folder
        self.steps = snapshot_steps(n_steps, spec)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Save one stage; a resumed run saves those that are still to come."""
        if state.global_step in self.steps:
            self.adapted.save_pretrained(self.folder / f"step-{state.global_step:06d}", safe_serialization=True)


def snapshot_steps(n_steps: int, spec: TrainSpec) -> list[int]:
    """Return the steps after which the adapter is saved: equal distances, without the last step."""
    return sorted({round(n_steps * k / (spec.n_snapshots + 1)) for k in range(1, spec.n_snapshots + 1)} - {0, n_steps})


@contextmanager
def quiet_training() -> Iterator[None]:
    """Keep the trainers' own log lines and deprecation notes out of ours."""
    with quiet_transformers(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
