"""The exchange with other tools as a user meets it, run as a process of its own, on the toy."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import gguf
import numpy as np
import pytest
import torch

from heredity.cli.trait import as_yaml
from heredity.models.load import load
from heredity.models.model import Model
from heredity.models.steer import steered
from heredity.models.tiny import planted_trait
from heredity.records.vector import TraitVector, VectorHeader
from heredity.store.tensors import load_vector
from heredity.training.defences.steer import pushes_of
from heredity.traits.define import trait
from tests_shared import some_rows


def heredity(*arguments: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from heredity.cli.app import main; main()", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=570, check=False)


def done(*arguments: str | Path, folder: Path) -> str:
    run = heredity(*arguments, folder=folder)
    assert run.returncode == 0, run.stderr
    return run.stdout


def failed(run: subprocess.CompletedProcess[str], code: int, *said: str) -> None:
    assert run.returncode == code, run.stderr
    assert "Traceback" not in run.stderr
    for text in said:
        assert text in " ".join(run.stderr.split()), run.stderr


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, toy_folder: Path) -> Path:
    """A folder with the toy's trait and its extracted vector."""
    folder = tmp_path_factory.mktemp("user")
    (folder / "darkness.yaml").write_text(as_yaml(planted_trait()))
    done("extract", "darkness.yaml", "--model", toy_folder, "--out", "own", "--quiet", folder=folder)
    return folder


@pytest.fixture(scope="module")
def own(place: Path) -> TraitVector:
    return load_vector(place / "own" / "darkness.safetensors")


VECTOR = "own/darkness.safetensors"


def logits(model: Model) -> torch.Tensor:
    with torch.no_grad():
        return torch.cat([model.network(torch.tensor([row.ids])).logits[0] for row in some_rows(model)])


def test_help_teaches_every_command(tmp_path: Path) -> None:
    assert {"vector", "bake"} <= set(done("--help", folder=tmp_path).split())
    for command, word in (
        (["vector", "export"], "slot 0 is zeros"),
        (["vector", "import"], "Nothing in the file is run"),
        (["vector", "show"], "held-out AUC"),
        (["trait", "import"], "trait_data_eval"),
        (["trait", "export"], "to the letter"),
        (["bake"], "heredity.json"),
    ):
        assert word in " ".join(done(*command, "--help", folder=tmp_path).split())


class TestVectors:
    def test_a_vector_is_shown_as_when_it_was_found(self, place: Path, own: TraitVector) -> None:
        assert f"block                 {own.block} of 4" in done("vector", "show", VECTOR, folder=place)
        shown = VectorHeader.model_validate_json(done("vector", "show", VECTOR, "--json", folder=place))
        assert shown == own.header
        assert shown.architecture == "llama"

    def test_a_vector_goes_out_and_comes_back_through_the_same_test(
        self, place: Path, own: TraitVector, toy_folder: Path
    ) -> None:
        assert "slot" in done("vector", "export", VECTOR, "--to", "dark.pt", folder=place)
        back = ["vector", "import", "dark.pt", "--trait", "darkness.yaml", "--model", toy_folder, "--out", "theirs"]
        assert "Darkness in" in done(*back, folder=place)
        theirs = load_vector(place / "theirs" / "darkness.safetensors")
        assert np.array_equal(theirs.directions, own.directions)
        assert theirs.header.method == "imported"
        assert theirs.header.heldout_auc.low > 0.8
        assert theirs.header.doses[1].grade.low > theirs.header.doses[0].grade.high
        again = [word if word != "theirs" else "own" for word in back]
        before = (place / VECTOR).read_bytes()
        failed(
            heredity(*again, "--model", "no/such-model", folder=place), 2, f"{VECTOR} is there already", "--overwrite"
        )
        assert (place / VECTOR).read_bytes() == before
        done(*back, "--overwrite", folder=place)

    def test_one_block_goes_to_llama_cpp_and_comes_back(self, place: Path, own: TraitVector, toy_folder: Path) -> None:
        assert "block 2 alone" in done("vector", "export", VECTOR, "--to", "one.gguf", "--block", "2", folder=place)
        (tensor,) = gguf.GGUFReader(place / "one.gguf").tensors
        assert tensor.name == "direction.2"
        assert np.array_equal(tensor.data, own.directions[2])
        back = ["vector", "import", "one.gguf", "--trait", "darkness.yaml", "--model", toy_folder, "--out", "gguf"]
        assert VectorHeader.model_validate_json(done(*back, "--json", folder=place)).block == 2

    def test_all_blocks_but_the_first_go_to_llama_cpp(self, place: Path) -> None:
        said = json.loads(done("vector", "export", VECTOR, "--to", "a.gguf", "--all-blocks", "--json", folder=place))
        assert "block 0 is left out" in said["what"]
        names = [tensor.name for tensor in gguf.GGUFReader(place / "a.gguf").tensors]
        assert names == ["direction.1", "direction.2", "direction.3"]

    def test_what_cannot_be_written_is_said(self, place: Path) -> None:
        before = sorted(place.iterdir())
        export = ["vector", "export", VECTOR, "--to"]
        failed(heredity(*export, "x.npz", folder=place), 2, "'.npz'", "There is: .gguf, .pt")
        failed(heredity(*export, "x.gguf", "--block", "0", folder=place), 2, "cannot push after block 0")
        failed(heredity(*export, "x.gguf", "--block", "4", folder=place), 2, "no block 4")
        failed(heredity(*export, "x.gguf", "--block", "1", "--all-blocks", folder=place), 2, "give one of them")
        failed(heredity(*export, "x.pt", "--block", "1", folder=place), 2, "holds every block")
        assert sorted(place.iterdir()) == before

    def test_files_that_are_not_what_they_claim(self, place: Path, toy_folder: Path) -> None:
        (place / "text.pt").write_text("a vector, honestly")
        writer = gguf.GGUFWriter(place / "model.gguf", "llama")
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.close()
        take = ["--trait", "darkness.yaml", "--model", toy_folder, "--out", "none"]
        failed(heredity("vector", "import", "text.pt", *take, folder=place), 2, "text.pt is not a file of torch.save")
        failed(heredity("vector", "import", "model.gguf", *take, folder=place), 2, "'llama' and not a control vector")
        failed(heredity("vector", "import", "darkness.yaml", *take, folder=place), 2, "There is: .gguf, .pt")
        failed(heredity("vector", "show", "text.pt", folder=place), 2, "not a safetensors file")
        assert not list((place / "none").glob("*.safetensors"))


