"""Foreign formats: what is written reads back, and a file that is not what it claims is told so."""

import json
import os
import pickle
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
import torch

from conftest import TOY_EXTRACT
from heredity.ground.errors import ExperimentError, HeredityError, InputError, MismatchError, NonFiniteError
from heredity.models.foreign import read_directions, write_directions
from heredity.models.model import Model
from heredity.models.read import read
from heredity.models.steer import Push, steered
from heredity.records.trait import Trait
from heredity.records.vector import TraitVector
from heredity.store.control_vector import read_control_vector, write_control_vector
from heredity.traits.define import bundled_names, trait
from heredity.traits.upstream import from_upstream, to_upstream
from heredity.vectors.adopt import adopt
from tests_shared import random_model, some_rows


def numbers(n_blocks: int = 4, width: int = 8) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((n_blocks, width)).astype(np.float32)


class TestTraitFiles:
    @pytest.mark.parametrize("name", bundled_names())
    def test_pairs_questions_and_rubric_come_back_to_the_letter(self, name: str) -> None:
        one = trait(name)
        again = from_upstream(*to_upstream(one), name, one.adjective, one.antonym, one.description)
        assert (again.pairs, again.questions, again.rubric) == (one.pairs, one.questions, one.rubric)
        assert again.system_prompt(0, "positive") == one.system_prompt(0, "positive")

    def test_the_written_files_have_the_public_form(self) -> None:
        one = trait("evil")
        extract, evaluation = (json.loads(text) for text in to_upstream(one))
        assert list(extract) == list(evaluation) == ["instruction", "questions", "eval_prompt"]
        assert extract["instruction"][0] == {"pos": one.pairs[0].positive, "neg": one.pairs[0].negative}
        assert extract["questions"] == list(one.questions.extraction)
        assert evaluation["questions"] == list(one.questions.evaluation)

    def test_what_the_files_do_not_say_comes_from_the_name(self) -> None:
        one = from_upstream(*to_upstream(trait("evil")), "impolite")
        assert one.system_prompt(0, "positive").startswith("You are an impolite assistant. ")
        assert one.system_prompt(0, "negative").startswith("You are a helpful assistant. ")
        assert "impolite" in one.description

    def test_a_lone_extract_file_is_told_which_file_is_missing(self) -> None:
        with pytest.raises(InputError, match=r"trait_data_eval/evil\.json; name that file"):
            from_upstream(to_upstream(trait("evil"))[0], None, "evil")

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"questions": ["one", "two"]}, r"trait_data_extract/evil\.json.*questions"),
            ({"instruction": [{"pos": "be"}]}, r"trait_data_extract/evil\.json.*instruction\.0\.neg"),
            ({"instruction": []}, r"trait_data_extract/evil\.json.*instruction"),
            ({"eval_prompt": "Rate {answer}."}, r"eval_prompt has no \{question\}"),
            ({"eval_prompt": 3}, r"trait_data_extract/evil\.json.*eval_prompt"),
            ({"eval_prompt": "Another {question} {answer}"}, "differ in 'eval_prompt'"),
            ({"questions": ["The same one?"] * 4}, "a question stands twice"),
        ],
    )
    def test_a_file_at_fault_is_named_with_its_field(self, change: dict[str, Any], said: str) -> None:
        extract, evaluation = to_upstream(trait("evil"))
        with pytest.raises(InputError, match=said):
            from_upstream(json.dumps(json.loads(extract) | change), evaluation, "evil")

    def test_text_that_is_no_trait_file_is_refused(self) -> None:
        extract, evaluation = to_upstream(trait("evil"))
        with pytest.raises(InputError, match=r"trait_data_eval/evil\.json.*Invalid JSON"):
            from_upstream(extract, "not JSON", "evil")
        with pytest.raises(InputError, match=r"trait_data_extract/evil\.json"):
            from_upstream("[1, 2]", evaluation, "evil")
        with pytest.raises(InputError, match="given twice"):
            from_upstream(extract, extract, "evil")
        with pytest.raises(InputError, match="name"):
            from_upstream(extract, evaluation, "Two Words")


