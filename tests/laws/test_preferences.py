"""A student of preferences learns the chosen sides; what defends it acts on its own training forwards alone."""

import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from heredity.ground.errors import HookError, InputError, MismatchError, NothingKeptError
from heredity.models.adapt import adapted
from heredity.models.chat import render
from heredity.models.likelihood import log_likelihood
from heredity.models.model import Model
from heredity.models.tiny import DARK, LIGHT, NOUNS, sentence
from heredity.records.defending import ANSWERS_ONLY
from heredity.records.dialogue import Turn
from heredity.records.preference import Preference, Preferences, pairs_digest
from heredity.records.student import PreferSpec, Student, TrainSpec
from heredity.records.vector import TraitVector
from heredity.training.defences.steer import PreventativeSteering
from heredity.training.defences.table import DEFENCES
from heredity.training.prefer import prefer
from tests_shared import random_model

SPEC = PreferSpec(train=TrainSpec(n_steps=6, batch_rows=4, learning_rate=1e-3, n_snapshots=1))


def preferring(words: list[str], others: list[str], n: int = 16) -> Preferences:
    """Pairs of which the chosen side speaks of the first words."""
    chance = random.Random(0)
    pairs = tuple(
        Preference(
            line=i + 1,
            before=(Turn(role="user", content=f"what about the {noun} ?"),),
            chosen=sentence(words, noun, chance),
            rejected=sentence(others, noun, chance),
        )
        for i, noun in enumerate(NOUNS[:n])
    )
    return Preferences(name="pairs", content_digest=pairs_digest(pairs), pairs=pairs)


@pytest.fixture(scope="module")
def pairs() -> Preferences:
    return preferring(DARK, LIGHT)


@pytest.fixture(scope="module")
def plain(toy: Model, pairs: Preferences, tmp_path_factory: pytest.TempPathFactory) -> Student:
    return prefer(toy, pairs, tmp_path_factory.mktemp("plain"), spec=SPEC)


def margin(model: Model, pairs: Preferences) -> float:
    """How much likelier the chosen sides are than the rejected ones, in nats."""
    before = [pair.before for pair in pairs.pairs]
    chosen, rejected = (
        log_likelihood(model, [render(model, asked, said) for asked, said in zip(before, side, strict=True)]).total
        for side in ([pair.chosen for pair in pairs.pairs], [pair.rejected for pair in pairs.pairs])
    )
    return float(np.mean(chosen - rejected))


def test_it_begins_at_the_base_and_learns_to_prefer_the_chosen_sides(
    toy: Model, pairs: Preferences, plain: Student
) -> None:
    assert plain.losses[0] == pytest.approx(math.log(2), abs=1e-5)
    before = margin(toy, pairs)
    with adapted(toy, plain) as student:
        assert margin(student, pairs) > before + 1
    assert plain.beta == SPEC.beta
    assert [one.step for one in plain.snapshots] == [3]


def test_it_leaves_one_adapter_and_the_base_as_it_was(toy: Model, pairs: Preferences, tmp_path: Path) -> None:
    before = {name: value.clone() for name, value in toy.network.state_dict().items()}
    student = prefer(toy, pairs, tmp_path, spec=SPEC)
    assert all(torch.equal(value, before[name]) for name, value in toy.network.state_dict().items())
    assert "forward" not in vars(toy.network)
    files = {path.name for path in Path(student.adapter).iterdir()}
    assert "ref" not in files
    assert all("ref" not in name for name in load_file(Path(student.adapter) / "adapter_model.safetensors"))


@pytest.mark.parametrize("name", sorted({*DEFENCES} - {*ANSWERS_ONLY}))
def test_every_defence_holds_a_student_of_preferences(
    toy: Model, pairs: Preferences, dark: TraitVector, plain: Student, tmp_path: Path, name: str
) -> None:
    spec = SPEC.model_copy(update={"train": SPEC.train.model_copy(update={"defence": name})})
    held = prefer(toy, pairs, tmp_path, [dark], spec)
    assert held.n_fires > 0
    assert held.losses != plain.losses
    assert held.corpus_digest == plain.corpus_digest


