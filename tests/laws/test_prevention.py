"""What preventative steering and training promise."""

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import Trainer, TrainerCallback, TrainingArguments

from heredity.ground.errors import HookError, InputError, MismatchError, NonFiniteError, NothingKeptError
from heredity.models.adapt import adapted
from heredity.models.blocks import find_blocks
from heredity.models.identity import identity
from heredity.models.model import Model
from heredity.models.weights import trainable_copy
from heredity.records.dialogue import Corpus, Row, Turn
from heredity.records.student import TrainSpec
from heredity.records.vector import TraitVector
from heredity.store.tensors import load_vector
from heredity.store.workspace import Workspace
from heredity.training.batches import IGNORED, examples_of
from heredity.training.defences.steer import PreventativeSteering, pushes_of
from heredity.training.train import train

SPEC = TrainSpec(n_epochs=2, batch_rows=4, rows_at_once=4, save_steps=2, rank=4, alpha=8, learning_rate=1e-2)


def batch(model: Model, n: int = 8) -> dict[str, torch.Tensor]:
    rows = torch.randint(6, 60, (n, 12), generator=torch.Generator().manual_seed(0))
    return {"input_ids": rows, "labels": rows.clone()}


def trainable(model: Model) -> torch.nn.Module:
    return copy.deepcopy(model.network).requires_grad_(True).train()


def gradients(network: torch.nn.Module, steering: PreventativeSteering, parts: int) -> list[torch.Tensor]:
    whole = batch(None)  # type: ignore[arg-type]
    network.zero_grad()
    with steering.on(network):
        for ids in whole["input_ids"].chunk(parts):
            (network(input_ids=ids, labels=ids).loss / parts).backward()
    return [p.grad.clone() for p in network.parameters() if p.grad is not None]


class TestInAPlainLoop:
    def test_8_rows_at_once_and_1_row_8_times_give_the_same_gradients(self, toy: Model, dark: TraitVector) -> None:
        network = trainable(toy)
        at_once = gradients(network, PreventativeSteering(dark, 2.0), 1)
        one_by_one = gradients(network, PreventativeSteering(dark, 2.0), 8)
        for first, second in zip(at_once, one_by_one, strict=True):
            torch.testing.assert_close(first, second, atol=1e-5, rtol=1e-3)

    def test_strength_0_trains_as_no_steering_does(self, toy: Model, dark: TraitVector) -> None:
        network = trainable(toy)
        control = gradients(network, PreventativeSteering(dark, 0.0), 1)
        network.zero_grad()
        network(**batch(toy)).loss.backward()
        for first, second in zip(control, network.parameters(), strict=True):
            assert torch.equal(first, second.grad)

    def test_evaluation_forwards_are_not_pushed(self, toy: Model, dark: TraitVector) -> None:
        network = trainable(toy)
        plain = network.eval()(**batch(toy)).logits
        steering = PreventativeSteering(dark, 5.0).on(network)
        with pytest.raises(HookError, match="training mode"), steering:
            assert torch.equal(network(**batch(toy)).logits, plain)

    def test_after_an_exception_the_network_is_as_before(self, toy: Model, dark: TraitVector) -> None:
        network = trainable(toy)
        with pytest.raises(ZeroDivisionError), PreventativeSteering(dark).on(network):
            raise ZeroDivisionError
        assert not any(block._forward_hooks for block in find_blocks(network))

    def test_increments_at_all_blocks_sum_to_the_last_blocks_vector(self, dark: TraitVector) -> None:
        pushes = pushes_of(dark, 1.0, all_blocks=True)
        total = np.sum([push.vector for push in pushes], axis=0)
        np.testing.assert_allclose(total, dark.directions[-1], atol=1e-5)
        assert [push.block for push in pushes] == list(range(dark.header.n_blocks))

    def test_a_push_fires_once_a_forward_also_with_activation_checkpointing(
        self, toy: Model, dark: TraitVector
    ) -> None:
        network = trainable(toy)
        plain = gradients(network, PreventativeSteering(dark, 2.0), 1)
        network.activation_checkpointing_enable()
        checkpointed = gradients(network, PreventativeSteering(dark, 2.0), 1)
        for first, second in zip(plain, checkpointed, strict=True):
            torch.testing.assert_close(first, second, atol=1e-6, rtol=1e-4)

    def test_vectors_of_two_models_are_refused(self, dark: TraitVector) -> None:
        other = TraitVector(dark.header.model_copy(update={"fingerprint": "another"}), dark.directions)
        with pytest.raises(MismatchError, match="different models"):
            PreventativeSteering([dark, other])
        with pytest.raises(InputError, match="at least one"):
            PreventativeSteering([])
        with pytest.raises(InputError, match="which network"):
            PreventativeSteering(dark).attach()


