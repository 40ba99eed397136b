"""What a fine-tune's defences are given by a study or a door: a screen's flags and scores, the base's own answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from heredity.ground.errors import InputError
from heredity.ground.progress import Progress
from heredity.models.model import Model
from heredity.records.defending import agreeing_defences, needs_of
from heredity.records.dialogue import Row
from heredity.records.row_scores import RowScores
from heredity.records.vector import TraitVector
from heredity.studies.known import answers_for
from heredity.training.defences.given import Given


def given_from(
    text: str, vectors: Sequence[TraitVector], screened: RowScores | None = None, benign: Sequence[Row] = ()
) -> Given:
    """Return what the defences that a text asks for take of all this; the rest is left out.

    Scores are how far a row lies over its threshold. Raises as `needs_of` does.
    """
    needs = needs_of(text)
    flagged, scores = None, None
    if screened is not None and "flagged" in needs:
        flagged = frozenset(screened.lines[screened.is_flagged].tolist())
    if screened is not None and "scores" in needs:
        scores = dict(zip(screened.lines.tolist(), screened.over.tolist(), strict=True))
    return Given(tuple(vectors), tuple(benign) if "benign" in needs else (), flagged, scores)


def require_givable(text: str, given: Given) -> None:
    """Raise, before a model is loaded, what defences would; benign rows can still be the base's own answers.

    Raises InputError too for vectors that no defence takes.
    """
    every = agreeing_defences(text, [vector.header.trait.name for vector in given.vectors])
    if given.vectors and not any(asked.options.takes_vectors for asked in every):
        raise InputError(f"vectors are given, but '{text}' takes none; name a defence along them as well")
    for asked in every:
        given.require(asked, but=("benign",))


def with_answers(text: str, given: Given, model: Model, progress: Progress) -> Given:
    """Return what is given, with the base's own everyday answers where a defence needs benign rows and has none."""
    if "benign" not in needs_of(text) or given.benign:
        return given
    return replace(given, benign=answers_for(model, progress))