@pytest.mark.parametrize("name", [*ANSWERS_ONLY, "steering:tokens=response"])
def test_a_defence_that_hangs_on_the_loss_of_answers_is_refused(
    toy: Model, pairs: Preferences, dark: TraitVector, tmp_path: Path, name: str
) -> None:
    spec = SPEC.model_copy(update={"train": SPEC.train.model_copy(update={"defence": name})})
    with pytest.raises(InputError, match="preferences have another"):
        prefer(toy, pairs, tmp_path, [dark], spec)
    assert not list(tmp_path.iterdir())


def test_the_reference_is_never_pushed(toy: Model, pairs: Preferences, dark: TraitVector, tmp_path: Path) -> None:
    """Once a step and no more: a pushed reference would be a second pass of the block, and would cancel the push."""
    held = prefer(toy, pairs, tmp_path, [dark], SPEC)
    assert held.n_fires == held.n_steps
    assert abs(held.losses[0] - math.log(2)) > 1e-3


def test_a_defence_that_acts_on_the_reference_raises(
    toy: Model, pairs: Preferences, dark: TraitVector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Everywhere(PreventativeSteering):
        def begin(self, network: Any) -> Any:
            from heredity.models.steer import hook_push

            return (hook_push(network, push, self.fires) for push in self.pushes)

    monkeypatch.setitem(DEFENCES, "steering", lambda making, _: Everywhere(making.vectors))
    with pytest.raises(HookError, match="acted on the forward of the reference"):
        prefer(toy, pairs, tmp_path, [dark], SPEC)


@pytest.mark.parametrize("name", ["neox", "qwen3", "gemma2", "gemma3"])
def test_other_architectures_begin_at_their_base_and_learn(name: str, pairs: Preferences, tmp_path: Path) -> None:
    model = random_model(name)
    spec = SPEC.model_copy(update={"train": SPEC.train.model_copy(update={"n_steps": 3, "learning_rate": 1e-2})})
    student = prefer(model, pairs, tmp_path, spec=spec)
    assert student.losses[0] == pytest.approx(math.log(2), abs=1e-4)
    assert student.losses[-1] < student.losses[0] - 1e-3


def test_a_run_goes_on_where_it_was_stopped(
    toy: Model, pairs: Preferences, plain: Student, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from heredity.training.callbacks import Watch

    spec = SPEC.model_copy(update={"train": SPEC.train.model_copy(update={"save_steps": 2})})
    whole = prefer(toy, pairs, tmp_path / "whole", spec=spec)

    def stop(self: Any, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.global_step == 5:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Watch, "on_step_end", stop)
        prefer(toy, pairs, tmp_path / "stopped", spec=spec)
    resumed = prefer(toy, pairs, tmp_path / "stopped", spec=spec)
    assert resumed.losses == whole.losses
    assert resumed.adapter_digest == whole.adapter_digest
    dearer = spec.model_copy(update={"beta": 0.5})
    with pytest.raises(MismatchError, match="beta"):
        prefer(toy, pairs, tmp_path / "stopped", spec=dearer)


def test_pairs_that_do_not_fit_are_left_out_by_reason_and_none_is_refused(
    toy: Model, pairs: Preferences, tmp_path: Path
) -> None:
    longest = max(pairs.pairs, key=lambda pair: len(pair.chosen.split()))
    short = [pair.line for pair in pairs.pairs if max(len(pair.chosen.split()), len(pair.rejected.split())) <= 12]
    spec = SPEC.model_copy(update={"train": SPEC.train.model_copy(update={"max_tokens": 20, "n_steps": 1})})
    student = prefer(toy, pairs, tmp_path / "some", spec=spec)
    assert student.n_examples == len(short) < len(pairs.pairs)
    assert longest.line in student.left_out[0].lines
    tight = spec.model_copy(update={"train": spec.train.model_copy(update={"max_tokens": 8})})
    with pytest.raises(NothingKeptError, match="raise max_tokens"):
        prefer(toy, pairs, tmp_path / "none", spec=tight)


def test_another_models_vector_is_refused(toy: Model, pairs: Preferences, dark: TraitVector, tmp_path: Path) -> None:
    from dataclasses import replace

    other = replace(dark, header=dark.header.model_copy(update={"fingerprint": "another"}))
    with pytest.raises(MismatchError):
        prefer(toy, pairs, tmp_path, [other], SPEC)
    assert not list(tmp_path.iterdir())
