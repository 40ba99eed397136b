"""A model is loaded whole from its own files, or refused for what the user can mend."""

import errno
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
import torch
from huggingface_hub import errors as hub
from peft import LoraConfig, PromptTuningConfig, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertLMHeadModel

from families import family
from heredity.ground.errors import HeredityError, InputError, MissingPackageError, StorageError
from heredity.ground.files import remedy
from heredity.models import load as loader
from heredity.models.blocks import find_blocks
from heredity.models.load import load
from heredity.models.loading import network_from
from heredity.models.model import Model

Spoil = Callable[[Path], None]
IDS = torch.tensor([[7, 8, 9, 10, 11]])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(family("llama"), tmp_path_factory.mktemp("whole"))


def saved(model: Model, folder: Path) -> Path:
    model.network.save_pretrained(folder)
    model.tokenizer.save_pretrained(folder)
    return folder


def loaded(folder: Path) -> Model:
    return load(str(folder), "cpu", "float32")


def config(**changes: Any) -> Spoil:
    def spoil(folder: Path) -> None:
        path = folder / "config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    return spoil


def renamed(change: Callable[[str], str | None]) -> Spoil:
    """Give the weights other names, or leave them out."""

    def spoil(folder: Path) -> None:
        held = load_file(folder / "model.safetensors")
        kept = {new: value for name, value in held.items() if (new := change(name)) is not None}
        save_file(kept, folder / "model.safetensors", {"format": "pt"})

    return spoil


def written(name: str, content: str | bytes) -> Spoil:
    def spoil(folder: Path) -> None:
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    return spoil


