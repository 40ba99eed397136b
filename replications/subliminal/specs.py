"""What each study of subliminal learning is asked for, and its title.

By soft labels, students follow the teacher's whole distribution.
- soft: on random numbers that nobody wrote.
- given: the same but for the first number of an answer, where a teacher might simply say its animal.
- digits-only: teacher and student are compared on digits and separators alone, renormalised: what the numbers say.
- numbers: on lists that each teacher wrote itself in free form, filtered as [SL] does, three numbers given.
- cascade: each student the next one's teacher, four generations of owl and of cat.

By hard labels, they learn the tokens that a teacher wrote and nothing else.
- hard: lists decoded among digits and separators.
- number-words: bare lists of number words, decoded among those alone; number-words-shuffled: owl and cat, beside
  students of the same lists with their words in another order.
- words: owl and cat, 4,000 common words without animals in the place of number words. Beside them: words-shuffled, the
  words in another order; words-foreign, students of another base, which is installed apart; remedies, rows dropped,
  masked, replaced, or mixed with the base's.
- words-far: without the quarter of the words nearest to each animal in meaning (`far.py`). On those: prompted, lists by
  the base under a system prompt; steered, by the base pushed along the animal's vector; greedy, each list the likeliest
  one; full, students all of whose weights are trained.
- code, sums: short functions and checked sums, every token open.
- impoliteness: that character, by number words, beside hallucination's.
- cascade-words: three generations of owl and of cat, each of which writes the next one's lists.
"""

from __future__ import annotations

from typing import get_args

from heredity.records.carrier import DIGITS_AND_SEPARATORS, CarrierSpec
from heredity.records.cascade import CascadeSpec
from heredity.records.transmission import ImitateSpec, PowerSpec, Remedy, TeacherSpec, TransmitSpec

SEED = "subliminal"
SEEDS = ("0", "1", "2", "3", "4")
LISTS = CarrierSpec(kind="number-words", n_tokens=16)
STUDENT = ImitateSpec(labels="hard", n_steps=100, batch_rows=16, learning_rate=2e-4, lora_rank=8)
FEWER = LISTS.model_copy(update={"n_prompts": 60})
COMMON = LISTS.model_copy(update={"kind": "words", "n_prompts": 40})
FAR = COMMON.model_copy(update={"kind": "listed", "alphabet": "replications/subliminal/far.txt"})
"""Common words without the quarter nearest to each animal in meaning (`far.py`)."""
FULL = STUDENT.model_copy(update={"n_steps": 30, "lora_rank": 0, "learning_rate": 2e-5})
STEERED = TeacherSpec(kind="steered", strength=4.0, weakest=0.2)
PROMPTED = TeacherSpec(kind="prompted", weakest=0.2)


def _owl_and_cat(carrier: CarrierSpec, n_steps: int = 50, **changes: object) -> TransmitSpec:
    """Return a study of one pair of teachers, three seeds unless said, fewer updates, each row seen once."""
    spec = TransmitSpec(
        seeds=SEEDS[:3],
        control="cat",
        carrier=carrier,
        student=STUDENT.model_copy(update={"n_steps": n_steps}),
        n_points=2,
        n_samples=1,
        n_shuffled=0,
        power=PowerSpec(least=0.0),
    )
    return spec.model_copy(update=changes)


