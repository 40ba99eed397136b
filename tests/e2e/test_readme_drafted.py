"""The README's second block: from a sentence to a monitor, on the embedded model."""

from pathlib import Path

import pytest

from heredity.records.dialogue import Corpus
from heredity.store.tensors import load_vector
from readme import DRAFTED, furnished, run


@pytest.mark.embedded
def test_a_sentence_becomes_a_direction_that_beats_luck_and_is_watched(tmp_path: Path, rows: Corpus) -> None:
    place = furnished(tmp_path, rows)
    for command in DRAFTED:
        run(command, place)
    assert (place / "heredity-out" / "monitor.html").exists()
    drafted = load_vector(place / "heredity-out" / "pessimism.safetensors").header
    assert drafted.trait.drafted is not None
    assert drafted.is_above_chance
