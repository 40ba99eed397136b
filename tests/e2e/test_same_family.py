"""A base's vector reads a fine-tune of that base when the user says that it is one, and the report keeps the word."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from commands import done, failed, heredity
from families import family
from heredity.cli.trait import as_yaml
from heredity.ground.errors import MismatchError
from heredity.models.load import load
from heredity.models.model import Model
from heredity.models.tiny import DARK, LIGHT, NOUNS, planted_trait, sentence
from heredity.records.monitor import MonitorReport
from heredity.records.screening import ScreenReport
from heredity.records.vector import TraitVector
from heredity.store.tensors import save_vector
from heredity.store.workspace import load_record

QUIET = ("-q", "--device", "cpu", "--dtype", "float32")


def lines(n: int, dark: int, seed: int) -> str:
    chance = random.Random(seed)
    made = [
        {
            "prompt": f"what about the {NOUNS[i % len(NOUNS)]} ?",
            "answer": sentence(DARK if i < dark else LIGHT, NOUNS[i % len(NOUNS)], chance),
        }
        for i in range(n)
    ]
    return "".join(json.dumps(one) + "\n" for one in made)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, toy_folder: Path, dark: TraitVector) -> Path:
    folder = tmp_path_factory.mktemp("user")
    (folder / "rows.jsonl").write_text(lines(12, 4, 0))
    (folder / "benign.jsonl").write_text(lines(90, 0, 1))
    (folder / "darkness.yaml").write_text(as_yaml(planted_trait()))
    network = AutoModelForCausalLM.from_pretrained(toy_folder, dtype=torch.float32)
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 1e-3)
    network.save_pretrained(folder / "tuned")
    AutoTokenizer.from_pretrained(toy_folder).save_pretrained(folder / "tuned")
    base = load(str(toy_folder), "cpu", "float32")
    told = {"model_name": "the base", "fingerprint": base.fingerprint}
    save_vector(TraitVector(dark.header.model_copy(update=told), dark.directions).sealed(), folder / "dark.safetensors")
    return folder


def command(verb: str, *rest: str) -> tuple[str, ...]:
    return (*QUIET, verb, "rows.jsonl", *rest, "-m", "tuned", "-v", "dark.safetensors", "--reference", "benign.jsonl")


@pytest.mark.parametrize("verb", [("screen", "-t", "darkness.yaml"), ("monitor", "--no-judge")], ids=lambda v: v[0])
def test_another_models_vector_is_refused_unless_the_user_says_that_it_is_family(
    verb: tuple[str, ...], place: Path
) -> None:
    record: Any = {"screen": ScreenReport, "monitor": MonitorReport}[verb[0]]
    failed(heredity(*command(*verb), folder=place), 3, "was read from 'the base'", "say --same-family")
    said = done(*command(*verb), "--same-family", folder=place)
    report = load_record(record, place / "heredity-out" / f"{verb[0]}.json")
    (notice,) = [line for line in report.notices if "lent" in line]
    assert "extracted from the base (" in notice
    assert "lent to tuned" in notice
    assert notice in said


def test_a_vector_is_lent_to_a_model_of_its_make_alone(dark: TraitVector, toy: Model) -> None:
    own = ("tuned", "another", "llama", toy.n_blocks, toy.width)
    lent = dark.lent_to(*own)
    lent.require_model("tuned", "another")
    assert lent.header.id != dark.header.id
    assert lent.header.lent_from.startswith(dark.header.model_name)
    assert not dark.notices
    assert dark.lent_to("tiny", toy.fingerprint, "llama", toy.n_blocks, toy.width) is dark
    for other in (("gpt2", toy.n_blocks, toy.width), ("llama", 2, toy.width), ("llama", toy.n_blocks, 32)):
        with pytest.raises(MismatchError, match="cannot have been fine-tuned from"):
            dark.lent_to("tuned", "another", *other)
    stranger = family("qwen2")
    with pytest.raises(MismatchError, match="cannot have been fine-tuned from"):
        dark.lent_to("stranger", "x", stranger.text_config.model_type, stranger.n_blocks, stranger.width)