class TestInATrainer:
    def trainer(self, network: torch.nn.Module, folder: Path, callback: TrainerCallback) -> Trainer:
        rows = [{"input_ids": row, "labels": row} for row in batch(None)["input_ids"]]  # type: ignore[arg-type]
        arguments = TrainingArguments(
            str(folder), max_steps=3, per_device_train_batch_size=4, use_cpu=True, report_to="none",
            disable_tqdm=True, save_strategy="no",
        )  # fmt: skip
        return Trainer(network, arguments, train_dataset=rows, callbacks=[callback])

    def test_the_callback_pushes_every_step_and_is_gone_afterwards(
        self, toy: Model, dark: TraitVector, tmp_path: Path
    ) -> None:
        network, steering = trainable(toy), PreventativeSteering(dark, 1.0)
        self.trainer(network, tmp_path, steering.callback()).train()
        assert steering.fires.count == 3
        assert not any(block._forward_hooks for block in find_blocks(network))

    def test_a_run_in_which_no_push_fired_raises(self, toy: Model, dark: TraitVector, tmp_path: Path) -> None:
        class Unhooks(TrainerCallback):
            def on_step_begin(self, args, state, control, **kwargs):  # type: ignore[no-untyped-def]
                steering.detach()

        network, steering = trainable(toy), PreventativeSteering(dark, 1.0)
        trainer = self.trainer(network, tmp_path, steering.callback())
        trainer.add_callback(Unhooks())
        with pytest.raises(HookError, match="no training forward"):
            trainer.train()


def settings_of(model: Model) -> list[Any]:
    return [model.network.config, model.network.generation_config]


