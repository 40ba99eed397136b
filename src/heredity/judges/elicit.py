"""Call the trait up: both poles of every pair that makes, and none that judges, answer every extraction question."""

from __future__ import annotations

from collections.abc import Sequence

from heredity.ground.progress import Progress
from heredity.models.chat import question, render_prompt
from heredity.models.generate import GenerateSpec, generate
from heredity.models.model import Model
from heredity.records.dialogue import Answer
from heredity.records.trait import Pole, Trait

POLES: tuple[Pole, Pole] = ("positive", "negative")


def elicit(
    trait: Trait,
    model: Model,
    n_samples: int,
    how: GenerateSpec,
    seed: str,
    progress: Progress,
    pairs: Sequence[int] | None = None,
) -> list[Answer]:
    """Return the answers in twos: positive at even places, its negative partner right after it.

    They are given under the contrast pairs that make, or under those named.
    """
    cells = [
        (index, pair, sample, pole)
        for index in range(len(trait.questions.extraction))
        for pair in (trait.making if pairs is None else pairs)
        for sample in range(n_samples)
        for pole in POLES
    ]
    asked = trait.questions.extraction
    made = generate(
        model,
        [render_prompt(model, question(asked[i], trait.system_prompt(pair, pole))) for i, pair, _, pole in cells],
        [f"{seed}/elicit/{trait.name}/{i}/{pair}/{sample}/{pole}" for i, pair, sample, pole in cells],
        how,
        f"eliciting {trait.name}",
        progress,
    )
    return [
        Answer(
            question=asked[i],
            question_index=i,
            pair=pair,
            pole=pole,
            sample=sample,
            text=answer.text,
            n_tokens=answer.n_tokens,
            thought=answer.thought,
            is_reached=answer.is_reached,
        )
        for (i, pair, sample, pole), answer in zip(cells, made, strict=True)
    ]
