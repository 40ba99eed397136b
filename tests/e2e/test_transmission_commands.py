"""transmit and cascade as a user meets them, on a small model in a folder."""

import json
from pathlib import Path

import pytest

from animals import blank_model, owl_trait
from commands import done, failed, heredity
from heredity.cli.trait import as_yaml
from heredity.models.tiny import save_tiny
from heredity.records.cascade import CascadeReport
from heredity.records.transmission import TransmissionReport
from heredity.store.workspace import load_record

SMALL = "--teacher-steps 30 --teacher-rate 3e-3 --steps 24 --rate 3e-3 --quiet".split()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("user")
    save_tiny(blank_model(), folder / "model")
    (folder / "owl.yaml").write_text(as_yaml(owl_trait()))
    return folder


def test_transmit_says_what_crossed_and_writes_its_page(place: Path) -> None:
    asked = ["transmit", "--trait", "owl.yaml", "--model", "model", "--seeds", "3", "--out", "out", *SMALL]
    said = done(*asked, folder=place)
    assert said.startswith("The trait crossed")
    assert "a double dissociation" in said
    assert "control 'in context'" in said
    page = (place / "out" / "transmission.html").read_text()
    assert "a double dissociation" in page
    kept = load_record(TransmissionReport, place / "out" / "transmission.json")
    again = json.loads(done(*asked, "--json", folder=place))
    assert TransmissionReport.model_validate(again).effect
    found = load_record(TransmissionReport, place / "out" / "transmission.json")
    assert found.id == kept.id
    assert found.provenance
    assert all(stage.cached for stage in found.provenance.stages)


def test_cascade_follows_the_generations_and_writes_its_page(place: Path) -> None:
    asked = ["cascade", "--trait", "owl.yaml", "--model", "model", "--generations", "2", "--out", "down", *SMALL]
    said = done(*asked, folder=place)
    assert "generation 2" in said
    assert (place / "down" / "cascade.html").exists()
    assert CascadeReport.model_validate_json((place / "down" / "cascade.json").read_text()).effects[0]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--labels", "sotf"], 2, "Did you mean 'soft'?"),
        (["--carrier", "digit"], 2, "Did you mean 'digits'?"),
        (["--teacher", "prompt"], 2, "Did you mean 'prompted'?"),
        (["--control", "owl"], 2, "not all different"),
        (["--control", "cow"], 2, "is not among what can be preferred"),
        (["--seeds", "1"], 2, "--pilot"),
        (["--trait", "evil", "--control", "owl"], 2, "no character trait"),
        (["--trait", "evil"], 2, "needs another one beside it, for example --control hallucination"),
        (["--carrier", "reasoning", "--questions", "missing.jsonl"], 2, "missing.jsonl"),
        (["--given", "9", "--carrier", "chat"], 2, "leave --given out"),
        (["--teacher", "steered"], 2, "was given of: owl, cat"),
        (["--strength", "2"], 2, "--strength has no effect with --teacher finetuned, only with: steered"),
        (["--prompts", "64"], 2, "--prompts has no effect with --carrier random-numbers"),
        (["--vector", "owl.safetensors"], 2, "--vector has no effect with --teacher finetuned"),
        (["--rate", "0"], 2, "--rate: Input should be greater than 0"),
        (["--foreign", "model"], 2, "is the base itself"),
        (["--teacher-steps", "1", "--teacher-rate", "1e-9", "--pilot"], 4, "too weak to pass anything on"),
    ],
)
def test_transmit_says_what_cannot_be_done(place: Path, options: list[str], code: int, said: str) -> None:
    trait = [] if "--trait" in options else ["--trait", "owl.yaml"]
    run = heredity("transmit", *trait, "--model", "model", "--out", "bad", "--quiet", *options, folder=place)
    failed(run, code, said)


@pytest.mark.parametrize("command", ["transmit", "cascade", "distil"])
def test_no_students_are_refused_by_the_options_name(command: str, place: Path) -> None:
    failed(heredity(command, "--seeds", "-1", folder=place), 2, "--seeds")


def test_a_cascade_of_a_character_is_refused(place: Path) -> None:
    run = heredity("cascade", "--trait", "evil", "--model", "missing", folder=place)
    failed(run, 2, "follows a preference")
    assert not (place / "heredity-out").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--labels", "hard"], "use soft or reverse"),
        (["--carrier", "chta"], "Did you mean 'chat'?"),
        (["--trait", "owl"], "what the teacher without the skill shows"),
        (["--trait", "rudeness"], "rudeness"),
    ],
)
def test_distil_says_what_cannot_be_done(place: Path, options: list[str], said: str) -> None:
    failed(heredity("distil", "--model", "model", "--out", "none", "--quiet", *options, folder=place), 2, said)
    assert not (place / "none").exists()
