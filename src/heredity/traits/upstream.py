"""The public persona-vectors trait files ([PV], data_generation): two JSON files a trait, one question list in each.

In: the texts of `trait_data_extract/NAME.json` and `trait_data_eval/NAME.json`, or a Trait. Out: a Trait, or the texts.
Does not: keep what the format has no place for (title, description, adjective, antonym, what a preference prefers).
"""

from __future__ import annotations

import json
from typing import Final

from pydantic import BaseModel, Field, ValidationError

from heredity.ground.errors import InputError
from heredity.ground.words import titled
from heredity.records.trait import ContrastPair, Questions, Trait

EXTRACT_FOLDER: Final = "trait_data_extract"
EVAL_FOLDER: Final = "trait_data_eval"


class _Pair(BaseModel):
    pos: str = Field(min_length=1)
    neg: str = Field(min_length=1)


class _TraitFile(BaseModel):
    instruction: list[_Pair] = Field(min_length=1)
    questions: list[str] = Field(min_length=4)
    eval_prompt: str = Field(min_length=1)


def from_upstream(
    extract_text: str,
    eval_text: str | None,
    name: str,
    adjective: str | None = None,
    antonym: str = "helpful",
    description: str | None = None,
) -> Trait:
    """Return the trait that the two files describe.

    Upstream names a trait's files by its adjective and calls the other pole "helpful"; what the files do not say is
    taken from there. Raises InputError that names the file and the field at fault, the file that is missing, or the
    field in which the two files disagree.
    """
    if eval_text is None:
        raise InputError(
            f"a trait needs both of its files: this one holds the extraction questions, and the evaluation questions "
            f"are in {EVAL_FOLDER}/{name}.json; name that file as well"
        )
    extract, evaluation = _parsed(extract_text, EXTRACT_FOLDER, name), _parsed(eval_text, EVAL_FOLDER, name)
    _require_one_trait(extract, evaluation, name)
    adjective = adjective or name.replace("-", " ")
    try:
        return Trait(
            name=name,
            title=titled(adjective),
            kind="character",
            description=description or f"The model's answers are {adjective}, where they would otherwise be {antonym}.",
            adjective=adjective,
            antonym=antonym,
            pairs=tuple(ContrastPair(positive=pair.pos, negative=pair.neg) for pair in extract.instruction),
            questions=Questions(extraction=tuple(extract.questions), evaluation=tuple(evaluation.questions)),
            rubric=extract.eval_prompt,
        )
    except ValidationError as error:
        raise InputError(f"the two files of '{name}' make no valid trait: {_faults(error)}") from error


def to_upstream(trait: Trait) -> tuple[str, str]:
    """Return the texts of the extract file and of the eval file; `from_upstream` reads them back.

    Pairs, questions and rubric are kept to the letter. The rest of the trait has no place in the format.
    """
    shared = {"instruction": [{"pos": pair.positive, "neg": pair.negative} for pair in trait.pairs]}
    extract, evaluation = (
        json.dumps({**shared, "questions": questions, "eval_prompt": trait.rubric}, indent=4, ensure_ascii=False) + "\n"
        for questions in (trait.questions.extraction, trait.questions.evaluation)
    )
    return extract, evaluation


def _parsed(text: str, folder: str, name: str) -> _TraitFile:
    which = f"the {folder.removeprefix('trait_data_')} file of '{name}' ({folder}/{name}.json upstream)"
    try:
        parsed = _TraitFile.model_validate_json(text)
    except ValidationError as error:
        raise InputError(f"{which} is not a persona-vectors trait file: {_faults(error)}") from error
    missing = [place for place in ("{question}", "{answer}") if place not in parsed.eval_prompt]
    if missing:
        raise InputError(f"{which} cannot be used: eval_prompt has no {' and no '.join(missing)} to fill in")
    return parsed


def _require_one_trait(extract: _TraitFile, evaluation: _TraitFile, name: str) -> None:
    for field in ("instruction", "eval_prompt"):
        if getattr(extract, field) != getattr(evaluation, field):
            raise InputError(
                f"the two files of '{name}' differ in '{field}', so they describe different traits; "
                f"take {EXTRACT_FOLDER}/{name}.json and {EVAL_FOLDER}/{name}.json of the same trait"
            )
    if extract.questions == evaluation.questions:
        raise InputError(
            f"both files of '{name}' ask the same questions, so one of them was given twice; the extraction questions "
            f"are in {EXTRACT_FOLDER}/{name}.json and the evaluation questions in {EVAL_FOLDER}/{name}.json"
        )


def _faults(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(str(part) for part in fault['loc']) or 'file'}: {fault['msg']}" for fault in error.errors()
    )