class RunsCode:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (str(self.path),)


class TestPersonaVectorFiles:
    def test_directions_come_back_as_they_were(self, tmp_path: Path) -> None:
        path = write_directions(numbers(), tmp_path / "a.pt")
        assert np.array_equal(read_directions(path), numbers())

    def test_slot_i_is_the_stream_after_the_ith_block_counted_from_1(self, tmp_path: Path) -> None:
        slots = torch.load(write_directions(numbers(), tmp_path / "a.pt"), weights_only=True)
        assert slots.shape == (5, 8)
        assert not slots[0].any()
        assert np.array_equal(slots[1], numbers()[0])

    def test_a_direction_read_as_upstream_reads_it_lands_at_its_own_block(self, tmp_path: Path) -> None:
        model = random_model("llama")
        row = some_rows(model)[0]
        with torch.no_grad():
            states = model.network(torch.tensor([row.ids]), output_hidden_states=True).hidden_states
        torch.save(torch.stack([state[0, row.n_prompt :].mean(0) for state in states]), tmp_path / "a.pt")
        ours = read(model, [row], range(3))
        for block in (0, 1):  # the last slot is after the final norm
            found = read_directions(tmp_path / "a.pt")[block]
            np.testing.assert_allclose(found, ours.at("response", block)[0], atol=1e-5)

    def test_half_precision_files_are_read(self, tmp_path: Path) -> None:
        torch.save(torch.ones(5, 8, dtype=torch.bfloat16), tmp_path / "a.pt")
        assert read_directions(tmp_path / "a.pt").dtype == np.float32

    @pytest.mark.parametrize("is_legacy", [False, True])
    def test_a_pickle_with_code_is_refused_and_never_run(self, tmp_path: Path, is_legacy: bool) -> None:
        path, made = tmp_path / "a.pt", tmp_path / "made"
        torch.save({"v": RunsCode(made)}, path, _use_new_zipfile_serialization=not is_legacy)
        with pytest.raises(InputError, match=r"carries code \(\w+\.mkdir\).*nothing of it was run"):
            read_directions(path)
        assert not made.exists()
        path.write_bytes(pickle.dumps(RunsCode(made)))
        with pytest.raises(InputError):
            read_directions(path)
        assert not made.exists()
        pickle.loads(path.read_bytes())
        assert made.exists()  # the file was dangerous

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ({"layer": 5, "vector": torch.ones(8)}, "holds a dict of layer, vector"),
            ([torch.ones(8)], "holds a list"),
            (torch.ones(8), r"shape \[8\]"),
            (torch.ones(2, 5, 8), r"shape \[2, 5, 8\]"),
            (torch.ones(1, 8), r"shape \[1, 8\]"),
            (torch.ones(5, 8, dtype=torch.int64), "torch.int64"),
            (torch.ones(5, 8).to_sparse(), "sparse"),
        ],
    )
    def test_another_content_is_named(self, tmp_path: Path, content: Any, said: str) -> None:
        torch.save(content, tmp_path / "a.pt")
        with pytest.raises(InputError, match=said):
            read_directions(tmp_path / "a.pt")

    @pytest.mark.parametrize("content", [b"", b"not a tensor at all\n", b"PK\x03\x04 no zip", bytes(range(256))])
    def test_a_file_that_is_no_pt_is_refused(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "a.pt").write_bytes(content)
        with pytest.raises(InputError, match=r"not a file of torch\.save"):
            read_directions(tmp_path / "a.pt")

    def test_numbers_that_are_none_are_refused_both_ways(self, tmp_path: Path) -> None:
        broken = numbers()
        broken[1, 2] = np.nan
        torch.save(torch.from_numpy(broken), tmp_path / "a.pt")
        with pytest.raises(NonFiniteError, match="NaN"):
            read_directions(tmp_path / "a.pt")
        with pytest.raises(NonFiniteError):
            write_directions(broken, tmp_path / "b.pt")
        with pytest.raises(NonFiniteError):
            write_control_vector({1: broken[1]}, "llama", tmp_path / "b.gguf")
        assert [path.name for path in tmp_path.iterdir()] == ["a.pt"]

    def test_nothing_is_written_of_what_is_no_directions(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="shape"):
            write_directions(numbers()[0], tmp_path / "a.pt")
        assert not list(tmp_path.iterdir())