class TestTraits:
    def test_a_trait_goes_out_and_comes_back(self, place: Path) -> None:
        done("trait", "export", "sycophancy", "--out", "up", folder=place)
        files = ["up/trait_data_extract/sycophancy.json", "up/trait_data_eval/sycophancy.json"]
        words = ["--name", "flattery", "--adjective", "sycophantic", "--antonym", "frank"]
        done("trait", "import", *files, *words, "--description", "It flatters.", "--out", "f.yaml", folder=place)
        assert "flattery is valid: 5 pairs, 20 + 20 questions" in done("trait", "check", "f.yaml", folder=place)
        one, ours = trait(str(place / "f.yaml")), trait("sycophancy")
        assert (one.pairs, one.questions, one.rubric) == (ours.pairs, ours.questions, ours.rubric)
        assert (one.adjective, one.antonym, one.description) == ("sycophantic", "frank", "It flatters.")
        before = (place / "f.yaml").read_bytes()
        again = ["trait", "import", *files, *words, "--description", "It fawns.", "--out", "f.yaml"]
        failed(heredity(*again, folder=place), 2, "f.yaml is there already", "--overwrite")
        assert (place / "f.yaml").read_bytes() == before
        done(*again, "--overwrite", folder=place)
        assert trait(str(place / "f.yaml")).description == "It fawns."

    def test_files_at_fault_are_told(self, place: Path) -> None:
        done("trait", "export", "darkness.yaml", "--out", "up", folder=place)
        extract = "up/trait_data_extract/darkness.json"
        failed(heredity("trait", "import", extract, folder=place), 2, "trait_data_eval/darkness.json")
        (place / "broken.json").write_text('{"instruction": []}')
        run = heredity("trait", "import", extract, "broken.json", "--out", "b.yaml", folder=place)
        failed(run, 2, "the eval file", "instruction", "questions")
        failed(heredity("trait", "import", extract, "none.json", folder=place), 2, "there is no file none.json")
        assert not (place / "b.yaml").exists()


class TestBaking:
    def test_a_baked_folder_answers_like_the_steered_model(
        self, place: Path, own: TraitVector, toy_folder: Path
    ) -> None:
        bake = ["bake", VECTOR, "--strength", "1.5", "--model", toy_folder, "--out", "baked"]
        about = json.loads(done(*bake, "--json", folder=place))
        assert about["vectors"][0]["blocks"] == [own.block]
        assert json.loads((place / "baked" / "heredity.json").read_text()) == about
        base, baked = (load(str(f), device="cpu", dtype="float32") for f in (toy_folder, place / "baked"))
        with steered(base, pushes_of(own, 1.5, all_blocks=False)):
            hooked = logits(base)
        torch.testing.assert_close(logits(baked), hooked, atol=5e-5 * float(hooked.abs().max()), rtol=0)
        again = done(*bake, "--all-blocks", folder=place)
        assert "blocks 0 to 3" in again

    def test_refusals_are_said_and_leave_nothing(self, place: Path, toy_folder: Path) -> None:
        bake = ["bake", VECTOR, "--strength", "1", "--model"]
        failed(heredity(*bake, toy_folder, "--out", "own", folder=place), 2, "own is there already", "--out")
        other = place / "other"
        shutil.copytree(toy_folder, other)
        config = json.loads((other / "config.json").read_text()) | {"rms_norm_eps": 1e-5}
        (other / "config.json").write_text(json.dumps(config))
        failed(heredity(*bake, other, "--out", "never", folder=place), 3, "was read from")
        assert not (place / "never").exists()