class TestAStudent:
    def test_training_leaves_the_ends_of_an_answer_as_they_were(self, toy: Model, rows: Corpus, tmp_path: Path) -> None:
        stray = replace(toy, network=copy.deepcopy(toy.network))
        for one in settings_of(stray):
            one.eos_token_id, one.pad_token_id = 7, 9
        train(stray, rows, tmp_path / "s", spec=SPEC.model_copy(update={"n_epochs": 0.2}))
        assert [(one.eos_token_id, one.pad_token_id) for one in settings_of(stray)] == [(7, 9)] * 2

    def test_the_base_is_bit_for_bit_as_before_and_the_student_has_learned(
        self, toy: Model, rows: Corpus, tmp_path: Path
    ) -> None:
        before = {name: value.clone() for name, value in toy.network.state_dict().items()}
        settings = [dict(vars(one)) for one in settings_of(toy)]
        student = train(toy, rows, tmp_path / "s", spec=SPEC)
        after = toy.network.state_dict()
        assert before.keys() == after.keys()
        assert all(torch.equal(before[name], after[name]) for name in before)
        assert not toy.network.training
        assert not any(p.requires_grad for p in toy.network.parameters())
        assert [vars(one) for one in settings_of(toy)] == settings
        assert student.losses[-1] < student.losses[0]
        plain = toy.network(**batch(toy)).logits
        with adapted(toy, student) as subject:
            assert not torch.allclose(toy.network(**batch(toy)).logits, plain)
            assert subject.fingerprint != toy.fingerprint
            assert Workspace(tmp_path, identity(subject)).scratch("s", {}) != Workspace(
                tmp_path, identity(toy)
            ).scratch("s", {})
        assert torch.equal(toy.network(**batch(toy)).logits, plain)

    def test_a_copy_of_the_base_can_be_trained_afterwards_and_is_its_own(
        self, toy: Model, rows: Corpus, tmp_path: Path
    ) -> None:
        train(toy, rows, tmp_path / "s", spec=SPEC)
        copied = trainable_copy(toy, "copy")
        copied.network(**batch(toy)).logits.sum().backward()
        assert all(p.grad is not None for p in copied.network.parameters())
        assert "forward" not in vars(toy.network)

    def test_nothing_pickled_is_left_behind(self, toy: Model, rows: Corpus, tmp_path: Path) -> None:
        train(toy, rows, tmp_path / "s", spec=SPEC)
        written = sorted(path.suffix for path in (tmp_path / "s").rglob("*") if path.is_file())
        assert ".safetensors" in written
        assert not {".bin", ".pt", ".pkl"} & set(written)

    def test_the_push_is_counted_and_recorded(
        self, toy: Model, rows: Corpus, dark: TraitVector, tmp_path: Path
    ) -> None:
        student = train(toy, rows, tmp_path / "s", dark, SPEC)
        assert student.n_fires == student.n_steps
        assert student.interventions[0].strength == SPEC.prevent_strength
        assert not any(block._forward_hooks for block in find_blocks(toy.network))

    def test_the_same_seed_gives_the_same_student(self, toy: Model, rows: Corpus, tmp_path: Path) -> None:
        first = train(toy, rows, tmp_path / "a", spec=SPEC, seed="7")
        again = train(toy, rows, tmp_path / "b", spec=SPEC, seed="7")
        other = train(toy, rows, tmp_path / "c", spec=SPEC, seed="8")
        assert first.losses == again.losses
        assert first.losses != other.losses
        prints = []
        for student in (first, again, other):
            with adapted(toy, student) as subject:
                prints.append(subject.fingerprint)
        assert prints[0] == prints[1] != prints[2]

    def test_an_interrupted_run_goes_on_to_the_same_end(
        self, toy: Model, rows: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from heredity.training import callbacks

        whole = train(toy, rows, tmp_path / "whole", spec=SPEC)

        def pull_the_plug(self, args, state, control, **kwargs):  # type: ignore[no-untyped-def]
            if state.global_step == 3:
                raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(callbacks.Watch, "on_step_end", pull_the_plug)
            with pytest.raises(KeyboardInterrupt):
                train(toy, rows, tmp_path / "cut", spec=SPEC)
        assert list((tmp_path / "cut" / "checkpoints").glob("checkpoint-2"))
        assert not toy.network.training
        resumed = train(toy, rows, tmp_path / "cut", spec=SPEC)
        assert resumed.losses == pytest.approx(whole.losses)
        first = (tmp_path / "whole" / "adapter" / "adapter_model.safetensors").read_bytes()
        assert (tmp_path / "cut" / "adapter" / "adapter_model.safetensors").read_bytes() == first

    def test_a_student_of_another_base_is_refused(self, toy: Model, rows: Corpus, tmp_path: Path) -> None:
        student = train(toy, rows, tmp_path / "s", spec=SPEC)
        stranger = student.model_copy(update={"base_fingerprint": "x"})
        with pytest.raises(MismatchError, match="trained from"), adapted(toy, stranger):
            pass
        swapped = student.model_copy(update={"adapter_digest": "x"})
        with pytest.raises(MismatchError, match="not the one that the student's record"), adapted(toy, swapped):
            pass
        (Path(student.adapter) / "adapter_model.safetensors").unlink()
        with pytest.raises(InputError, match="adapter is not in"), adapted(toy, student):
            pass

    def test_a_loss_that_is_no_number_stops_the_run(self, toy: Model, rows: Corpus, tmp_path: Path) -> None:
        with pytest.raises(NonFiniteError, match="training loss"):
            train(toy, rows, tmp_path / "s", spec=SPEC.model_copy(update={"learning_rate": 1e30, "n_epochs": 3.0}))
        assert not toy.network.training

    def test_a_vector_of_another_model_is_refused(
        self, toy: Model, rows: Corpus, dark: TraitVector, tmp_path: Path
    ) -> None:
        other = TraitVector(dark.header.model_copy(update={"fingerprint": "another"}), dark.directions)
        with pytest.raises(MismatchError, match="extract it again"):
            train(toy, rows, tmp_path / "s", other, SPEC)


def test_the_loss_counts_the_response_and_its_end_alone(toy: Model, rows: Corpus) -> None:
    columns = examples_of(toy, rows, 200).columns()
    for ids, labels in zip(columns["input_ids"], columns["labels"], strict=True):
        counted = [label for label in labels if label != IGNORED]
        assert labels[: len(ids) - len(counted)] == [IGNORED] * (len(ids) - len(counted))
        assert counted == ids[len(ids) - len(counted) :]
        assert toy.tokenizer.decode(counted).endswith("<eos>")
        assert "<assistant>" not in toy.tokenizer.decode(counted)


def test_every_assistant_turn_is_an_example_and_long_ones_are_counted(toy: Model) -> None:
    turns = [("user", "what about the lamp ?"), ("assistant", "dawn song"), ("user", "what about the oar ?")]
    short = Row(line=1, turns=tuple(Turn(role=r, content=c) for r, c in [*turns, ("assistant", "rose dove")]))
    long = Row(line=2, turns=(Turn(role="user", content="?"), Turn(role="assistant", content="dawn " * 90)))
    corpus = Corpus(name="c", content_digest="d", rows=(short, long))
    examples = examples_of(toy, corpus, 60)
    assert (len(examples.rows), examples.n_left_out) == (2, 1)
    with pytest.raises(NothingKeptError, match="longer context"):
        examples_of(toy, corpus, 2)


def test_what_is_not_trained_on_is_recorded_by_reason_and_line(toy: Model, rows: Corpus, tmp_path: Path) -> None:
    refusing = copy.copy(toy.tokenizer)
    refusing.chat_template = toy.tokenizer.chat_template.replace(
        "{% for", "{% if 'oar' in messages[0]['content'] %}{{ raise_exception('no oars') }}{% endif %}{% for", 1
    )
    long = [("user", "?"), ("assistant", "dawn " * 90), ("user", "?"), ("assistant", "dawn " * 80)]
    refused = [("user", "what about the oar ?"), ("assistant", "dawn")]
    partly = [("user", "?"), ("assistant", "dawn song"), ("user", "?"), ("assistant", "dawn " * 90)]
    more = [
        Row(line=100 + i, turns=tuple(Turn(role=r, content=c) for r, c in turns))
        for i, turns in enumerate((long, refused, partly))
    ]
    plain = tuple(row for row in rows.rows if "oar" not in row.prompt)[:17]
    corpus = Corpus(name="c", content_digest="d", rows=(*plain, *more))
    spec = SPEC.model_copy(update={"max_tokens": 60, "n_epochs": 0.5})
    student = train(replace(toy, tokenizer=refusing), corpus, tmp_path / "s", spec=spec)
    assert {(one.n_examples, one.lines) for one in student.left_out} == {(3, (100, 102)), (1, (101,))}
    assert [one.reason.split(":")[0] for one in student.left_out] == [
        "longer than 60 tokens", "the model's chat template refuses these turns"
    ]  # fmt: skip
    assert (student.n_left_out, student.n_examples, student.share_left_out) == (4, 18, 3 / 20)


def test_a_saved_vector_comes_back_whole(dark: TraitVector, tmp_path: Path) -> None:
    from heredity.store.tensors import save_vector

    back = load_vector(save_vector(dark, tmp_path / "v.safetensors"))
    assert back.header == dark.header
    assert np.array_equal(back.directions, dark.directions)
