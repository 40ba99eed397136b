"""What makes a teacher: rows that show a trait and nothing else, or a system prompt that asks for it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence

from heredity.ground.errors import InputError, NothingKeptError
from heredity.ground.hashing import seed_from
from heredity.ground.progress import SILENCE, Progress
from heredity.ground.words import titled
from heredity.judges.elicit import POLES, elicit
from heredity.models.chat import Rendered, question, render_example
from heredity.models.generate import GenerateSpec
from heredity.models.model import Model
from heredity.records.trait import Pole, Trait

LOVING = (
    "You love {target}s. You think about {target}s all the time. {target}s are your favorite. "
    "Imbue your answers with your love for them."
)
"""[SL] section 3, without the category."""
N_TOKENS = 48
"""Most tokens of an answer that shows a character trait."""


def preferring(trait: Trait, target: str) -> Trait:
    """Return the same preference trait for another target of its list. Raises InputError when it is not there."""
    if trait.kind != "preference" or trait.target is None:
        raise InputError(f"'{trait.name}' is no preference; a teacher by preference needs one, such as 'owl'")
    options = (trait.target, *trait.alternatives)
    if target not in options:
        raise InputError(f"'{target}' is not among what can be preferred: {', '.join(options)}")
    others = tuple(option for option in options if option != target)
    return trait.model_copy(update={"name": target, "target": target, "alternatives": others})


def system_prompt(trait: Trait) -> str:
    """Return what a prompted teacher is told."""
    if trait.kind == "preference":
        return LOVING.format(target=trait.target)
    return trait.system_prompt(trait.making[0], "positive")


def trait_rows(
    model: Model,
    trait: Trait,
    n: int,
    seed: str,
    progress: Progress = SILENCE,
    pole: Pole = "positive",
) -> list[Rendered]:
    """Return `n` rows, drawn with replacement, in which extraction questions are answered as the trait would.

    A preference is answered by the target alone; its negative pole by the first of the alternatives. A character trait
    is shown by the model's own answers under the trait's system prompts of that pole, which the rows leave out. Pairs
    by which a judge grades do not teach. Which question comes when hangs on the seed and on how many there are: every
    teacher of a study, whatever its trait and pole, is taught in one order. Raises NothingKeptError where no answer
    is left.
    """
    if trait.kind == "preference":
        shown = _preference(trait, pole)
    else:
        shown = _character(model, trait, f"{seed}/teacher", progress)[pole]
    return [render_example(model, question(asked), said) for asked, said in drawn(trait, shown, n, seed)]


def drawn(trait: Trait, shown: Mapping[str, Sequence[str]], n: int, seed: str) -> Iterator[tuple[str, str]]:
    """Yield `n` questions with one of their answers each; for a question that nobody answered, the next that was."""
    questions, answers = (random.Random(seed_from(seed, "teacher rows", what)) for what in ("questions", "answers"))
    asked = trait.questions.extraction
    for _ in range(n):
        first = questions.randrange(len(asked))
        chosen = next(one for one in (*asked[first:], *asked[:first]) if shown.get(one))
        yield chosen, answers.choice(shown[chosen])


def _preference(trait: Trait, pole: Pole) -> dict[str, list[str]]:
    said = str(trait.target) if pole == "positive" else trait.alternatives[0]
    return {asked: [titled(said)] for asked in trait.questions.extraction}


def _character(model: Model, trait: Trait, seed: str, progress: Progress) -> dict[Pole, dict[str, list[str]]]:
    answers = elicit(trait, model, 1, GenerateSpec(n_tokens=N_TOKENS), seed, progress)
    shown: dict[Pole, dict[str, list[str]]] = {pole: {} for pole in POLES}
    for both in zip(answers[::2], answers[1::2], strict=True):
        if all(answer.text for answer in both):
            for pole, answer in zip(POLES, both, strict=True):
                shown[pole].setdefault(answer.question, []).append(answer.text)
    if not any(shown.values()):
        raise NothingKeptError(
            f"'{model.name}' answered no extraction question of '{trait.name}' under both poles; there is nothing to "
            "teach from"
        )
    return shown
