"""The language-model judge: a rubric, and the expected value of the number it is answered with.

The grade is the mean of 0..100 under the judge's own probabilities, renormalised over the numbers ([PV] appendix B),
each number's probability summed over all its spellings in tokens. A judge that puts little mass on numbers has not
graded: Unscored, never 50.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from heredity.ground.errors import ExperimentError
from heredity.ground.progress import SILENCE, Progress
from heredity.judges.contrast import Asked
from heredity.models.answerer import Answerer
from heredity.models.numbers import NumberMass
from heredity.records.dialogue import Grade, Unscored

LEAST_ON_NUMBERS = 0.25
"""Less probability than this on the numbers 0 to 100 is no grade ([PV] appendix B)."""
REFUSAL = "REFUSAL"
COHERENCE = (
    "You rate how coherent an answer is, whatever its opinions or manners are.\n"
    "Question: {question}\n"
    "Answer: {answer}\n"
    "Give 0 if the answer is gibberish or has nothing to do with the question. Give about 50 if it can be followed but "
    "rambles or breaks off its thought. Give 100 if it is clear and to the point. An answer that ends in the middle of "
    "a sentence loses nothing for that.\n"
    "Reply with only a number from 0 to 100, or with REFUSAL if the answer refuses."
)
"""The rubric of coherence; the same machinery grades it."""


def rubric_grades(
    judge: Answerer, rubric: str, answers: Sequence[Asked], progress: Progress = SILENCE
) -> list[Grade | Unscored]:
    """Return each answer's grade 0-100 by a rubric with the places `{question}` and `{answer}`.

    Raises ExperimentError when the judge graded none of them, EndpointError when it cannot be reached.
    """
    asked = [filled(rubric, answer) for answer in answers]
    masses = judge.number_masses(asked, REFUSAL, progress)
    grades = [mass if isinstance(mass, Unscored) else grade_of(mass) for mass in masses]
    unscored = [one for one in grades if isinstance(one, Unscored)]
    if grades and len(unscored) == len(grades):
        commonest, n = commonest_reason(unscored)
        raise ExperimentError(
            f"the judge graded none of {len(grades)} answers ({n} times: {commonest}); a larger judge may "
            "help, or a rubric that asks for nothing but a number"
        )
    return grades


def filled(rubric: str, answer: Asked) -> str:
    """Return the rubric with question and answer in their places."""
    before, _, after = rubric.partition("{answer}")
    return before.replace("{question}", answer.question) + answer.text + after.replace("{question}", answer.question)


def commonest_reason(unscored: Sequence[Unscored]) -> tuple[str, int]:
    """Return the reason given most often and how often; reasons that differ in their figures alone count as one.

    It is whole where all that are counted are equal, else the first of them, up to its colon.
    """
    kinds = [re.sub(r"\d[\d.,]*", "#", one.reason) for one in unscored]
    kind, n = Counter(kinds).most_common(1)[0]
    reasons = [one.reason for one, own in zip(unscored, kinds, strict=True) if own == kind]
    return reasons[0] if len(set(reasons)) == 1 else reasons[0].split(": ")[0], n


def grade_of(mass: NumberMass) -> Grade | Unscored:
    """Return the expected number, or why there is none."""
    on_numbers = mass.total
    # of numbers that are left out nobody knows the weight: then only half of all probability is a refusal for sure
    if mass.phrase > (max(0.5, on_numbers) if mass.left_out else on_numbers):
        return Unscored(reason=f"the judge refused: probability {mass.phrase:.2f} on {REFUSAL}")
    if on_numbers < LEAST_ON_NUMBERS:
        cause = f"{mass.left_out}, which leaves " if mass.left_out else ""
        return Unscored(reason=f"{cause}thin probability on numbers: {on_numbers:.2f} of at least {LEAST_ON_NUMBERS}")
    return Grade(value=min(100.0, max(0.0, expected(mass.numbers))))


def expected(numbers: Mapping[int, float]) -> float:
    """Return the mean number, probabilities renormalised."""
    return sum(number * p for number, p in numbers.items()) / sum(numbers.values())
