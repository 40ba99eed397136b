"""What a checkpoint's generation settings say changes no answer: the spec and the end ids decide alone."""

import json
import logging
import shutil
from pathlib import Path
from typing import Any

import pytest
from transformers.utils import logging as transformers_logging

from heredity.models.chat import question, render_prompt
from heredity.models.generate import Generated, GenerateSpec, generate
from heredity.models.load import load
from heredity.models.model import Model
from heredity.models.tiny import NOUNS, save_tiny, tiny
from heredity.studies.bench import bench_in

SPEC = GenerateSpec(n_tokens=12)
SHAPING: dict[str, dict[str, Any]] = {
    "repetition penalty": {"repetition_penalty": 1.3},
    "no repeated n-grams": {"no_repeat_ngram_size": 2},
    "suppressed tokens": {"suppress_tokens": list(range(40, 80))},
    "suppressed first tokens": {"begin_suppress_tokens": list(range(40, 80))},
    "bad words": {"bad_words_ids": [[token] for token in range(40, 80)]},
    "least length": {"min_length": 60},
    "least new tokens": {"min_new_tokens": 11},
    "greatest length": {"max_length": 4},
    "forced first token": {"forced_bos_token_id": 40},
    "forced last token": {"forced_eos_token_id": 1},
    "favoured sequences": {"sequence_bias": [[[40], 50.0]]},
    "sampling": {"temperature": 0.1, "top_p": 0.2, "top_k": 2, "min_p": 0.4, "do_sample": True},
    "sampling settings without sampling": {"temperature": 0.6, "top_p": 0.9, "typical_p": 0.5},
    "beams": {"num_beams": 3, "length_penalty": 2.0, "early_stopping": True},
    "several answers": {"num_return_sequences": 2, "do_sample": True},
    "ever likelier ends": {"exponential_decay_length_penalty": [2, 5.0]},
    "a static cache": {"cache_implementation": "static"},
    "no cache": {"use_cache": False},
    "guidance": {"guidance_scale": 3.0},
    "a watermark": {"watermarking_config": {"bias": 9.0, "greenlist_ratio": 0.1}},
    "scores asked for": {"output_scores": True, "return_dict_in_generate": True, "output_hidden_states": True},
    "prompt lookup": {"prompt_lookup_num_tokens": 3},
    "a time limit": {"max_time": 1e-6},
    "stop strings": {"stop_strings": ["the"]},
    "a name of its own": {"something_new": 3},
}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tiny(n_steps=1), tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def expected(plain: Path) -> list[list[Generated]]:
    return answers(load(str(plain), "cpu", "float32"))


def answers(model: Model) -> list[list[Generated]]:
    """Return sampled and greedy answers, and some that may not end at once."""
    prompts = [render_prompt(model, question(f"what about the {noun} ?")) for noun in NOUNS[:4]]
    specs = (SPEC, GenerateSpec(n_tokens=12, temperature=0), GenerateSpec(n_tokens=12, min_tokens=5))
    return [generate(model, prompts, list("0123"), spec) for spec in specs]


@pytest.mark.parametrize("what", SHAPING)
def test_a_checkpoints_generation_settings_change_no_answer_and_raise_no_warning(
    what: str, plain: Path, expected: list[list[Generated]], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = shutil.copytree(plain, tmp_path / "model")
    path = folder / "generation_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **SHAPING[what]}))
    model = load(str(folder), "cpu", "float32")
    told = dict(vars(model.network.generation_config))
    transformers_logging.enable_propagation()
    with caplog.at_level(logging.WARNING):
        found = answers(model)
    transformers_logging.disable_propagation()
    assert found == expected
    assert [record.message for record in caplog.records] == []
    assert vars(model.network.generation_config) == told


def test_a_generate_function_that_came_with_the_model_is_not_asked(
    plain: Path, expected: list[list[Generated]]
) -> None:
    model = load(str(plain), "cpu", "float32")

    def own(**kwargs: Any) -> None:
        raise AssertionError("the model's own generate was called")

    model.network.generate = own
    assert answers(model) == expected


def test_the_end_of_turn_of_the_generation_settings_still_ends_an_answer(
    plain: Path, expected: list[list[Generated]]
) -> None:
    model = load(str(plain), "cpu", "float32")
    word = expected[0][0].text.split()[2]
    model.network.generation_config.eos_token_id = [1, *model.tokenizer(word)["input_ids"]]
    assert answers(model)[0][0].text == expected[0][0].text.partition(f" {word}")[0]


def test_records_say_how_answers_were_drawn(tmp_path: Path) -> None:
    said = bench_in(tmp_path, tiny(n_steps=0), "0").provenance().sampling
    assert said["top_k"] == GenerateSpec().top_k
    assert said["checkpoint's generation settings"] == "none but its end-of-turn ids"
