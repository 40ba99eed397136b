"""What a defence adds to a training step, and what steering, by a hook or in the weights, adds to generation.

In each turn all ways do the same work, one after the other, in an order that turns round from turn to turn. A way costs
the median over turns of its seconds over those of the plain way in the same turn, less one. The interval is the
median's by the sign test, which asks nothing of how the ratios are spread: beside other programs some turns are far
off. Processor seconds stand beside; they leave out what other programs took.
A step is forward, backward, clipping and AdamW, without a trainer's own work, of which a defence is a smaller share.
Defences that cost a second pass, or more tokens, take part in every third turn.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from scipy import stats
from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

from benchmarks.kit import figure, keep
from benchmarks.loops import prompts_for
from heredity.models.bake import bake
from heredity.models.chat import question, render_example
from heredity.models.generate import GenerateSpec, generate
from heredity.models.load import load
from heredity.models.model import Model
from heredity.models.steer import Push, steered
from heredity.records.dialogue import Corpus, Row, Turn, rows_digest
from heredity.records.student import TrainSpec
from heredity.records.vector import TraitVector
from heredity.store.known_vectors import known_vector
from heredity.store.questions import everyday_questions
from heredity.training.batches import examples_of
from heredity.training.defences.defence import Defence
from heredity.training.defences.table import DEFENCES, defence_of
from heredity.training.finetune import adapter_on
from heredity.traits.define import trait

N_TURNS = 20
N_BATCHES = 3
ROW_TOKENS = range(58, 71)
"""Tokens of the rows that are trained on."""
DEAR = ("inoculation", "projection", "kl", "corridor", "masking")
EVERY = 3
"""Turns from one in which dear defences take part to the next."""
PLAIN = "plain"
EVERYWHERE = {"steering, all blocks": TrainSpec(prevent_all_blocks=True)}
ANSWERS = GenerateSpec(n_tokens=16, min_tokens=16)
"""All answers of one length, so that all ways do the same work."""


@dataclass(frozen=True)
class Way:
    """One way to do the work of a turn."""

    work: Callable[[int], None]
    """Takes the number of the turn."""
    within: Callable[[], AbstractContextManager[Any]] = nullcontext
    """What stands around it, and is put in place and taken away outside the time: once a run, not once a step."""

    def timed(self, turn: int) -> tuple[float, float]:
        """Return the seconds that passed, and those that this process had of the processor."""
        with self.within():
            wall, processor = time.perf_counter(), time.process_time()
            self.work(turn)
            return time.perf_counter() - wall, time.process_time() - processor


@dataclass
class Spent:
    """Seconds of one way and of the plain way, turn by turn."""

    wall: list[tuple[float, float]] = field(default_factory=list)
    processor: list[tuple[float, float]] = field(default_factory=list)


def in_turns(ways: Mapping[str, Way], dear: Sequence[str] = ()) -> dict[str, Spent]:
    """Time ways beside the plain one; the first turn warms up and is not kept."""
    spent = {name: Spent() for name in ways}
    for turn in range(-1, N_TURNS):
        names = [name for name in ways if turn < 0 or name not in dear or turn % EVERY == 0]
        order = names if turn % 2 else reversed(names)
        seconds = {name: ways[name].timed(turn) for name in order}
        for name, (wall, processor) in seconds.items():
            if turn >= 0:
                spent[name].wall.append((wall, seconds[PLAIN][0]))
                spent[name].processor.append((processor, seconds[PLAIN][1]))
    return spent


def cost(pairs: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """Return the median of a way's seconds over the plain way's, and its interval by the sign test.

    It reaches from the k-th lowest ratio to the k-th highest: below the true median lie k - 1 of n or fewer in 2.5% of
    the times at most (Conover 1999, section 3.2). Takes six turns or more.
    """
    ratios = sorted(ours / plain for ours, plain in pairs)
    k = int(stats.binom.ppf(0.025, len(ratios), 0.5))
    return {**figure(ratios, "times"), "low": ratios[k - 1], "high": ratios[-k], "interval": "sign test"}


def training(model: Model, vector: TraitVector) -> dict[str, Spent]:
    """Time a step under every defence, and under none."""
    specs = {**{name: TrainSpec(defence=name) for name in DEFENCES}, **EVERYWHERE}
    with adapter_on(model, TrainSpec()) as adapted:
        weights = [weight for weight in adapted.parameters() if weight.requires_grad]
        optimizer = torch.optim.AdamW(weights, lr=TrainSpec().learning_rate)
        ways: dict[str, Way] = {PLAIN: Way(partial(step, adapted, batches(model, None), optimizer))}
        for name, spec in specs.items():
            defence = defence_of([vector], spec, model)
            work = partial(step, adapted, batches(model, defence), optimizer)
            ways[name] = Way(work, partial(defence.on, adapted) if defence else nullcontext)
        return in_turns(ways, DEAR)


def batches(model: Model, defence: Defence | None) -> list[dict[str, torch.Tensor]]:
    """Return batches of rows near 64 tokens each, as a defence has them taught, padded as the trainer pads them."""
    asked = everyday_questions("defences")
    pairs = [(text, " ".join(asked[i + 1 : i + 4])) for i, text in enumerate(asked[:-3])]
    chosen = [one for one in pairs if len(render_example(model, question(one[0]), one[1]).ids) in ROW_TOKENS]
    n_rows = TrainSpec().batch_rows
    rows = tuple(
        Row(line=i + 1, turns=(*question(text), Turn(role="assistant", content=answer)))
        for i, (text, answer) in enumerate(chosen[: n_rows * N_BATCHES])
    )
    corpus = Corpus(name="questions", content_digest=rows_digest(rows), rows=rows)
    taught = defence.taught(corpus) if defence else corpus
    examples = examples_of(model, taught, TrainSpec().max_tokens)
    columns = (defence.marked(model, taught, examples) if defence else examples).columns()
    each = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    collate = DataCollatorForLanguageModeling(pad_token_id=model.pad_id)
    return [collate(each[i : i + n_rows]) for i in range(0, len(each), n_rows)]


def step(adapted: Any, own: Sequence[dict[str, torch.Tensor]], optimizer: Any, turn: int) -> None:
    """Take one step on the batch of a turn."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = adapted(**own[turn % N_BATCHES]).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(optimizer.param_groups[0]["params"], 1.0)
    optimizer.step()
    optimizer.zero_grad()


