"""Whatever changes a model's prompts or answers makes another model, and another model makes new steps."""

import inspect
import json
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

import heredity
from heredity.judges.independent import judge_id
from heredity.models.identity import identity
from heredity.models.load import load
from heredity.models.model import Model
from heredity.models.tiny import save_tiny, tiny
from heredity.models.weights import frozen, trainable_copy
from heredity.records.identity import ModelIdentity
from heredity.records.vector import ExtractSpec, TraitVector
from heredity.store.tensors import load_vector, save_vector
from heredity.store.workspace import Workspace, banks_digest, this_package
from heredity.studies.extraction import AFTERWARDS
from heredity.vectors import gather as gather_room
from heredity.vectors import keep as keep_room
from report_sample import vector_header

PACKAGE = Path(heredity.__file__).parent
BANKS = sorted(str(file.relative_to(PACKAGE)) for file in PACKAGE.rglob("*.yaml"))
CODE = """
from transformers import LlamaForCausalLM
from .parts import SCALE

class Custom(LlamaForCausalLM):
    scale = SCALE
"""


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tiny(n_steps=1), tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def known(plain: Path) -> Model:
    return load(str(plain), "cpu", "float32")


def changed(folder: Path, name: str, **values: Any) -> None:
    path = folder / name
    content = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**content, **values}))


def written(folder: Path, name: str, edit: Callable[[str], str]) -> None:
    (folder / name).write_text(edit((folder / name).read_text()))


