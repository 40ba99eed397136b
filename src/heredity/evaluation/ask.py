"""Ask a model the evaluation questions."""

from __future__ import annotations

from heredity.ground.progress import Progress
from heredity.models.chat import question, render_prompt
from heredity.models.generate import GenerateSpec, generate
from heredity.models.model import Model
from heredity.records.dialogue import Answer
from heredity.records.evaluation import EvalSpec
from heredity.records.trait import Trait


def ask(
    model: Model, trait: Trait, spec: EvalSpec, seed: str, progress: Progress, system: str | None = None
) -> tuple[Answer, ...]:
    """Return `n_samples` answers to every evaluation question; arms with the same seed share their luck."""
    cells = [(index, sample) for index in range(len(trait.questions.evaluation)) for sample in range(spec.n_samples)]
    asked = trait.questions.evaluation
    made = generate(
        model,
        [render_prompt(model, question(asked[index], system)) for index, _ in cells],
        [f"{seed}/ask/{trait.name}/{index}/{sample}" for index, sample in cells],
        GenerateSpec(n_tokens=spec.n_tokens, temperature=spec.temperature),
        f"asking about {trait.name}",
        progress,
    )
    return tuple(
        Answer(
            question=asked[index],
            question_index=index,
            sample=sample,
            text=a.text,
            n_tokens=a.n_tokens,
            thought=a.thought,
            is_reached=a.is_reached,
        )
        for (index, sample), a in zip(cells, made, strict=True)
    )
