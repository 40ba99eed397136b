"""The fences of the house: each rule holds, and each rule finds the violation that is planted for it."""

from pathlib import Path

import pytest

from fences import rules

ROOT = Path(__file__).parents[2]
HOUSE = ROOT / "src" / "heredity"


def assert_none(violations: list[str]) -> None:
    if violations:
        pytest.fail("\n".join(violations), pytrace=False)


def built(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


class TestFloors:
    def test_every_module_stands_on_a_floor(self):
        assert rules.modules(HOUSE)
        assert_none(rules.unplaced_modules(HOUSE))

    def test_a_module_beside_the_floors_is_found(self, tmp_path):
        house = built(tmp_path, {"utils.py": "", "attic/box.py": "", "ground/files.py": ""})
        assert len(rules.unplaced_modules(house)) == 2

    def test_imports_point_down(self):
        assert_none(rules.imports_up(HOUSE))

    @pytest.mark.parametrize(
        ("file", "line"),
        [
            ("ground/files.py", "from heredity.stats import estimate"),
            ("stats/nulls.py", "import heredity.records.vector"),
            ("records/trait.py", "from heredity import store"),
            ("models/load.py", "def f():\n    from heredity.judges.contrast import judge"),
            ("judges/contrast.py", "from heredity.traits.define import trait"),
            ("traits/define.py", "import importlib\nimportlib.import_module('heredity.studies.audit')"),
            ("studies/audit.py", "from heredity.report.pages.audit.page import page"),
            ("report/page.py", "from heredity.server.app import app"),
            ("server/app.py", "from heredity.web import files"),
            ("web/files.py", "from heredity.cli.app import main"),
        ],
    )
    def test_an_import_that_points_up_is_found(self, tmp_path, file, line):
        assert len(rules.imports_up(built(tmp_path, {file: line}))) == 1

    def test_imports_that_point_down_pass(self, tmp_path):
        lines = "from heredity.web import files\nfrom heredity.studies import audit\nfrom heredity.ground import errors"
        assert not rules.imports_up(built(tmp_path, {"cli/app.py": lines, "__init__.py": "import heredity.cli"}))

    def test_rooms_never_import_each_other(self):
        assert_none(rules.imports_between(HOUSE, rules.ROOMS))

    def test_a_room_that_imports_a_room_is_found(self, tmp_path):
        house = built(tmp_path, {"screening/screen.py": "def f():\n    from heredity.vectors.keep import keep"})
        assert len(rules.imports_between(house, rules.ROOMS)) == 1

    def test_models_and_store_never_import_each_other(self):
        assert_none(rules.imports_between(HOUSE, rules.BASE))

    def test_a_model_that_imports_the_store_is_found(self, tmp_path):
        house = built(
            tmp_path, {"models/load.py": "from heredity import store", "store/tensors.py": "import heredity.models"}
        )
        assert len(rules.imports_between(house, rules.BASE)) == 2

    def test_only_doors_come_in_by_the_front_door(self):
        assert_none(rules.imports_of_the_front_door(HOUSE))

    def test_a_room_that_comes_in_by_the_front_door_is_found(self, tmp_path):
        lines = "import heredity\nfrom heredity import load\nfrom heredity import __version__"
        house = built(tmp_path, {"traits/draft.py": lines, "cli/app.py": lines})
        assert len(rules.imports_of_the_front_door(house)) == 2


class TestPages:
    def test_pages_never_import_each_other(self):
        assert_none(rules.imports_between_pages(HOUSE))

    def test_a_page_that_imports_a_page_is_found(self, tmp_path):
        lines = "from heredity.report.pages.audit.tables import arm_lines\nfrom heredity.report.kit import tint"
        house = built(tmp_path, {"report/pages/arena/page.py": lines, "report/pages/audit/page.py": lines})
        assert len(rules.imports_between_pages(house)) == 1

    def test_no_page_computes_a_statistic(self):
        assert_none(rules.statistics_of_pages(HOUSE))

    @pytest.mark.parametrize(
        "line",
        [
            "import statistics",
            "import numpy as np",
            "from heredity.stats.intervals import mean_t",
            "def f():\n    from heredity.monitor.score import excess",
            "from heredity.studies.verdict import verdict_of",
        ],
    )
    def test_a_page_that_computes_one_is_found(self, tmp_path, line):
        fine = "from heredity.stats.estimate import Estimate\nfrom heredity.records.audit import AuditReport\n"
        house = built(tmp_path, {"report/pages/audit/page.py": fine + line, "studies/audit.py": line})
        assert len(rules.statistics_of_pages(house)) == 1


class TestImports:
    def test_relative_imports_are_banned(self):
        assert_none(rules.relative_imports(HOUSE))

    def test_a_relative_import_is_found(self, tmp_path):
        house = built(tmp_path, {"traits/draft.py": "from . import define\nfrom ..vectors import keep"})
        assert len(rules.relative_imports(house)) == 2

    def test_only_models_and_training_know_torch(self):
        assert_none(rules.imports_of_torch(HOUSE))

    @pytest.mark.parametrize("name", rules.TORCH)
    def test_a_room_that_knows_torch_is_found(self, tmp_path, name):
        line = f"def f():\n    import {name}"
        house = built(tmp_path, {"vectors/keep.py": line, "training/batches.py": line, "models/load.py": line})
        assert len(rules.imports_of_torch(house)) == 1

    def test_a_name_that_only_begins_like_torch_passes(self, tmp_path):
        assert not rules.imports_of_torch(
            built(tmp_path, {"store/tensors.py": "import torchlight\nimport safetensors.numpy"})
        )


class TestManners:
    def test_only_doors_print_and_exit(self):
        assert_none(rules.prints_and_exits(HOUSE))

    @pytest.mark.parametrize(
        "line",
        [
            "print(1)",
            "import sys\nsys.exit(1)",
            "from sys import exit",
            "raise SystemExit(1)",
            "import os\nos._exit(1)",
            "quit()",
        ],
    )
    def test_a_room_that_prints_or_exits_is_found(self, tmp_path, line):
        assert len(rules.prints_and_exits(built(tmp_path, {"traits/draft.py": line, "cli/app.py": line}))) == 1

    def test_only_doors_catch_everything(self):
        assert_none(rules.catches_of_everything(HOUSE))

    @pytest.mark.parametrize("caught", ["", " Exception", " BaseException as error", " (ValueError, Exception)"])
    def test_a_room_that_catches_everything_is_found(self, tmp_path, caught):
        text = f"try:\n    f()\nexcept{caught}:\n    pass"
        assert len(rules.catches_of_everything(built(tmp_path, {"judges/contrast.py": text, "web/app.py": text}))) == 1

    def test_a_room_that_cleans_up_and_raises_again_passes(self, tmp_path):
        text = "try:\n    f()\nexcept BaseException:\n    undo()\n    raise"
        assert not rules.catches_of_everything(built(tmp_path, {"store/tensors.py": text}))


class TestStanding:
    def test_blocks_are_found_and_hooked_in_one_place(self):
        assert_none(rules.other_ways_to_stand(HOUSE))

    @pytest.mark.parametrize("line", ["find_blocks(network)[3]", "block.register_forward_hook(f)"])
    def test_another_way_is_found(self, tmp_path, line):
        house = built(tmp_path, {"models/read.py": line, "models/hooks.py": line})
        assert len(rules.other_ways_to_stand(house)) == 1


class TestWriting:
    def test_only_the_store_writes(self):
        assert_none(rules.writes_outside_the_store(HOUSE))

    @pytest.mark.parametrize(
        "line",
        [
            "write_text(path, text)",
            "path.write_bytes(data)",
            "with open(path, 'w') as f: f.write(text)",
            "path.open('ab')",
            "model.save_pretrained(folder)",
        ],
    )
    def test_a_room_that_writes_is_found(self, tmp_path, line):
        house = built(tmp_path, {"vectors/keep.py": line, "store/rows.py": line, "models/bake.py": line})
        assert len(rules.writes_outside_the_store(house)) == 1

    def test_a_room_that_reads_passes(self, tmp_path):
        text = "open(path)\nopen(path, 'rb')\npath.read_text()\nwebbrowser.open('page')"
        assert not rules.writes_outside_the_store(built(tmp_path, {"vectors/keep.py": text}))


class TestSizes:
    def test_no_file_is_longer_than_300_lines(self):
        assert_none(rules.long_files(HOUSE))

    def test_a_file_of_301_lines_is_found(self, tmp_path):
        house = built(tmp_path, {"stats/short.py": "x = 1\n" * 300, "stats/long.py": "x = 1\n" * 301})
        assert len(rules.long_files(house)) == 1

    def test_no_function_is_longer_than_60_lines(self):
        assert_none(rules.long_functions(HOUSE))

    def test_a_function_of_61_lines_is_found(self, tmp_path):
        short, long = ("def f():\n" + "    x = 1\n" * n for n in (59, 60))
        assert len(rules.long_functions(built(tmp_path, {"stats/short.py": short, "stats/long.py": long}))) == 1

    def test_no_function_has_more_than_7_parameters(self):
        assert_none(rules.crowded_functions(HOUSE))

    def test_a_function_of_8_parameters_is_found(self, tmp_path):
        seven = "    def f(self, a, b, c, d, e, f, g): ...\n"
        eight = "    async def g(self, a, b, c, d, /, e, *f, g, **h): ...\n"
        assert len(rules.crowded_functions(built(tmp_path, {"stats/wide.py": f"class A:\n{seven}{eight}"}))) == 1


class TestFrontDoor:
    def test_import_heredity_loads_no_torch_no_transformers_and_no_numpy(self):
        assert rules.loaded_by_import(HOUSE.parent).isdisjoint({"torch", "transformers", "numpy"})

    def test_a_front_door_that_loads_numpy_is_found(self, tmp_path):
        source = built(tmp_path, {"heredity/__init__.py": "import numpy", "numpy.py": ""})
        assert "numpy" in rules.loaded_by_import(source)

    def test_every_name_of_the_front_door_can_be_had(self):
        assert_none(rules.unresolved_names(HOUSE.parent))

    @pytest.mark.parametrize("names", ["['absent']", "[]"])
    def test_a_name_that_cannot_be_had_is_found(self, tmp_path, names):
        source = built(tmp_path, {"heredity/__init__.py": f"__all__ = {names}"})
        assert len(rules.unresolved_names(source)) == 1


class TestSilence:
    def test_the_project_speaks_of_itself_alone(self):
        assert_none(rules.foreign_words(ROOT))

    @pytest.mark.parametrize(
        "line",
        [
            "see /" + "work/main/notes",
            "open('/" + "root/.cache')",
            "cd /" + "home/ann/heredity",
            "--index" + "-url https://example.org/simple",
            "https://" + "registry.example.org/package",
            "https://" + "py" + "pi.org/project/x",
        ],
    )
    def test_a_machine_path_or_a_registry_is_found(self, tmp_path, line):
        assert len(rules.foreign_words(built(tmp_path, {"docs/a.md": f"one\n{line}\n", ".venv/b.md": line}))) == 1

    def test_words_that_only_look_like_a_machine_path_pass(self, tmp_path):
        text = "homework/" + "work/ and https://example.org/" + "work/ and src/heredity/models/\n"
        assert not rules.foreign_words(built(tmp_path, {"README.md": text}))
