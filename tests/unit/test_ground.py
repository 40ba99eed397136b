"""Files, hashes, names and the workspace."""

import json
from pathlib import Path

import pytest

from heredity.ground.errors import InputError, StorageError, UnknownNameError
from heredity.ground.files import require_writable, whole_file, whole_folder, write_text
from heredity.ground.hashing import digest, seed_from
from heredity.records.screening import RowScore
from heredity.store.tensors import load_vector
from heredity.store.workspace import Workspace, load_record, save_record


def test_an_interrupted_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    target = write_text(tmp_path / "a.txt", "old")
    with pytest.raises(KeyboardInterrupt), whole_file(target) as part:
        part.write_text("half")
        raise KeyboardInterrupt
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_an_interrupted_folder_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), whole_folder(tmp_path / "f") as part:
        (part / "x").write_text("half")
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_an_error_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="choose another place"):
        require_writable(tmp_path / "file" / "folder")
    with pytest.raises(StorageError, match="--out"):
        write_text(tmp_path / "file" / "x.txt", "x")


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StorageError, match="No space left on device"):
        write_text(tmp_path / "a.txt", "x")
    assert not list(tmp_path.iterdir())


def test_seeds_and_digests_are_the_same_in_every_process() -> None:
    assert seed_from("a", 1) == 4742018630964328543
    assert seed_from("a", 1) != seed_from("a1")
    assert digest({"b": 1, "a": [2]}) == digest({"a": [2], "b": 1})


def test_unknown_names_come_with_a_hint() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'screen'"):
        raise UnknownNameError("command", "scren", ["screen", "train"])


class TestAWorkspace:
    def stage(self, workspace: Workspace, made: list[int], **depends_on: object) -> str:
        def make(folder: Path) -> int:
            made.append(1)
            (folder / "x").write_text(json.dumps(depends_on))
            return 7

        return workspace.stage("s", depends_on, make, lambda folder: (folder / "x").read_text()).value

    def test_makes_a_stage_once_and_again_only_when_what_it_depends_on_changed(self, tmp_path: Path) -> None:
        made: list[int] = []
        for value in (1, 1, 2, 1):
            assert self.stage(Workspace(tmp_path, None), made, value=value) == json.dumps({"value": value})
        assert len(made) == 2

    def test_an_interrupted_stage_is_not_there(self, tmp_path: Path) -> None:
        def cut(folder: Path) -> None:
            (folder / "x").write_text("half")
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            Workspace(tmp_path, None).stage("s", {}, cut, lambda folder: None)
        assert not list(tmp_path.iterdir())


def test_records_come_back_equal_and_foreign_files_are_refused(tmp_path: Path) -> None:
    scores = {"projection": 1.5, "difference": -2.0}
    row = RowScore(line=1, setting="alone", scores=scores, over=0.5, flagged=True, n_tokens=3, prompt="p", response="r")
    path = save_record(row, tmp_path / "row.json")
    assert load_record(RowScore, path) == row
    path.write_text('{"line": 1}')
    with pytest.raises(InputError, match="not a RowScore"):
        load_record(RowScore, path)
    with pytest.raises(InputError, match="there is no file"):
        load_record(RowScore, tmp_path / "none.json")


def test_an_interrupted_conversion_leaves_no_broken_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from heredity.models import embedded

    (tmp_path / "m.gguf").write_bytes(b"x")
    monkeypatch.setenv("HEREDITY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(embedded, "gguf_files", lambda _: [tmp_path / "m.gguf"])

    def cut(source: Path, folder: Path) -> None:
        (folder / "config.json").write_text("{}")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(embedded, "_convert", cut)
        with pytest.raises(KeyboardInterrupt):
            embedded.converted("smollm2-135m")
    assert not list((tmp_path / "cache" / "models").iterdir())


def test_a_model_in_pieces_is_joined_in_their_order_and_gone_afterwards(tmp_path: Path) -> None:
    from heredity.models.embedded import joined

    pieces = [tmp_path / f"model.gguf.part0{n}" for n in range(3)]
    for piece, content in zip(pieces, (b"GG", b"UF", b"!"), strict=True):
        piece.write_bytes(content)
    with joined(pieces) as whole:
        assert whole.name == "model.gguf"
        assert whole.read_bytes() == b"GGUF!"
    assert not whole.exists()
    with joined(pieces[:1]) as whole:
        assert whole == pieces[0]


def test_a_file_that_is_no_vector_is_refused(tmp_path: Path) -> None:
    (tmp_path / "v.safetensors").write_bytes(b"not a vector")
    with pytest.raises(InputError, match="not a safetensors file"):
        load_vector(tmp_path / "v.safetensors")