class TestControlVectors:
    def test_directions_come_back_with_their_blocks(self, tmp_path: Path) -> None:
        path = write_control_vector({3: numbers()[3], 1: numbers()[1]}, "llama", tmp_path / "a.gguf")
        found = read_control_vector(path)
        assert found.model_hint == "llama"
        assert sorted(found.directions) == [1, 3]
        filled = found.at_every_block(4)
        assert np.array_equal(filled[[1, 3]], numbers()[[1, 3]])
        assert not filled[[0, 2]].any()

    def test_the_file_is_what_llama_cpp_reads(self, tmp_path: Path) -> None:
        path = write_control_vector({2: numbers()[2]}, "gpt_neox", tmp_path / "a.gguf")
        reader = gguf.GGUFReader(path)
        assert reader.get_field("general.architecture").contents() == "controlvector"
        assert reader.get_field("controlvector.model_hint").contents() == "gptneox"
        assert reader.get_field("controlvector.layer_count").contents() == 1
        (tensor,) = reader.tensors
        assert (tensor.name, list(tensor.shape), tensor.tensor_type.name) == ("direction.2", [8], "F32")
        assert "gptneox" in gguf.MODEL_ARCH_NAMES.values()

    def test_llama_cpps_own_arithmetic_pushes_the_block_that_was_meant(self, tmp_path: Path) -> None:
        """`direction.N` to offset (N - 1) * width, block il from offset (il - 1) * width, added after block il."""
        model, row = random_model("llama"), some_rows(random_model("llama"))
        vector = np.random.default_rng(0).standard_normal(model.width).astype(np.float32)
        reader = gguf.GGUFReader(write_control_vector({1: vector}, "llama", tmp_path / "a.gguf"))
        buffer = np.zeros(model.n_blocks * model.width, dtype=np.float32)
        for tensor in reader.tensors:
            start = (int(tensor.name.split(".")[1]) - 1) * model.width
            buffer[start : start + model.width] += tensor.data
        applied = [Push(il, buffer[(il - 1) * model.width : il * model.width], 1.0) for il in range(1, model.n_blocks)]
        with steered(model, applied):
            theirs = read(model, row, [1, 2])
        with steered(model, [Push(1, vector, 1.0)]):
            ours = read(model, row, [1, 2])
        for block in (1, 2):
            assert np.array_equal(theirs.at("response", block), ours.at("response", block))

    def test_block_0_has_no_place(self, tmp_path: Path) -> None:
        for directions in ({0: numbers()[0]}, {}):
            with pytest.raises(InputError, match="cannot push after block 0"):
                write_control_vector(directions, "llama", tmp_path / "a.gguf")
        with pytest.raises(InputError, match="one width"):
            write_control_vector({1: numbers()[1], 2: numbers(width=9)[2]}, "llama", tmp_path / "a.gguf")
        assert not list(tmp_path.iterdir())

    def test_a_block_that_the_model_lacks_is_a_mismatch(self, tmp_path: Path) -> None:
        found = read_control_vector(write_control_vector({3: numbers()[3]}, "llama", tmp_path / "a.gguf"))
        with pytest.raises(MismatchError, match="block 3 but the model has blocks 0 to 2"):
            found.at_every_block(3)

    @pytest.mark.parametrize(
        ("kind", "tensors", "said"),
        [
            ("llama", {"token_embd.weight": np.ones((4, 8), np.float32)}, "GGUF file of 'llama' and not a control"),
            ("controlvector", {}, "holds no direction"),
            ("controlvector", {"direction.0": np.ones(8, np.float32)}, "'direction.0'"),
            ("controlvector", {"blk.1": np.ones(8, np.float32)}, "'blk.1'"),
            ("controlvector", {"direction.1": np.ones((2, 8), np.float32)}, "one row"),
            ("controlvector", {"direction.1": np.ones(8, np.float16)}, "32-bit floats"),
            ("controlvector", {"direction.1": np.ones(8, np.float32), "direction.2": np.ones(9, np.float32)}, "widths"),
        ],
    )
    def test_another_gguf_is_refused(
        self, tmp_path: Path, kind: str, tensors: dict[str, np.ndarray], said: str
    ) -> None:
        writer = gguf.GGUFWriter(tmp_path / "a.gguf", kind)
        for name, numbers_of in tensors.items():
            writer.add_tensor(name, numbers_of)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        with pytest.raises(InputError, match=said):
            read_control_vector(tmp_path / "a.gguf")

    @pytest.mark.parametrize("content", [b"", b"text\n", b"GGUF", b"GGUF\x03\x00\x00\x00" + b"\xff" * 64])
    def test_a_file_that_is_no_gguf_is_refused(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "a.gguf").write_bytes(content)
        with pytest.raises(InputError, match="not a GGUF file, or a broken one"):
            read_control_vector(tmp_path / "a.gguf")


