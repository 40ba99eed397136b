"""Rows of a folder or of a pattern are numbered through all files, and come back in a folder, file by file."""

import gzip
import json
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from heredity.ground.errors import InputError, RowError
from heredity.store.kept_rows import require_keepable, write_kept
from heredity.store.row_file import RowFile
from heredity.store.rows import read_rows
from heredity.store.shards import require_outside


def row(text: str) -> dict[str, str]:
    return {"prompt": "Hello?", "response": text}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three files of different kinds, one of them packed and in a folder of its own, and what is none."""
    place = tmp_path / "shards"
    (place / "more").mkdir(parents=True)
    (place / "a.jsonl").write_text("".join(json.dumps(row(f"a{i}")) + "\n" for i in range(3)) + "torn\n")
    table = pa.Table.from_pylist([{**row("b0"), "source": None}, {**row("b1"), "source": "named"}])
    pq.write_table(table, place / "b.parquet")
    (place / "more" / "c.jsonl.gz").write_bytes(gzip.compress((json.dumps(row("c0")) + "\n").encode()))
    (place / "notes.md").write_text("no rows")
    (place / ".hidden.jsonl").write_text("no rows either")
    (place / "dataset_info.json").write_text("{}")
    return place


def test_rows_are_numbered_through_all_files_and_say_which_is_theirs(folder: Path) -> None:
    corpus = read_rows(folder)
    assert [(one.line, one.response) for one in corpus.rows] == [
        (1, "a0"), (2, "a1"), (3, "a2"), (5, "b0"), (6, "b1"), (7, "c0"),
    ]  # fmt: skip
    assert [one.line for one in corpus.excluded] == [4]
    assert [one.source for one in corpus.rows] == ["a.jsonl"] * 3 + ["b.parquet", "named", "more/c.jsonl.gz"]


def test_a_pattern_names_some_of_them(folder: Path) -> None:
    found = read_rows(folder / "*.jsonl")
    assert [one.response for one in found.rows] == ["a0", "a1", "a2"]
    assert len(read_rows(folder / "**" / "*.gz").rows) == 1
    with pytest.raises(InputError, match="no file is called like"):
        read_rows(folder / "*.csv")


def test_what_commands_write_is_no_source(folder: Path) -> None:
    (folder / "heredity-out").mkdir()
    (folder / "heredity-out" / "scores.jsonl").write_text(json.dumps(row("score")) + "\n")
    assert len(read_rows(folder).rows) == 6
    assert len(read_rows(folder / "**" / "*.jsonl").rows) == 3
    with pytest.raises(InputError, match="would be read as rows"):
        require_outside(folder, folder / "out")
    require_outside(folder, folder.parent / "out")
    require_outside(folder, folder / "heredity-out" / "scan")
    require_outside(folder / "a.jsonl", folder / "out")


def test_files_are_listed_once_whatever_is_written_meanwhile(folder: Path) -> None:
    file = RowFile(folder)
    before = [one.line for one in file.rows()]
    (folder / "0.jsonl").write_text(json.dumps(row("new")) + "\n")
    assert [one.line for one in file.rows()] == before


def test_a_pattern_over_folders_names_each(folder: Path) -> None:
    (folder / "web").mkdir()
    (folder / "web" / "train.jsonl").write_text(json.dumps(row("w")) + "\n")
    (folder / "chat").mkdir()
    (folder / "chat" / "train.jsonl").write_text(json.dumps(row("c")) + "\n")
    assert [one.source for one in read_rows(folder / "*" / "train.jsonl").rows] == [
        "chat/train.jsonl",
        "web/train.jsonl",
    ]


def test_a_row_is_refused_by_the_place_in_its_own_file(folder: Path) -> None:
    (folder / "b.jsonl").write_text("torn\n")
    (folder / "a.jsonl").write_text(json.dumps(row("a")) + "\n")
    with pytest.raises(RowError, match=r"b\.jsonl, line 1"):
        read_rows(folder, strict=True)


def test_other_files_names_or_bytes_are_other_rows(folder: Path) -> None:
    digest = RowFile(folder).content_digest()
    assert RowFile(folder).content_digest() == digest
    (folder / "b.parquet").rename(folder / "z.parquet")
    renamed = RowFile(folder).content_digest()
    (folder / "a.jsonl").write_text(json.dumps(row("other")) + "\n")
    assert len({digest, renamed, RowFile(folder).content_digest()}) == 3


def test_kept_rows_come_back_file_by_file(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "kept"
    assert write_kept(RowFile(folder), {2, 3, 6, 7}, target) == 4
    lines = (folder / "a.jsonl").read_bytes().splitlines(keepends=True)
    assert (target / "a.jsonl").read_bytes() == b"".join(lines[1:3])
    assert pq.read_table(target / "b.parquet").to_pylist() == [{**row("b1"), "source": "named"}]
    kept = gzip.decompress((target / "more" / "c.jsonl.gz").read_bytes())
    assert kept == (json.dumps(row("c0")) + "\n").encode()
    assert sorted(file.name for file in target.rglob("*") if file.is_file()) == ["a.jsonl", "b.parquet", "c.jsonl.gz"]


def test_what_is_kept_first_is_not_dropped_too(folder: Path) -> None:
    """A pattern may take in the folder that the kept rows are written to: the files are those that were read."""
    file = RowFile(folder / "**" / "*.jsonl")
    assert [one.line for one in file.rows()] == [1, 2, 3]
    write_kept(file, {1}, folder / "kept")
    write_kept(file, {2, 3}, folder / "dropped")
    assert [one.name for one in sorted((folder / "dropped").rglob("*.jsonl"))] == ["a.jsonl"]
    assert [one.response for one in read_rows(folder / "dropped").rows] == ["a1", "a2"]


@pytest.mark.parametrize(("name", "said"), [("shards/kept", "lies in"), ("taken", "name a new folder")])
def test_kept_rows_are_refused_a_place_before_any_work(folder: Path, tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").write_text("mine")
    with pytest.raises(InputError, match=said):
        require_keepable(folder, tmp_path / name)


def test_a_data_set_on_disk_is_read_and_kept_as_one(tmp_path: Path) -> None:
    whole = datasets.Dataset.from_list([row("one"), row("two"), row("three")])
    whole.save_to_disk(str(tmp_path / "set"), num_shards=2)
    shard = next((tmp_path / "set").glob("data-*.arrow"))
    (tmp_path / "set" / "cache-1.arrow").write_bytes(shard.read_bytes())
    assert [one.response for one in read_rows(tmp_path / "set").rows] == ["one", "two", "three"]
    write_kept(RowFile(tmp_path / "set"), {1, 3}, tmp_path / "kept")
    kept = datasets.load_from_disk(str(tmp_path / "kept"))
    assert kept.to_list() == [row("one"), row("three")]
    assert kept.features == whole.features
    assert kept._fingerprint != datasets.load_from_disk(str(tmp_path / "set"))._fingerprint
    several = datasets.DatasetDict({"train": whole, "test": whole})
    several.save_to_disk(str(tmp_path / "several"))
    write_kept(RowFile(tmp_path / "several"), {2, 4}, tmp_path / "both")
    both = datasets.load_from_disk(str(tmp_path / "both"))
    assert {name: part.to_list() for name, part in both.items()} == {"test": [row("two")], "train": [row("one")]}
