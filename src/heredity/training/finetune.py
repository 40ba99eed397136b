"""One LoRA fine-tune on TRL's SFTTrainer, resumable, leaving the base model as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import load_peft_weights, set_peft_model_state_dict
from transformers import PrinterCallback, Trainer, TrainerState
from transformers.trainer import TRAINER_STATE_NAME
from trl.trainer.sft_trainer import DataCollatorForLanguageModeling, SFTTrainer

from heredity.ground.hashing import seed_from
from heredity.ground.progress import Progress
from heredity.models.lora import give_lora, unreached
from heredity.models.model import Model
from heredity.models.spread import require_together
from heredity.records.student import Receipt, TrainSpec
from heredity.training.batches import Examples
from heredity.training.callbacks import Log, Snapshots, Watch
from heredity.training.defences.defence import Defence
from heredity.training.resume import ADAPTER, CHECKPOINTS, Mark, RunIdentity, claim, marked, remove_checkpoints, step_of
from heredity.training.settings import arguments, own_gpu, quiet_training, require_one_process, steps_in


@dataclass(frozen=True)
class Run:
    """What a fine-tune left to tell."""

    losses: tuple[float, ...]
    n_steps: int
    receipts: tuple[Receipt, ...]
    """How often each part of the defence acted, and when."""
    seconds: float
    """Of training, over all the times that the run was started."""
    notices: tuple[str, ...]
    """What of the model the adapter does not reach, in a sentence; empty where it reaches most."""


def finetune(
    model: Model,
    examples: Examples,
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
    n_steps = steps_in(examples, spec)
    torch.manual_seed(seed_from(run.seed, "adapter") % 2**32)
    with adapter_on(model, spec) as adapted, quiet_training():
        passed_over = unreached(adapted)
        if last and step_of(last) >= n_steps:
            state = restored(adapted, last)
        else:
            with progress.task("fine-tuning", n_steps) as task, own_gpu(model.device):
                trainer = _Trainer(
                    model=adapted,
                    args=arguments(model, spec, folder / CHECKPOINTS, n_steps, run.seed),
                    train_dataset=Dataset.from_dict(examples.columns()),
                    processing_class=model.tokenizer,
                    # given none, TRL would look up the tokenizer's pad token, which may have no embedding
                    data_collator=DataCollatorForLanguageModeling(pad_token_id=model.pad_id),
                    callbacks=[Watch(task, log), Snapshots(adapted, log, n_steps, spec)],
                )
                trainer.remove_callback(PrinterCallback)
                n_before = step_of(last) if last else 0
                guard: Any = defence.on(adapted).over(n_steps, n_before) if defence else nullcontext()
                with guard:
                    trainer.train(resume_from_checkpoint=str(last) if last else None)
            state = trainer.state
        log.save(adapted, folder / ADAPTER)
    remove_checkpoints(folder)
    losses = tuple(float(entry["loss"]) for entry in state.log_history if "loss" in entry)
    done = log.mark()
    return Run(losses, state.global_step, done.receipts, done.seconds, (passed_over,) if passed_over else ())


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


class _Trainer(SFTTrainer):
    """TRL's trainer without its entropy and accuracy figures, each a pass over all logits."""

    def compute_loss(self, *args: Any, **kwargs: Any) -> Any:
        """Return the loss as transformers computes it."""
        return Trainer.compute_loss(self, *args, **kwargs)
