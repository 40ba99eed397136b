"""One LoRA fine-tune on one of TRL's trainers, resumable, leaving the base model as it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from peft import load_peft_weights, set_peft_model_state_dict
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainerState
from transformers.trainer import TRAINER_STATE_NAME

from heredity.ground.hashing import seed_from
from heredity.ground.progress import Progress
from heredity.models.lora import give_lora, unreached
from heredity.models.model import Model
from heredity.models.spread import require_together
from heredity.records.student import TrainSpec
from heredity.training.callbacks import Log, Snapshots, Watch
from heredity.training.defences.defence import Defence
from heredity.training.resume import ADAPTER, CHECKPOINTS, Mark, RunIdentity, claim, marked, remove_checkpoints, step_of
from heredity.training.settings import own_gpu, quiet_training, require_one_process


class Course(Protocol):
    """What is learned, and by which loss."""

    @property
    def n_steps(self) -> int:
        """Optimizer steps of the whole run."""

    def trainer(self, adapted: Any, checkpoints: Path, seed: str, callbacks: Sequence[TrainerCallback]) -> Trainer:
        """Return a trainer of the network under its adapter, which writes its checkpoints there."""


@dataclass(frozen=True)
class Run:
    """What a fine-tune left to tell."""

    losses: tuple[float, ...]
    n_steps: int
    n_fires: int
    seconds: float
    """Of training, over all the times that the run was started."""
    notices: tuple[str, ...]
    """What of the model the adapter does not reach, in a sentence; empty where it reaches most."""


def finetune(
    model: Model,
    course: Course,
    spec: TrainSpec,
    defence: Defence | None,
    folder: Path,
    run: RunIdentity,
    progress: Progress,
) -> Run:
    """Train an adapter into `folder` and take it out of the model again.

    Checkpoints lie in `folder/checkpoints` and are gone at the end; with some of this very run there, it goes on from
    the last whole one. Raises MismatchError for what another run left there, InputError in one of several processes,
    NonFiniteError for a loss that is NaN, HookError when the defence did not act.
    """
    require_one_process()
    require_together(model.network, "training")
    last = claim(folder, run)
    log = Log(run, folder, (last and marked(last)) or Mark(run=run), defence)
    n_steps = course.n_steps
    torch.manual_seed(seed_from(run.seed, "adapter") % 2**32)
    with adapter_on(model, spec) as adapted, quiet_training():
        passed_over = unreached(adapted)
        if last and step_of(last) >= n_steps:
            state = restored(adapted, last)
        else:
            with progress.task("fine-tuning", n_steps) as task, own_gpu(model.device):
                callbacks = [Watch(task, log), Snapshots(adapted, log, n_steps, spec)]
                trainer = course.trainer(adapted, folder / CHECKPOINTS, run.seed, callbacks)
                trainer.remove_callback(PrinterCallback)
                guard: Any = defence.on(adapted) if defence else nullcontext()
                with guard:
                    trainer.train(resume_from_checkpoint=str(last) if last else None)
            state = trainer.state
        log.save(adapted, folder / ADAPTER)
    remove_checkpoints(folder)
    losses = tuple(float(entry["loss"]) for entry in state.log_history if "loss" in entry)
    done = log.mark()
    return Run(losses, state.global_step, done.n_fires, done.seconds, (passed_over,) if passed_over else ())


def restored(adapted: Any, checkpoint: Path) -> TrainerState:
    """Give the network the adapter of the last step, which needs no further training; return the run's state."""
    set_peft_model_state_dict(adapted, load_peft_weights(str(checkpoint), device=str(adapted.device)))
    state: TrainerState = TrainerState.load_from_json(str(checkpoint / TRAINER_STATE_NAME))
    return state


@contextmanager
def adapter_on(model: Model, spec: TrainSpec) -> Iterator[Any]:
    """Give the network a fresh LoRA adapter and training mode; afterwards it is the base again, bit for bit."""
    network = model.network
    wanted = {n: p.requires_grad for n, p in network.named_parameters()}
    own = set(vars(network))
    # the trainer aligns their special tokens with the tokenizer's, and what ends an answer would be another afterwards
    settings = [network.config, network.config.get_text_config(decoder=True), network.generation_config]
    before = [dict(vars(one)) for one in settings]
    adapted = give_lora(network, spec.rank, spec.alpha)
    adapted.train()
    try:
        yield adapted
    finally:
        adapted.unload()
        network.eval()
        for one, content in zip(settings, before, strict=True):
            vars(one).clear()
            vars(one).update(content)
        for name in set(vars(network)) - own:
            delattr(network, name)  # TRL binds a forward to this very network: a copy of it would run the original
        for name, parameter in network.named_parameters():
            parameter.requires_grad_(wanted[name])