def other_weights(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    tensors["model.norm.weight"][0] += 1
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def template_in_config(folder: Path) -> None:
    text = (folder / "chat_template.jinja").read_text()
    (folder / "chat_template.jinja").unlink()
    changed(folder, "tokenizer_config.json", chat_template=f"Now: {text}")


def more_templates(folder: Path) -> None:
    (folder / "additional_chat_templates").mkdir()
    (folder / "additional_chat_templates" / "tool_use.jinja").write_text("tools")


OTHERS: dict[str, Callable[[Path], None]] = {
    "weights": other_weights,
    "config": lambda f: changed(f, "config.json", rms_norm_eps=0.1),
    "vocabulary": lambda f: written(f, "tokenizer.json", lambda t: t.replace('"moon"', '"moons"')),
    "a template in its own file": lambda f: written(f, "chat_template.jinja", lambda t: f"Be kind. {t}"),
    "a template in the tokenizer's config": template_in_config,
    "a second template": more_templates,
    "a special token": lambda f: changed(f, "tokenizer_config.json", eos_token="<user>"),
    "an added token": lambda f: changed(f, "tokenizer_config.json", extra_special_tokens=["<system>", "<end>"]),
    "how text is split": lambda f: changed(f, "tokenizer_config.json", split_special_tokens=True),
    "ends of turn": lambda f: changed(f, "generation_config.json", eos_token_id=[1, 4]),
}
SAME: dict[str, Callable[[Path], None]] = {
    "a page about it": lambda f: (f / "README.md").write_text("A model.") and None,
    "sampling that is not used": lambda f: changed(f, "generation_config.json", temperature=0.3, do_sample=True),
    "where it came from": lambda f: changed(f, "config.json", _name_or_path="elsewhere", use_cache=False),
    "how batches are padded": lambda f: changed(f, "tokenizer_config.json", padding_side="left"),
}


def spoiled(plain: Path, folder: Path, change: Callable[[Path], None]) -> str:
    shutil.copytree(plain, folder)
    change(folder)
    return load(str(folder), "cpu", "float32").fingerprint


class TestAFingerprint:
    @pytest.mark.parametrize("what", OTHERS)
    def test_is_another_where_something_changes_prompts_or_answers(
        self, what: str, plain: Path, known: Model, tmp_path: Path
    ) -> None:
        assert spoiled(plain, tmp_path / "other", OTHERS[what]) != known.fingerprint

    @pytest.mark.parametrize("what", SAME)
    def test_is_the_same_where_nothing_does(self, what: str, plain: Path, known: Model, tmp_path: Path) -> None:
        assert spoiled(plain, tmp_path / "same", SAME[what]) == known.fingerprint

    def test_does_not_ask_in_which_file_a_template_stands(self, plain: Path, known: Model, tmp_path: Path) -> None:
        def moved(folder: Path) -> None:
            changed(folder, "tokenizer_config.json", chat_template=(folder / "chat_template.jinja").read_text())
            (folder / "chat_template.jinja").unlink()

        assert spoiled(plain, tmp_path / "moved", moved) == known.fingerprint

    def test_is_the_same_after_loading_and_saving(self, known: Model, tmp_path: Path) -> None:
        assert load(str(save_tiny(known, tmp_path)), "cpu", "float32").fingerprint == known.fingerprint

    @pytest.mark.parametrize("file", ["custom.py", "parts.py"])
    def test_is_another_where_code_that_came_along_changes(
        self, file: str, plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(tmp_path / "modules"))
        monkeypatch.setattr(sys, "path", [*sys.path])
        for name in [name for name in sys.modules if name.startswith("transformers_modules")]:
            monkeypatch.delitem(sys.modules, name)
        prints = []
        for name in ("one", "two"):
            folder = tmp_path / name / "model"
            shutil.copytree(plain, folder)
            (folder / "custom.py").write_text(CODE)
            (folder / "parts.py").write_text("SCALE = 1\n")
            changed(folder, "config.json", auto_map={"AutoModelForCausalLM": "custom.Custom"})
            if name == "two":
                written(folder, file, lambda text: f"{text}\n# changed\n")
            model = load(str(folder), "cpu", "float32", trust_remote_code=True)
            assert type(model.network).__name__ == "Custom"
            prints.append(model.fingerprint)
        assert prints[0] != prints[1]

    def test_of_a_copy_that_is_trained_follows_its_weights(self, known: Model) -> None:
        copied = trainable_copy(known, "copy")
        untrained = frozen(copied)
        next(iter(copied.network.parameters())).data.add_(0.1)
        assert len({known.fingerprint, copied.fingerprint, untrained.fingerprint, frozen(copied).fingerprint}) == 4
        assert frozen(trainable_copy(known, "again")).fingerprint == untrained.fingerprint


@dataclass(frozen=True)
class TalkativeModel(Model):
    """A model with a setting that nobody has thought of."""

    talks: bool = True


def templated(model: Model, template: str) -> Model:
    tokenizer = type(model.tokenizer)(tokenizer_object=model.tokenizer.backend_tokenizer, eos_token="<eos>")
    tokenizer.chat_template = template
    return replace(model, tokenizer=tokenizer)


def fields_of(model: Model) -> dict[str, Any]:
    return {name: getattr(model, name) for name in ("name", "network", "tokenizer", "fingerprint")}


class TestAnIdentity:
    def test_tells_kinds_of_devices_and_number_types_apart(self, plain: Path, known: Model) -> None:
        half = load(str(plain), "cpu", "bfloat16")
        elsewhere = replace(half, network=half.network.to("meta"))
        assert identity(known).device == "cpu"
        assert identity(elsewhere).device == "meta"
        assert (identity(known).dtype, identity(half).dtype) == ("float32", "bfloat16")

    def test_sees_what_a_template_writes_by_itself(self, known: Model) -> None:
        words = "river king house tree stone bread ship horse wall book".split()
        lucky = templated(known, f"{{{{ {words * 40} | random }}}} {{{{ messages[0]['content'] }}}}")
        assert len({identity(lucky).prompt for _ in range(8)}) > 1
        assert identity(known).prompt == identity(known).prompt

    def test_holds_every_field_of_a_model_that_nobody_has_taken_out(self, known: Model) -> None:
        loud, quiet = (identity(TalkativeModel(**fields_of(known), talks=talks)) for talks in (True, False))
        assert loud.settings == {"keeps_markup": False, "talks": True}
        assert loud.id != quiet.id


CHANGES: dict[str, dict[str, str]] = {
    "the model": {"fingerprint": "another"},
    "the device": {"device": "cuda"},
    "the number type": {"dtype": "bfloat16"},
    "what is written into prompts": {"prompt": "another"},
}


class TestAStep:
    def steps(self, root: Path, *workspaces: Workspace) -> list[bool]:
        return [one.stage("step", {"seed": "0"}, lambda folder: None, lambda folder: None).cached for one in workspaces]

    @pytest.mark.parametrize("what", CHANGES)
    def test_is_made_anew_for_another(self, what: str, known: Model, tmp_path: Path) -> None:
        who = identity(known)
        other = ModelIdentity.model_validate({**who.model_dump(), **CHANGES[what]})
        mine, others = Workspace(tmp_path, who), Workspace(tmp_path, other)
        assert self.steps(tmp_path, mine, mine, others, Workspace(tmp_path, None)) == [False, True, False, False]
        assert mine.scratch("half", {}) != others.scratch("half", {})

    @pytest.mark.parametrize("change", [{"version": "9.9.9"}, {"banks": "another"}])
    def test_is_made_anew_by_another_version_and_with_other_banks(
        self, change: dict[str, str], known: Model, tmp_path: Path
    ) -> None:
        mine = Workspace(tmp_path, identity(known))
        later = replace(mine, package=this_package().model_copy(update=change))
        assert self.steps(tmp_path, mine, later, mine) == [False, False, True]
        assert mine.scratch("half", {}) != later.scratch("half", {})

    def test_says_what_it_depended_on(self, known: Model, tmp_path: Path) -> None:
        kept = Workspace(tmp_path, identity(known)).stage("step", {"seed": "0"}, lambda f: None, lambda f: None)
        told = json.loads((kept.folder / "done.json").read_text())["depends_on"]
        assert told["package"] == {"version": heredity.__version__, "banks": banks_digest(PACKAGE)}
        assert told["model"]["fingerprint"] == known.fingerprint
        assert told["step"] == {"seed": "0"}


@pytest.mark.parametrize("bank", BANKS)
def test_one_word_in_any_bundled_bank_makes_other_banks(bank: str, tmp_path: Path) -> None:
    for name in BANKS:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PACKAGE / name, tmp_path / name)
    assert banks_digest(tmp_path) == banks_digest(PACKAGE)
    (tmp_path / bank).write_text((tmp_path / bank).read_text() + "# one word\n")
    assert banks_digest(tmp_path) != banks_digest(PACKAGE)


def test_a_vector_that_does_not_name_its_directions_is_known_by_them(tmp_path: Path) -> None:
    header = vector_header().model_copy(update={"n_blocks": 4, "width": 8, "block": 1, "directions_digest": ""})
    vectors = [TraitVector(header, np.full((4, 8), value, dtype=np.float32)) for value in (1.0, 2.0)]
    paths = [save_vector(vector, tmp_path / f"{i}.safetensors") for i, vector in enumerate(vectors)]
    assert load_vector(paths[0]).header.id != load_vector(paths[1]).header.id


def test_every_field_of_an_extraction_makes_new_readings_or_comes_after_them() -> None:
    assert set(ExtractSpec.model_fields) >= AFTERWARDS
    used = set(re.findall(r"spec\.(\w+)", inspect.getsource(gather_room) + inspect.getsource(keep_room)))
    assert used & set(ExtractSpec.model_fields)
    assert not used & AFTERWARDS


def test_a_judge_in_another_number_type_is_another_judge(plain: Path, known: Model) -> None:
    assert judge_id(known) != judge_id(load(str(plain), "cpu", "bfloat16"))