def cut_off(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def without(pattern: str) -> Spoil:
    def spoil(folder: Path) -> None:
        for path in folder.glob(pattern):
            path.unlink()

    return spoil


def pickled(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"not a pickle")


NOT_WHOLE: dict[str, tuple[Spoil, str]] = {
    "compiled": (renamed(lambda name: f"_orig_mod.{name}"), r"begins with '_orig_mod\.'.*network\._orig_mod again"),
    "data parallel": (renamed(lambda name: f"module.{name}"), r"begins with 'module\.'.*network\.module again"),
    "peft": (renamed(lambda name: f"base_model.model.{name}"), r"'base_model\.model\.'.*merge_and_unload"),
    "an own wrapper": (renamed(lambda name: f"student.{name}"), r"begins with 'student\.': rename them"),
    "a block left out": (renamed(lambda name: None if "layers.1." in name else name), r"9 of its.*names more blocks"),
    "the head left out": (renamed(lambda name: None if "lm_head" in name else name), r"lm_head\.weight.*at random"),
    "more blocks in the config": (config(num_hidden_layers=4), r"model\.layers\.2.*names more blocks"),
    "fewer blocks in the config": (config(num_hidden_layers=1), r"hold 9 weights.*has no place.*layers\.1"),
    "weights of another kind": (
        renamed(lambda name: name.replace("mlp.up_proj.weight", "mlp.up_proj.weight_packed")),
        r"2 of its weights are not in the files.*up_proj",
    ),
    "another width": (config(hidden_size=64), r"another shape.*\[150, 32\], not \[150, 64\]"),
    "another vocabulary": (config(vocab_size=151), r"2 weights have another shape"),
}


@pytest.mark.parametrize("case", NOT_WHOLE)
def test_weights_that_a_file_does_not_hold_are_an_error_and_never_drawn(case: str, whole: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(whole, tmp_path / "model"))
    spoil, said = NOT_WHOLE[case]
    spoil(folder)
    with pytest.raises(InputError, match=said):
        loaded(folder)


USERS_TO_MEND: dict[str, tuple[Spoil, type[HeredityError], str]] = {
    "cut off": (cut_off, InputError, "cut off.*fetch it again"),
    "a pointer": (written("model.safetensors", "version https://git-lfs"), InputError, "Git LFS pointer"),
    "empty": (written("model.safetensors", b""), InputError, "cut off"),
    "a broken pickle": (pickled, InputError, "cut off"),
    "no weights": (without("*.safetensors"), InputError, "no file named"),
    "bitsandbytes": (
        config(quantization_config={"quant_method": "bitsandbytes", "load_in_4bit": True}),
        MissingPackageError,
        "pip install -U bitsandbytes",
    ),
    "gptq": (config(quantization_config={"quant_method": "gptq", "bits": 4}), MissingPackageError, "pip install"),
    "an unknown packing": (config(quantization_config={"quant_method": "zip"}), InputError, "does not know"),
    "no config": (without("config.json"), InputError, "no config.json"),
    "a config that is no JSON": (written("config.json", "{"), InputError, "not a valid JSON"),
    "a config that is a list": (written("config.json", "[]"), InputError, "model_type"),
    "generation settings that are no JSON": (written("generation_config.json", "{"), InputError, "not a valid JSON"),
    "sizes that do not divide": (config(num_attention_heads=3), InputError, "not a multiple"),
    "a size that is a word": (config(hidden_size="wide"), InputError, "expected int"),
    "an unknown activation": (config(hidden_act="none such"), InputError, "none such"),
    "an unknown kind": (config(model_type="llama9"), InputError, "pip install --upgrade transformers"),
    "code of its own": (
        config(model_type="own", auto_map={"AutoConfig": "c.Own", "AutoModelForCausalLM": "c.Model"}),
        InputError,
        "--trust-remote-code",
    ),
    "an encoder and a decoder": (written("config.json", '{"model_type": "t5"}'), InputError, "no causal language"),
    "a network that reads padding": (written("config.json", '{"model_type": "rwkv"}'), InputError, "reads padding"),
    "no tokenizer": (without("tokenizer*"), InputError, "files of its tokenizer are missing"),
    "a broken tokenizer": (written("tokenizer.json", "{}"), InputError, "the tokenizer in"),
}


@pytest.mark.parametrize("case", USERS_TO_MEND)
def test_what_does_not_load_for_the_users_reasons_says_so(case: str, whole: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(whole, tmp_path / "model"))
    spoil, kind, said = USERS_TO_MEND[case]
    spoil(folder)
    with pytest.raises(kind, match=said) as caught:
        loaded(folder)
    assert caught.value.exit_code in (2, 6)
    assert "Traceback" not in str(caught.value)


def test_a_model_without_the_prefix_of_its_base_is_whole(whole: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(whole, tmp_path / "model"))
    renamed(lambda name: name.removeprefix("model."))(folder)
    assert torch.equal(loaded(folder).network(IDS).logits, loaded(whole).network(IDS).logits)


def test_a_model_of_text_and_images_loads_as_it_is(tmp_path: Path) -> None:
    model = family("gemma3")
    network = network_from(saved(model, tmp_path), torch.float32)
    assert type(network).__name__ == "Gemma3ForConditionalGeneration"
    assert len(find_blocks(network)) == 2
    assert torch.equal(network.eval()(IDS).logits, model.network(IDS).logits)


@pytest.fixture(scope="module")
def adapter(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return an_adapter(whole, tmp_path_factory.mktemp("adapter"))


def an_adapter(base: Path, folder: Path, std: float = 0.05) -> Path:
    network = network_from(base, torch.float32)
    torch.manual_seed(0)
    wrapped = get_peft_model(network, LoraConfig(r=2, target_modules="all-linear", task_type="CAUSAL_LM"))
    for name, parameter in wrapped.named_parameters():
        if "lora_B" in name:
            parameter.data.normal_(std=std)
    wrapped.save_pretrained(folder)
    with torch.no_grad():
        torch.save(wrapped.eval()(IDS).logits, folder / "logits.pt")
    return folder


class TestAdapters:
    def test_an_adapters_folder_loads_on_its_base(self, adapter: Path, whole: Path) -> None:
        model, base = loaded(adapter), loaded(whole)
        expected = torch.load(adapter / "logits.pt", weights_only=True)
        torch.testing.assert_close(model.network(IDS).logits, expected, atol=1e-5, rtol=1e-4)
        assert not torch.allclose(base.network(IDS).logits, expected, atol=1e-2)
        assert type(model.network) is type(base.network)
        assert model.tokenizer.get_vocab() == base.tokenizer.get_vocab()
        assert model.fingerprint != base.fingerprint

    def test_its_fingerprint_is_of_base_and_adapter(self, adapter: Path, whole: Path, tmp_path: Path) -> None:
        moved = Path(shutil.copytree(adapter, tmp_path / "moved"))
        assert loaded(moved).fingerprint == loaded(adapter).fingerprint
        other = an_adapter(whole, tmp_path / "other", std=0.1)
        assert loaded(other).fingerprint != loaded(adapter).fingerprint

    def test_its_own_template_counts(self, adapter: Path, whole: Path, tmp_path: Path) -> None:
        folder = Path(shutil.copytree(adapter, tmp_path / "own"))
        tokenizer = loaded(whole).tokenizer
        tokenizer.chat_template = "{{ messages[0]['content'] }} go"
        tokenizer.save_pretrained(folder)
        model = loaded(folder)
        assert model.tokenizer.chat_template.endswith("go")
        assert model.fingerprint != loaded(adapter).fingerprint

    def test_the_hub_gives_one_too(self, adapter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda *_, **__: str(adapter))
        assert load("someone/adapter", "cpu", "float32").fingerprint == loaded(adapter).fingerprint

    def test_a_base_that_cannot_be_had_is_named(self, adapter: Path, tmp_path: Path) -> None:
        folder = Path(shutil.copytree(adapter, tmp_path / "orphan"))
        self.claim(folder, base_model_name_or_path=str(tmp_path / "gone"))
        with pytest.raises(InputError, match=r"an adapter for the model '.*gone', which cannot be had.*adapter_config"):
            loaded(folder)
        self.claim(folder, base_model_name_or_path=str(folder))
        with pytest.raises(InputError, match="the adapter itself"):
            loaded(folder)
        self.claim(folder, base_model_name_or_path=None)
        with pytest.raises(InputError, match="names no base model"):
            loaded(folder)

    def test_an_adapter_of_another_model_is_refused_and_not_left_out(self, adapter: Path, tmp_path: Path) -> None:
        folder = Path(shutil.copytree(adapter, tmp_path / "stray"))
        self.claim(folder, base_model_name_or_path=str(saved(family("gpt2"), tmp_path / "base")))
        with pytest.raises(InputError, match="the adapter in"):
            loaded(folder)

    def test_an_adapter_with_weights_that_fit_nowhere_is_refused(self, adapter: Path, tmp_path: Path) -> None:
        folder = Path(shutil.copytree(adapter, tmp_path / "half"))
        held = load_file(folder / "adapter_model.safetensors")
        save_file(
            {name.replace("layers.1.", "layers.7."): value for name, value in held.items()},
            folder / "adapter_model.safetensors",
        )
        with pytest.raises(InputError, match=r"do not fit the base.*right base"):
            loaded(folder)

    def test_a_pickled_adapter_is_not_read(self, adapter: Path, tmp_path: Path) -> None:
        folder = Path(shutil.copytree(adapter, tmp_path / "pickle"))
        (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin")
        with pytest.raises(InputError, match="a pickle"):
            loaded(folder)

    def test_a_learnt_prompt_has_no_place_in_weights(self, whole: Path, tmp_path: Path) -> None:
        wrapped = get_peft_model(
            network_from(whole, torch.float32), PromptTuningConfig(num_virtual_tokens=2, task_type="CAUSAL_LM")
        )
        wrapped.save_pretrained(tmp_path)
        with pytest.raises(InputError, match="no place in weights"):
            loaded(tmp_path)

    @staticmethod
    def claim(folder: Path, **changes: Any) -> None:
        path = folder / "adapter_config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


HUB: dict[str, tuple[Exception, type[HeredityError], str]] = {
    "never fetched": (hub.LocalEntryNotFoundError("no such entry here"), InputError, "hub is out of reach"),
    "offline": (hub.OfflineModeIsEnabled("offline mode is on"), InputError, "HF_HUB_OFFLINE"),
    "a full disk": (OSError(errno.ENOSPC, "No space left on device"), StorageError, "free some space"),
    "no connection": (ConnectionError("connection refused by peer"), InputError, "check the name and the network"),
}


@pytest.mark.parametrize("case", HUB)
def test_the_hubs_failures_are_told_with_advice_that_fits(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    error, kind, said = HUB[case]

    def failing(*_: Any, **__: Any) -> str:
        raise error

    monkeypatch.setattr(loader.huggingface_hub, "snapshot_download", failing)
    with pytest.raises(kind, match=said) as caught:
        load("someone/model", "cpu")
    assert ("free some space" in str(caught.value)) == (kind is StorageError)


def test_an_error_of_the_system_gets_no_advice_that_does_not_fit() -> None:
    assert "free some space" in remedy(OSError(errno.ENOSPC, "full"))
    assert "permissions" in remedy(PermissionError(errno.EACCES, "denied"))
    for error in (FileNotFoundError(errno.ENOENT, "gone"), ConnectionError("reset"), TimeoutError("late")):
        assert remedy(error) == ""


@pytest.mark.parametrize("is_decoder", [False, True])
def test_a_model_that_sees_what_comes_later_is_refused(tmp_path: Path, is_decoder: bool) -> None:
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    torch.manual_seed(0)
    network = BertLMHeadModel(BertConfig(**sizes, vocab_size=150, is_decoder=is_decoder)).eval()
    network.save_pretrained(tmp_path)
    family("llama").tokenizer.save_pretrained(tmp_path)
    if is_decoder:
        assert loaded(tmp_path).n_blocks == 2
        return
    with pytest.raises(InputError, match="lets earlier tokens see later ones") as refused:
        loaded(tmp_path)
    assert refused.value.exit_code == 2
