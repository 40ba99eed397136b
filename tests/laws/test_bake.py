"""What baking promises: the weights do what the hook did."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, GPT2Config, GraniteConfig, LlamaConfig, MixtralConfig, Qwen2Config

from heredity.ground.errors import ExperimentError, InputError, NonFiniteError
from heredity.models.bake import TOLERANCE, Baked, bake, down_projections, save_baked
from heredity.models.chat import question, render_prompt
from heredity.models.generate import GenerateSpec, generate
from heredity.models.load import load
from heredity.models.model import Model
from heredity.models.steer import Push, steered
from heredity.models.tiny import tiny_tokenizer
from heredity.records.baking import BakedVector
from tests_shared import GROUPED, SMALL, random_model, some_rows

BAKEABLE = ("llama", "gpt2", "neox")


def logits(model: Model) -> torch.Tensor:
    """Over prompts that baking itself does not try."""
    with torch.no_grad():
        return torch.cat([model.network(torch.tensor([row.ids])).logits[0] for row in some_rows(model)])


def pushes(model: Model, strength: float = 2.0) -> list[Push]:
    """Two pushes at one block and one at each of the others."""
    chance = np.random.default_rng(0)
    return [
        Push(block, chance.standard_normal(model.width).astype(np.float32), strength)
        for block in (1, *range(model.n_blocks))
    ]


def network(config: object) -> Model:
    torch.manual_seed(0)
    made = AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
    return Model("random", made, tiny_tokenizer(), "random")


def saved(baked: Baked, folder: Path) -> Path:
    parts = [BakedVector(trait="darkness", vector_id="0", blocks=(0, 1, 2), strength=2.0)]
    save_baked(baked, parts, folder)
    return folder


@pytest.mark.parametrize("name", BAKEABLE)
class TestOnEveryArchitectureWithABias:
    @pytest.mark.parametrize("block", [0, 1, 2])
    def test_one_push_gives_the_hooked_logits(self, name: str, block: int) -> None:
        model = random_model(name)
        push = replace(pushes(model)[0], block=block)
        plain = logits(model)
        with steered(model, [push]):
            hooked = logits(model)
        baked = bake(model, [push])
        scale = float(hooked.abs().max())
        assert float((logits(baked.model) - hooked).abs().max()) < TOLERANCE * scale
        assert float((plain - hooked).abs().max()) > 100 * TOLERANCE * scale  # the push does something

    def test_many_pushes_add_up(self, name: str) -> None:
        model = random_model(name)
        with steered(model, pushes(model)):
            hooked = logits(model)
        baked = bake(model, pushes(model))
        torch.testing.assert_close(logits(baked.model), hooked, atol=TOLERANCE * float(hooked.abs().max()), rtol=0)
        assert baked.proof.difference < TOLERANCE
        assert baked.proof.n_tokens > 20

    def test_strength_0_leaves_the_logits_as_they_are(self, name: str) -> None:
        model = random_model(name)
        torch.testing.assert_close(logits(bake(model, pushes(model, 0.0)).model), logits(model), atol=1e-6, rtol=0)

    def test_saved_and_loaded_it_is_the_same(self, name: str, tmp_path: Path) -> None:
        model = random_model(name)
        baked = bake(model, pushes(model))
        again = load(str(saved(baked, tmp_path / "baked")), device="cpu", dtype="float32")
        assert torch.equal(logits(again), logits(baked.model))
        prompts = [render_prompt(model, question("what about the lamp ?"))]
        greedy = GenerateSpec(n_tokens=12, temperature=0)
        with steered(model, pushes(model)):
            assert generate(again, prompts, ["0"], greedy) == generate(model, prompts, ["0"], greedy)

    def test_the_original_is_untouched(self, name: str) -> None:
        model = random_model(name)
        before = {key: value.clone() for key, value in model.network.state_dict().items()}
        config = model.network.config.to_dict()
        bake(model, pushes(model))
        after = model.network.state_dict()
        assert list(after) == list(before)
        assert all(torch.equal(after[key], value) for key, value in before.items())
        assert model.network.config.to_dict() == config

    def test_a_baked_model_is_not_taken_for_its_base(self, name: str) -> None:
        model = random_model(name)
        prints = {bake(model, pushes(model, s)).model.fingerprint for s in (0.0, 1.0)} | {model.fingerprint}
        assert len(prints) == 3


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("qwen2", "no mlp_bias"),
        ("qwen3", "no mlp_bias"),
        ("gemma2", "norms its MLP's output"),
        ("gemma3", "norms its MLP's output"),
    ],
)
def test_an_architecture_without_a_place_is_refused_with_the_reason_and_the_way_out(name: str, reason: str) -> None:
    model = random_model(name)
    with pytest.raises(InputError, match=f"{reason}.*heredity vector export"):
        bake(model, pushes(model))


def test_a_mixture_of_experts_has_no_one_place() -> None:
    model = network(MixtralConfig(**GROUPED, num_local_experts=2))
    with pytest.raises(InputError, match="no single MLP down-projection"):
        bake(model, pushes(model))


def test_an_architecture_that_scales_its_mlp_is_found_out_by_the_proof() -> None:
    model = network(GraniteConfig(**{k: v for k, v in GROUPED.items() if k != "head_dim"}, residual_multiplier=0.5))
    with pytest.raises(ExperimentError, match=r"logits differ .* as it is"):
        bake(model, pushes(model))


def test_a_config_that_claims_a_bias_its_class_does_not_build_is_found_out() -> None:
    config = Qwen2Config(**{k: v for k, v in GROUPED.items() if k != "head_dim"})
    config.mlp_bias = False
    model = network(config)
    with pytest.raises(InputError, match="does not heed mlp_bias"):
        bake(model, pushes(model))


def test_a_bias_that_is_there_is_added_to(tmp_path: Path) -> None:
    model = network(LlamaConfig(**GROUPED, mlp_bias=True))
    with torch.no_grad():
        for place in down_projections(model.network):
            place.bias.copy_(torch.arange(32.0))
    with steered(model, pushes(model)):
        hooked = logits(model)
    torch.testing.assert_close(logits(bake(model, pushes(model)).model), hooked, atol=1e-5, rtol=0)


def test_a_model_in_bfloat16_is_baked_in_float32() -> None:
    model = random_model("llama")
    half = replace(model, network=model.network.to(torch.bfloat16))
    baked = bake(half, pushes(half))
    assert {value.dtype for value in baked.model.network.state_dict().values()} == {torch.float32}
    assert half.dtype == torch.bfloat16
    assert baked.proof.difference < TOLERANCE


def test_pushes_that_do_not_fit_are_refused() -> None:
    model = random_model("gpt2")
    with pytest.raises(InputError, match="nothing to bake"):
        bake(model, [])
    with pytest.raises(InputError, match="width is 32"):
        bake(model, [Push(0, np.ones(3, np.float32), 1.0)])
    with pytest.raises(InputError, match="no block 7"):
        bake(model, [Push(7, np.ones(32, np.float32), 1.0)])
    with pytest.raises(NonFiniteError):
        bake(model, [Push(0, np.full(32, np.nan, np.float32), 1.0)])


class TestTheFolder:
    def test_says_what_was_baked(self, tmp_path: Path) -> None:
        baked = bake(random_model("gpt2"), pushes(random_model("gpt2")))
        about = json.loads((saved(baked, tmp_path / "baked") / "heredity.json").read_text())
        assert about["model_name"] == "gpt2"
        assert about["vectors"] == [{"trait": "darkness", "vector_id": "0", "blocks": [0, 1, 2], "strength": 2.0}]
        assert about["proof"]["difference"] == baked.proof.difference

    def test_replaces_an_earlier_one_and_nothing_else(self, tmp_path: Path) -> None:
        baked = bake(random_model("gpt2"), pushes(random_model("gpt2")))
        saved(baked, saved(baked, tmp_path / "baked"))
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "thesis.txt").write_text("years of work")
        with pytest.raises(InputError, match="holds other things"):
            saved(baked, tmp_path / "mine")
        assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"
        assert sorted(path.name for path in tmp_path.iterdir()) == ["baked", "mine"]


def test_gpt2_of_another_inner_width_has_its_place_too() -> None:
    config = GPT2Config(n_embd=32, n_layer=3, n_head=4, n_inner=48, vocab_size=SMALL["vocab_size"], n_positions=64)
    assert [place.bias.shape for place in down_projections(network(config).network)] == [(32,)] * 3
