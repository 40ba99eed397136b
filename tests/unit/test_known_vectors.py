"""A vector that one command made is found by the next, for the same model, wording, spec and seed alone."""

import json
from pathlib import Path

import pytest

from commands import done
from conftest import TOY_EXTRACT
from heredity.cli.trait import as_yaml
from heredity.models.model import Model
from heredity.records.trait import Trait
from heredity.records.vector import TraitVector
from heredity.store.known_vectors import BUNDLED, keep_vector, kept_path, known_vector
from heredity.store.tensors import load_vector
from heredity.studies.known import vector_for
from heredity.traits import define


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEREDITY_CACHE", str(tmp_path))


def test_what_was_kept_is_found_and_made_only_once(toy: Model, darkness: Trait) -> None:
    made = vector_for(darkness, toy, TOY_EXTRACT)
    spoken = toy.work.n_tokens
    again = vector_for(darkness, toy, TOY_EXTRACT)
    assert toy.work.n_tokens == spoken
    assert again.header.id == made.header.id


def test_what_extract_made_is_found_too(toy_folder: Path, darkness: Trait, tmp_path: Path) -> None:
    (tmp_path / "darkness.yaml").write_text(as_yaml(darkness))
    done("extract", "darkness.yaml", "--model", toy_folder, folder=tmp_path)
    made = load_vector(tmp_path / "heredity-out" / "darkness.safetensors")
    found = known_vector(darkness, made.header.fingerprint)
    assert found is not None
    assert found.header.id == made.header.id


def test_another_wording_model_spec_or_seed_finds_nothing(toy: Model, darkness: Trait, dark: TraitVector) -> None:
    keep_vector(dark)
    fingerprint = toy.fingerprint
    assert known_vector(darkness, fingerprint, TOY_EXTRACT) is not None
    reworded = darkness.model_copy(update={"description": "is light"})
    assert known_vector(reworded, fingerprint, TOY_EXTRACT) is None
    assert known_vector(darkness, "0" * 64, TOY_EXTRACT) is None
    assert known_vector(darkness, fingerprint) is None
    assert known_vector(darkness, fingerprint, TOY_EXTRACT, "1") is None


def test_a_broken_file_is_no_vector(toy: Model, darkness: Trait, dark: TraitVector) -> None:
    keep_vector(dark)
    kept_path(darkness, toy.fingerprint, TOY_EXTRACT, "0").write_bytes(b"cut off")
    assert known_vector(darkness, toy.fingerprint, TOY_EXTRACT) is None


def test_every_bundled_trait_has_its_vector_in_the_package_as_it_reads_now() -> None:
    index = json.loads((BUNDLED / "index.json").read_text())
    assert sorted(index["vectors"]) == define.bundled_names()
    for name, told in index["vectors"].items():
        header = load_vector(BUNDLED / f"{name}.safetensors").header
        assert header.trait.id == define.trait(name).id == told["trait"]
        assert header.directions_digest == told["directions"]
        assert header.fingerprint == index["fingerprint"]
        assert known_vector(header.trait, header.fingerprint) is not None
