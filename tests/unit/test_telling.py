"""Every kind of record that is told has its words, and the committed studies read as their pages say."""

import json
import pkgutil
from importlib import import_module, resources
from pathlib import Path

import pytest

import heredity.records
from heredity.ground.errors import UnknownNameError
from heredity.records.cascade import CascadeReport
from heredity.records.dialogue import Turn
from heredity.records.distillation import DistillationReport
from heredity.records.transmission import TransmissionReport
from heredity.report.write import PAGES, told, write
from heredity.store.workspace import load_record
from pages import Reader

HERE = Path(__file__).parents[2] / "replications"
RECORDS = {
    name: kind
    for module in pkgutil.iter_modules(heredity.records.__path__)
    for name, kind in vars(import_module(f"heredity.records.{module.name}")).items()
    if isinstance(kind, type)
}
PUBLISHED = {
    "subliminal/soft": TransmissionReport,
    "subliminal/digits-only": TransmissionReport,
    "subliminal/numbers": TransmissionReport,
    "subliminal/hard": TransmissionReport,
    "subliminal/cascade": CascadeReport,
    "distillation/results": DistillationReport,
}


@pytest.mark.parametrize("kind", PAGES)
def test_what_is_told_is_a_record_with_words_and_a_page_where_it_says_so(kind: str) -> None:
    page = PAGES[kind]
    assert kind in RECORDS
    assert callable(import_module(f"heredity.report.pages.{page.folder}.told").told)
    folder = resources.files("heredity.report.pages") / page.folder
    assert (folder / "page.py").is_file() == page.is_drawn


def test_every_folder_of_a_page_is_in_the_table() -> None:
    folders = {
        one.name for one in (resources.files("heredity.report") / "pages").iterdir() if (one / "told.py").is_file()
    }
    assert folders == {page.folder for page in PAGES.values()}


def test_a_record_that_is_not_told_is_refused_with_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="AuditReport"):
        told(Turn(role="user", content="hello"))
    with pytest.raises(UnknownNameError, match="AuditReport"):
        write(Turn(role="user", content="hello"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("study", PUBLISHED)
def test_a_published_study_loads_is_told_and_is_drawn(study: str, tmp_path: Path) -> None:
    report = load_record(PUBLISHED[study], HERE / f"{study}.json")
    assert report.verdict in told(report)
    page = write(report, tmp_path)
    assert report.verdict in Reader(page.read_text(encoding="utf-8")).text
    assert json.loads((tmp_path / f"{page.stem}.json").read_text()) == report.model_dump(mode="json")