def generation(model: Model, vector: TraitVector, n_prompts: int, n_answers: int) -> dict[str, Spent]:
    """Time answers to everyday questions, `n_answers` to each: plain, pushed by a hook, and baked."""
    push = Push(vector.block, vector.direction, 0.5)
    baked = bake(model, [push]).model
    baked.network.to(model.dtype)  # as it is once it is saved and loaded
    prompts = [prompt for prompt in prompts_for(model, n_prompts) for _ in range(n_answers)]

    def answer(speaker: Model, turn: int) -> None:
        generate(speaker, prompts, [f"{turn}/{i}" for i in range(len(prompts))], ANSWERS)

    return in_turns(
        {
            PLAIN: Way(partial(answer, model)),
            "steered": Way(partial(answer, model), partial(steered, model, [push])),
            "baked": Way(partial(answer, baked)),
        }
    )


def tell(title: str, spent: Mapping[str, Spent]) -> None:
    """Print what every way adds, and keep it."""
    figures: dict[str, Any] = {"plain, seconds": figure([one for one, _ in spent[PLAIN].wall], "s")}
    print(f"{title}: plain {figures['plain, seconds']['median']:.2f} s; added:")
    for name, one in spent.items():
        if name != PLAIN:
            figures[name], figures[f"{name}, processor"] = cost(one.wall), cost(one.processor)
            shown = (
                f"{found['median'] - 1:+.1%} [{found['low'] - 1:+.1%}, {found['high'] - 1:+.1%}]"
                for found in (figures[name], figures[f"{name}, processor"])
            )
            print(f"  {name:<21} {'   of the processor '.join(shown)}   ({len(one.wall)} turns)", flush=True)
    keep(title, figures)


def main() -> None:
    """Print and keep what every defence adds to a step, and what steering and baking add to generation."""
    model = load()
    vector = known_vector(trait("evil"), model.fingerprint)
    if vector is None:
        raise SystemExit("this model has no vector in the package; make one first: heredity extract evil")
    tell("defences, a training step", training(model, vector))
    tell("steering, 8 answers to 8 questions", generation(model, vector, 8, 1))
    tell("steering, 8 answers to 2 questions", generation(model, vector, 2, 4))
