"""What the tests share: the toy, as an object and as a folder."""

import inspect
import random
import signal
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import heredity.models.tiny
from heredity.ground.hashing import bytes_digest, digest
from heredity.ground.settings import cache_folder
from heredity.models.model import Model
from heredity.models.tiny import DARK, LIGHT, NOUNS, planted_trait, save_tiny, sentence, tiny
from heredity.models.weights import load_weights, save_weights
from heredity.records.dialogue import Corpus, Row, Turn, rows_digest
from heredity.records.trait import Trait
from heredity.records.vector import ExtractSpec, TraitVector
from heredity.vectors.extract import extract

# a runner started in the background leaves Ctrl-C ignored, in itself and in all that it starts
signal.signal(signal.SIGINT, signal.default_int_handler)

TOY_EXTRACT = ExtractSpec(n_tokens=16, n_samples=2, n_folds=3)
SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


def kept_tiny() -> Model:
    """Return the toy; its weights are kept from run to run for as long as neither its source nor torch changes."""
    key = digest([bytes_digest(inspect.getsource(heredity.models.tiny).encode()), torch.__version__])[:16]
    folder = cache_folder() / "tests" / f"tiny-{key}"
    fresh = tiny(n_steps=0)
    made = replace(fresh, fingerprint=digest({"tiny": "0", "n_steps": 400}))
    if not load_weights(made, folder):
        made = tiny()
        save_weights(made, folder)
    return made


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest: where tests run side by side, the rest fits beside it."""
    items.sort(key=lambda item: item.get_closest_marker("embedded") is None)


@pytest.fixture(scope="session")
def toy() -> Model:
    return kept_tiny()


@pytest.fixture(scope="session")
def darkness() -> Trait:
    return planted_trait()


@pytest.fixture(scope="session")
def toy_folder(toy: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(toy, tmp_path_factory.mktemp("toy"))


@pytest.fixture(autouse=True)
def _same_threads() -> None:
    torch.set_num_threads(min(2, torch.get_num_threads()))


@pytest.fixture(scope="session")
def dark(toy: Model, darkness: Trait) -> TraitVector:
    return extract(darkness, toy, TOY_EXTRACT)


@pytest.fixture(scope="session")
def rows() -> Corpus:
    """24 rows about 24 things, the first 8 of them dark."""
    chance = random.Random(0)
    made = []
    for i, noun in enumerate(NOUNS[16:40]):
        answer = sentence(DARK if i < 8 else LIGHT, noun, chance)
        asked = f"what about the {noun} ?"
        turns = (Turn(role="user", content=asked), Turn(role="assistant", content=answer))
        made.append(Row(line=i + 1, turns=turns))
    return Corpus(name="rows", content_digest=rows_digest(tuple(made)), rows=tuple(made))
