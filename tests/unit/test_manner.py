"""How a model answers everyday questions is read once, and found again for the same model and blocks alone."""

import json
from pathlib import Path

import numpy as np
import pytest

from heredity.ground.settings import cache_folder
from heredity.models.model import Model
from heredity.screening.space import blocks_at
from heredity.store.known_manner import keep_manner, known_answers, known_manner, manner_path
from heredity.store.known_vectors import BUNDLED
from heredity.studies.known import manner_for


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEREDITY_CACHE", str(tmp_path))


def test_it_is_read_once_and_found_as_it_was_kept(toy: Model) -> None:
    first = manner_for(toy, (1, 2))
    assert first.shape[1:] == (2, toy.width)
    spoken = toy.work.n_tokens
    again = manner_for(toy, (1, 2))
    assert toy.work.n_tokens == spoken
    assert np.array_equal(first, again)


def test_other_blocks_or_another_model_find_nothing() -> None:
    keep_manner(np.ones((3, 1, 4)), "a" * 64, (1,))
    assert known_manner("a" * 64, (1,)) is not None
    assert known_manner("a" * 64, (2,)) is None
    assert known_manner("b" * 64, (1,)) is None


def test_a_broken_file_is_read_anew() -> None:
    keep_manner(np.ones((3, 1, 4)), "a" * 64, (1,))
    manner_path(cache_folder() / "manner", "a" * 64, (1,)).write_bytes(b"cut off")
    assert known_manner("a" * 64, (1,)) is None


def test_the_embedded_models_lies_in_the_package() -> None:
    index = json.loads((BUNDLED / "index.json").read_text())
    own = known_manner(index["fingerprint"], blocks_at(30))
    assert own is not None
    assert own.shape == (200, 3, 576)
    answers = known_answers(index["fingerprint"])
    assert answers is not None
    assert len(answers) == 200