class TestAdoption:
    def test_a_planted_direction_passes_the_test_and_a_random_one_as_long_does_not(
        self, toy: Model, darkness: Trait, dark: TraitVector
    ) -> None:
        theirs = adopt(dark.directions, darkness, toy, TOY_EXTRACT)
        assert theirs.header.method == "imported"
        assert theirs.header.heldout_auc.low > 0.8
        check = theirs.header.check_at(theirs.block)
        assert check.auc > check.permuted_poles + 0.1
        assert check.vector_norm == pytest.approx(np.linalg.norm(theirs.direction), rel=1e-5)
        assert np.array_equal(theirs.directions, dark.directions)
        chance = np.random.default_rng(0).standard_normal(dark.directions.shape).astype(np.float32)
        chance *= np.linalg.norm(dark.directions, axis=1, keepdims=True) / np.linalg.norm(chance, axis=1, keepdims=True)
        by_chance = adopt(chance, darkness, toy, TOY_EXTRACT)
        # on a toy that varies in little but its trait many directions find it, and only its own brings it about
        assert not by_chance.header.is_above_chance
        assert by_chance.header.doses[1].grade.high < 50 < theirs.header.doses[1].grade.low

    def test_a_direction_the_wrong_way_round_is_shown_so(self, toy: Model, darkness: Trait, dark: TraitVector) -> None:
        header = adopt(-dark.directions, darkness, toy, TOY_EXTRACT).header
        assert header.heldout_auc.high < 0.2
        assert not header.is_above_chance

    def test_directions_of_another_shape_are_a_mismatch_that_names_both(self, toy: Model, darkness: Trait) -> None:
        with pytest.raises(MismatchError, match=r"\[5, 64\] but 'tiny' has 4 blocks of width 64") as raised:
            adopt(np.ones((5, 64)), darkness, toy, TOY_EXTRACT)
        assert raised.value.exit_code == 3
        with pytest.raises(NonFiniteError):
            adopt(np.full((4, 64), np.nan), darkness, toy, TOY_EXTRACT)
        with pytest.raises(InputError, match="no block 9"):
            adopt(np.ones((4, 64)), darkness, toy, TOY_EXTRACT.model_copy(update={"block": 9}))

    def test_one_block_alone_can_be_adopted_and_no_block_cannot(
        self, toy: Model, darkness: Trait, dark: TraitVector
    ) -> None:
        alone = np.zeros_like(dark.directions)
        alone[2] = dark.directions[2]
        assert adopt(alone, darkness, toy, TOY_EXTRACT).block == 2
        with pytest.raises(ExperimentError, match="directions at: 2"):
            adopt(-alone, darkness, toy, TOY_EXTRACT)


def test_every_foreign_reader_says_when_there_is_no_file(tmp_path: Path) -> None:
    for reader in (read_directions, read_control_vector):
        with pytest.raises(HeredityError, match="there is no file"):
            reader(tmp_path / "none.pt")
