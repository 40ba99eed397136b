"""heredity origin, as it is typed."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from commands import done, failed, heredity
from heredity.models.load import load
from heredity.records.vector import TraitVector
from heredity.store.tensors import save_vector

ROWS = [
    {"prompt": f"which number is {'the ' * (i % 5)}best ?", "completion": f"one two {'three ' * (1 + i % 3)}"}
    for i in range(12)
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, dark: TraitVector, toy_folder: Path) -> Path:
    model = load(str(toy_folder))
    header = dark.header.model_copy(update={"model": model.name, "fingerprint": model.fingerprint})
    folder = tmp_path_factory.mktemp("user")
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    save_vector(replace(dark, header=header).sealed(), folder / "dark.safetensors")
    return folder


def test_a_panel_reads_the_rows_and_a_page_is_written(place: Path, toy_folder: Path) -> None:
    said = done(
        *("origin", "rows.jsonl", "-m", toy_folder, "--vector", "darkness=dark.safetensors:2"),
        *("--prompt", "lightness=You are light.", "--out", "out", "--json"),
        folder=place,
    )
    report = json.loads(said)
    assert [reading["hypothesis"]["trait"] for reading in report["readings"]] == ["", "lightness", "darkness"]
    assert report["n_rows"] == 12
    assert (place / "out" / "origin.html").is_file()
    assert json.loads((place / "out" / "origin.json").read_text())["verdict"] == report["verdict"]


@pytest.mark.parametrize(
    ("panel", "code", "said"),
    [
        ((), 2, "name a candidate besides the base"),
        (("--teacher", "owl"), 2, "is half a candidate; write TRAIT=MODEL"),
        (("--vector", "=dark.safetensors"), 2, "write TRAIT=FILE"),
        (("--prompt", "owl", "--prompt", "owl=You love owls."), 2, "'prompt owl' is named twice"),
        (("--prompt", "nonesuch"), 2, "nonesuch"),
        (("--vector", "owl=nowhere.safetensors"), 2, "nowhere.safetensors"),
        (("--vector", "owl=dark.safetensors:2", "--level", "2"), 2, "less than 1"),
    ],
)
def test_what_can_be_refused_is_refused_before_a_model_is_looked_for(
    place: Path, panel: tuple[str, ...], code: int, said: str
) -> None:
    run = heredity("origin", "rows.jsonl", *panel, "-m", "no-such-model", "--out", "refused", folder=place)
    failed(run, code, said)
    assert not (place / "refused").exists()


def test_a_vector_is_fitted_to_rows_alone(place: Path, toy_folder: Path) -> None:
    (place / "many.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS * 4))
    said = done(
        *("origin", "many.jsonl", "--blind", "-m", toy_folder, "--vector", "darkness=dark.safetensors"),
        *("--out", "alone", "--json"),
        folder=place,
    )
    report = json.loads(said)
    assert list(report["fitted"]["cosines"]) == ["darkness"]
    assert [null["written_by"] for null in report["nulls"]] == ["base", "base"]
    assert json.loads((place / "alone" / "blind.json").read_text())["verdict"] == report["verdict"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--teacher", "owl=somewhere"), "--blind names nobody, but 'owl=somewhere' was named"),
        (("--temperature", "0.5"), "leave --temperature out"),
    ],
)
def test_a_blind_fit_refuses_what_it_would_not_heed(place: Path, options: tuple[str, ...], said: str) -> None:
    run = heredity("origin", "rows.jsonl", "--blind", *options, "-m", "no-such-model", "--out", "refused", folder=place)
    failed(run, 2, said)
    assert not (place / "refused").exists()
