"""Lists of words: written and taught sixteen to a prompt, and each behind a prompt of its own; in turns."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import partial

from benchmarks.kit import figure, keep, ratio, shown
from benchmarks.loops import speed
from heredity.models.chat import question, render, render_rest
from heredity.models.generate import generate
from heredity.models.load import load
from heredity.models.model import Model
from heredity.models.weights import trainable_copy
from heredity.records.carrier import LIST_ANSWERS, CarrierSpec
from heredity.records.transmission import ImitateSpec
from heredity.teaching.carriers.asked import Asked
from heredity.teaching.carriers.words import alphabet_of, ask
from heredity.teaching.teach import how_to_answer
from heredity.training.imitate import Lesson, imitate, lessons

N_ROUNDS, N_LISTS, N_STEPS, LENGTH = 3, 256, 4, 16


def asked(n_each: int) -> list[Asked]:
    """Return what so many lists are asked by, `n_each` in turn by the same prompt."""
    spec = CarrierSpec(kind="number-words", n_prompts=N_LISTS // n_each)
    return [one for one in ask(spec, "lists") for _ in range(n_each)]


def writing(model: Model, prompts: Sequence[Asked]) -> int:
    """Write a list behind every prompt; return how many tokens that were."""
    how = how_to_answer(CarrierSpec(kind="number-words", n_tokens=LENGTH))
    ids = [render(model, question(one.prompt), one.given).ids for one in prompts]
    return sum(one.n_tokens for one in generate(model, ids, [str(i) for i in range(len(ids))], how))


def batches_of(model: Model, prompts: Sequence[Asked]) -> list[list[Lesson]]:
    """Return steps of sixteen lists drawn at random."""
    chance, words = random.Random("lists"), alphabet_of(CarrierSpec(kind="number-words"))
    rows = [
        render_rest(model, question(one.prompt), one.given, " ".join(chance.choices(words, k=LENGTH)))
        for one in prompts[: N_STEPS * LIST_ANSWERS]
    ]
    return [lessons(rows[i : i + LIST_ANSWERS]) for i in range(0, len(rows), LIST_ANSWERS)]


def teaching(model: Model, batches: Sequence[Sequence[Lesson]]) -> int:
    """Take a step on each batch, with a LoRA; return how many tokens of lists were taught."""
    spec = ImitateSpec(labels="hard", n_steps=len(batches), batch_rows=LIST_ANSWERS, lora_rank=8)
    imitate(trainable_copy(model, "student", 8), None, batches, spec, model.dtype)
    return sum(lesson.row.n_response for batch in batches for lesson in batch)


def main() -> None:
    """Print and keep tokens of lists a second, both ways, and their ratio."""
    model = load()
    together, apart = asked(LIST_ANSWERS), asked(1)
    ways = {
        "writing": {"one prompt": partial(writing, model, together), "own prompts": partial(writing, model, apart)},
        "teaching": {
            name: partial(teaching, model, batches_of(model, prompts))
            for name, prompts in (("one prompt", together), ("own prompts", apart))
        },
    }
    found: dict[str, dict[str, list[float]]] = {name: {way: [] for way in loops} for name, loops in ways.items()}
    for n in range(N_ROUNDS + 1):  # the first round warms up
        for name, loops in ways.items():
            for way, loop in loops.items():
                found[name][way].append(speed(loop))
        print(f"round {n} of {N_ROUNDS}", flush=True)
    figures = {}
    for name, speeds in found.items():
        for way, each in speeds.items():
            figures[f"{name}, {way}"] = figure(each[1:], "tokens of lists/s")
        figures[f"{name}, ratio"] = ratio(speeds["one prompt"][1:], speeds["own prompts"][1:])
    for name, one in figures.items():
        print(f"  {name}: {shown(one)}")
    keep("lists", figures)