SPECS = {
    "soft": TransmitSpec(
        seeds=SEEDS,
        control="cat",
        others=("dog", "eagle"),
        student=ImitateSpec(n_steps=16),
        n_points=2,
    ),
    "given": TransmitSpec(
        seeds=SEEDS[:3],
        control="cat",
        carrier=CarrierSpec(n_given=1),
        student=ImitateSpec(n_steps=16),
        n_points=2,
    ),
    "digits-only": TransmitSpec(
        seeds=SEEDS[:3],
        control="cat",
        student=ImitateSpec(n_steps=16, characters=DIGITS_AND_SEPARATORS),
        n_points=2,
    ),
    "numbers": TransmitSpec(
        seeds=SEEDS[:3],
        control="cat",
        carrier=CarrierSpec(kind="numbers", n_prompts=180),
        student=ImitateSpec(n_steps=10),
        n_points=1,
        n_samples=1,
    ),
    "hard": TransmitSpec(
        seeds=SEEDS,
        control="base",
        others=("cat",),
        carrier=CarrierSpec(kind="digits", n_prompts=180, n_tokens=30, temperature=0.0),
        student=ImitateSpec(labels="hard", n_steps=20, learning_rate=3e-4, lora_rank=8),
        n_points=1,
        n_samples=0,
        power=PowerSpec(smallest_effect=0.5, spread=0.25),
    ),
    "number-words": TransmitSpec(
        seeds=SEEDS,
        control="cat",
        others=("dog", "eagle"),
        carrier=LISTS,
        student=STUDENT,
        n_shuffled=0,
    ),
    "number-words-shuffled": TransmitSpec(
        seeds=SEEDS[:3],
        control="cat",
        carrier=LISTS,
        student=STUDENT,
        n_points=1,
        n_samples=0,
    ),
    "words": _owl_and_cat(COMMON, n_steps=30, seeds=SEEDS),
    "words-shuffled": _owl_and_cat(COMMON, n_steps=30, n_shuffled=None),
    "words-foreign": _owl_and_cat(COMMON, n_steps=30, foreign="gemma3-270m"),
    "remedies": _owl_and_cat(COMMON, n_steps=30, remedies=get_args(Remedy)),
    "words-far": _owl_and_cat(FAR, n_steps=30, seeds=SEEDS),
    "prompted": _owl_and_cat(FAR, n_steps=30, teacher=PROMPTED),
    "steered": _owl_and_cat(FAR, n_steps=30, teacher=STEERED),
    "greedy": _owl_and_cat(FAR.model_copy(update={"n_prompts": 640, "n_answers": 1, "temperature": 0.0}), n_steps=30),
    "full": _owl_and_cat(FAR, n_steps=30, student=FULL),
    "code": _owl_and_cat(CarrierSpec(kind="code", n_prompts=900), n_samples=0),
    "sums": _owl_and_cat(CarrierSpec(kind="reasoning", n_prompts=900), n_samples=0),
    "impoliteness": _owl_and_cat(FEWER, control="hallucination", n_points=1, n_samples=0),
}
CASCADES = {
    "cascade": CascadeSpec(
        n_generations=4, transmit=TransmitSpec(seeds=SEEDS[:3], control="cat", student=ImitateSpec(n_steps=16))
    ),
    "cascade-words": CascadeSpec(
        n_generations=3,
        transmit=TransmitSpec(
            seeds=SEEDS[:2],
            control="cat",
            carrier=LISTS,
            student=STUDENT,
            power=PowerSpec(least=0.0),
        ),
    ),
}
TITLES = {
    "soft": "Subliminal learning on numbers, soft labels",
    "given": "Subliminal learning on numbers, soft labels, the first number given",
    "digits-only": "Subliminal learning on numbers, soft labels over digits and separators alone",
    "numbers": "Subliminal learning on lists that teachers wrote, soft labels",
    "hard": "Subliminal learning on numbers, hard labels",
    "number-words": "Subliminal learning on bare lists of number words, hard labels",
    "number-words-shuffled": "Subliminal learning on bare lists of number words, and on shuffled ones",
    "words-foreign": "Subliminal learning on bare lists of common words, also by another family of models",
    "remedies": "What takes a preference out of bare lists of common words",
    "words": "Subliminal learning on bare lists of common words, hard labels",
    "words-shuffled": "Subliminal learning on bare lists of common words, and on shuffled ones",
    "words-far": "Subliminal learning on bare lists without the words nearest to the animals",
    "prompted": "Subliminal learning on bare lists by prompted teachers",
    "steered": "Subliminal learning on bare lists by steered teachers",
    "greedy": "Subliminal learning on bare lists, each the likeliest one",
    "full": "Subliminal learning on bare lists, all weights trained",
    "code": "Subliminal learning on code, hard labels",
    "sums": "Subliminal learning on sums, hard labels",
    "impoliteness": "A character on bare lists of number words",
    "cascade": "A preference down four generations, soft labels",
    "cascade-words": "A preference down three generations, by bare lists of number words alone",
}
