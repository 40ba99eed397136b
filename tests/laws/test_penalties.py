"""What is added to the loss is added exactly, in every kind of loop; what is left out of it is what was chosen."""

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from datasets import Dataset
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from trl import SFTConfig, SFTTrainer

from heredity.ground.errors import HookError, InputError
from heredity.models.batches import pad
from heredity.models.hooks import standing, streams_after
from heredity.models.lora import as_base, give_lora
from heredity.models.model import Model
from heredity.records.dialogue import Corpus
from heredity.records.student import TrainSpec
from heredity.records.vector import TraitVector
from heredity.training.batches import IGNORED, Examples, examples_of
from heredity.training.defences.corridor import Corridor
from heredity.training.defences.divergence import KLPenalty
from heredity.training.defences.given import Given
from heredity.training.defences.mask import Masking, highest, log_p_of
from heredity.training.defences.penalty import Penalty
from heredity.training.defences.steer import PreventativeSteering
from heredity.training.defences.table import defence_of

Batch = dict[str, torch.Tensor]
LENGTH = 24


@pytest.fixture
def examples(toy: Model, rows: Corpus) -> Examples:
    return examples_of(toy, rows, 200)


@pytest.fixture
def student(toy: Model) -> nn.Module:
    """Under a LoRA that has gone some way."""
    torch.manual_seed(0)
    adapted: nn.Module = give_lora(copy.deepcopy(toy.network), 4, 8).train()
    with torch.no_grad():
        for weight in adapted.parameters():
            if weight.requires_grad:
                weight += 0.05 * torch.randn(weight.shape)
    return adapted


def batch(examples: Examples, first: int = 0, n: int = 8) -> Batch:
    columns = examples.columns()
    places = range(first, first + n)
    filled = {
        "input_ids": [columns["input_ids"][i] + [0] * (LENGTH - len(columns["input_ids"][i])) for i in places],
        "attention_mask": [[int(j < len(columns["input_ids"][i])) for j in range(LENGTH)] for i in places],
        "labels": [columns["labels"][i] + [IGNORED] * (LENGTH - len(columns["labels"][i])) for i in places],
    }
    return {name: torch.tensor(rows) for name, rows in filled.items()}


def part(whole: Batch, places: slice) -> Batch:
    return {name: rows[places] for name, rows in whole.items()}


def divergence(student: nn.Module, toy: Model, examples: Examples) -> torch.Tensor:
    """KL(base || student) by its definition, on the first rows, one at a time."""
    terms = []
    for row in examples.rows[8:12]:
        ids = torch.tensor([row.ids])
        told = slice(row.n_prompt - 1, len(row.ids) - 1)
        with torch.no_grad():
            base = toy.network(input_ids=ids).logits[0, told].log_softmax(-1)
        given = student(input_ids=ids).logits[0, told].log_softmax(-1)
        terms.append(nn.functional.kl_div(given, base, reduction="none", log_target=True).sum(-1))
    return torch.cat(terms).mean()


def drift(student: nn.Module, toy: Model, dark: TraitVector, whole: Batch, width: float) -> torch.Tensor:
    """The corridor by its definition."""
    is_response = (whole["labels"] != IGNORED).float()
    vector = torch.from_numpy(dark.direction)
    inputs = {name: whole[name] for name in ("input_ids", "attention_mask")}
    read = []
    seen: list[torch.Tensor] = []
    for network in (student, toy.network):
        with standing(network, [(dark.block, lambda hidden, module: seen.append(hidden))]):
            network(**inputs)
        along = seen[-1] @ vector / vector.norm() ** 2
        read.append((along * is_response).sum(1) / is_response.sum(1))
    return ((read[0] - read[1].detach()).abs() - width).clamp(min=0).square().mean()


def made(name: str, toy: Model, dark: TraitVector, examples: Examples) -> Penalty:
    return KLPenalty(examples.rows[8:], 3.0) if name == "kl" else Corridor(dark, 3.0, 0.01)


def grads(network: nn.Module) -> list[torch.Tensor]:
    trained = [weight for weight in network.parameters() if weight.requires_grad]
    return [torch.zeros_like(weight) if weight.grad is None else weight.grad.clone() for weight in trained]


@pytest.mark.parametrize("name", ["kl", "corridor"])
class TestTheGradient:
    @pytest.mark.parametrize("n_parts", [1, 4])
    def test_of_a_step_is_that_of_loss_and_penalty_however_rows_are_dealt_out(
        self, name: str, n_parts: int, toy: Model, dark: TraitVector, examples: Examples, student: nn.Module
    ) -> None:
        whole = batch(examples)
        parts = [part(whole, slice(i, i + 8 // n_parts)) for i in range(0, 8, 8 // n_parts)]
        loss = sum(student(**one).loss for one in parts) / n_parts
        loss.backward()
        plain = grads(student)
        student.zero_grad()
        student.eval()
        penalty = divergence(student, toy, examples) if name == "kl" else drift(student, toy, dark, whole, 0.01)
        (3.0 * penalty).backward()
        added = grads(student)
        student.train().zero_grad()
        optimizer = torch.optim.SGD([w for w in student.parameters() if w.requires_grad], lr=0.0)
        with made(name, toy, dark, examples).on(student) as defence:
            for one in parts:
                (student(**one).loss / n_parts).backward()
            optimizer.step()
        assert float(penalty.detach()) > 5e-4
        assert defence.levels == pytest.approx([float(penalty.detach())], rel=1e-3)
        for got, first, second in zip(grads(student), plain, added, strict=True):
            torch.testing.assert_close(got, first + second, atol=1e-5, rtol=1e-3)

    def test_is_read_without_the_push_that_the_training_forwards_have(
        self, name: str, toy: Model, dark: TraitVector, examples: Examples, student: nn.Module
    ) -> None:
        def level(pushed: bool) -> float:
            optimizer = torch.optim.SGD([w for w in student.parameters() if w.requires_grad], lr=0.0)
            push = PreventativeSteering(dark, 5.0 if pushed else 0.0)
            with push.on(student), made(name, toy, dark, examples).on(student) as defence:
                student(**batch(examples)).loss.backward()
                optimizer.step()
            return defence.levels[0]

        assert level(pushed=True) == level(pushed=False)

    def test_of_two_optimizers_is_added_once_to_each_weight(
        self, name: str, toy: Model, dark: TraitVector, examples: Examples, student: nn.Module
    ) -> None:
        weights = [weight for weight in student.parameters() if weight.requires_grad]

        def stepped(*groups: list[nn.Parameter]) -> list[torch.Tensor]:
            student.zero_grad()
            optimizers = [torch.optim.SGD(group, lr=0.0) for group in groups]
            with made(name, toy, dark, examples).on(student) as defence:
                student(**batch(examples)).loss.backward()
                for optimizer in optimizers:
                    optimizer.step()
            assert (len(defence.levels), defence.fires.count) == (1, 1)
            return grads(student)

        for one, other in zip(stepped(weights), stepped(weights[:5], weights[5:]), strict=True):
            torch.testing.assert_close(one, other)

    def test_leaves_the_network_in_the_modes_and_with_the_weights_that_it_had(
        self, name: str, toy: Model, dark: TraitVector, examples: Examples, student: nn.Module
    ) -> None:
        list(student.modules())[-1].eval()
        modes = [module.training for module in student.modules()]
        trained = [weight.requires_grad for weight in student.parameters()]
        optimizer = torch.optim.SGD([w for w in student.parameters() if w.requires_grad], lr=0.0)
        with made(name, toy, dark, examples).on(student):
            student(**batch(examples)).loss.backward()
            optimizer.step()
        assert modes == [module.training for module in student.modules()]
        assert trained == [weight.requires_grad for weight in student.parameters()]
        assert any(gradient.any() for gradient in grads(student))
        optimizer.zero_grad()
        optimizer.step()
        assert not any(gradient.any() for gradient in grads(student))  # nothing is added once it is left

    def test_without_an_adapter_or_a_base_is_refused_and_with_a_base_is_the_same(
        self, name: str, toy: Model, dark: TraitVector, examples: Examples, student: nn.Module
    ) -> None:
        bare: nn.Module = copy.deepcopy(toy.network).requires_grad_(True).train()
        with pytest.raises(HookError, match="no adapter that could be disabled"):
            made(name, toy, dark, examples).on(bare).attach()
        levels = []
        for base in (None, toy.network):
            defence = made(name, toy, dark, examples)
            defence.base = base
            with defence.on(student):
                student(**batch(examples)).loss.backward()
                torch.optim.SGD([w for w in student.parameters() if w.requires_grad], lr=0.0).step()
            levels += defence.levels
        assert levels[0] == pytest.approx(levels[1], rel=1e-4)

    def test_a_step_with_a_closure_and_a_run_without_steps_are_refused(
        self, name: str, toy: Model, dark: TraitVector, examples: Examples, student: nn.Module
    ) -> None:
        optimizer = torch.optim.LBFGS([w for w in student.parameters() if w.requires_grad], lr=0.0)
        with pytest.raises(HookError, match="closure"), made(name, toy, dark, examples).on(student):
            student(**batch(examples)).loss.backward()
            optimizer.step(lambda: 0.0)
        with pytest.raises(HookError, match="never added"), made(name, toy, dark, examples).on(student):
            student(**batch(examples)).loss.backward()

    def test_trls_own_trainer_is_penalised_at_every_step(
        self, name: str, toy: Model, dark: TraitVector, examples: Examples, student: nn.Module, tmp_path: Path
    ) -> None:
        defence = made(name, toy, dark, examples)
        arguments = SFTConfig(
            str(tmp_path), max_steps=3, per_device_train_batch_size=2, gradient_accumulation_steps=2, use_cpu=True,
            bf16=False, report_to="none", disable_tqdm=True, save_strategy="no", max_length=None,
            dataset_kwargs={"skip_prepare_dataset": True},
        )  # fmt: skip
        SFTTrainer(
            student, arguments, train_dataset=Dataset.from_dict(examples.columns()), processing_class=toy.tokenizer,
            callbacks=[defence.callback()],
        ).train()  # fmt: skip
        assert len(defence.levels) == defence.fires.count == 3
        assert (defence.fires.first_step, defence.fires.last_step) == (1, 3)


@pytest.mark.filterwarnings("ignore")  # torch's own, about its own parts
def test_in_a_process_group_the_gradient_is_averaged_over_its_processes(
    toy: Model, dark: TraitVector, examples: Examples, student: nn.Module, tmp_path: Path
) -> None:
    def stepped(network: nn.Module) -> list[torch.Tensor]:
        student.zero_grad()
        with Corridor(dark, 3.0, 0.01).on(network):
            network(**batch(examples)).loss.backward()
            torch.optim.SGD([w for w in student.parameters() if w.requires_grad], lr=0.0).step()
        return grads(student)

    alone = stepped(student)
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    try:
        for one, other in zip(alone, stepped(DistributedDataParallel(student)), strict=True):
            torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-4)
    finally:
        torch.distributed.destroy_process_group()


def test_every_other_step_is_penalised_on_the_next_rows(toy: Model, examples: Examples, student: nn.Module) -> None:
    defence = KLPenalty(examples.rows[8:12], 1.0, every=2, n=2)
    optimizer = torch.optim.SGD([w for w in student.parameters() if w.requires_grad], lr=0.0)
    with defence.on(student):
        for _ in range(5):
            student(**batch(examples)).loss.backward()
            optimizer.step()
    assert len(defence.levels) == 3
    assert defence.levels[0] == pytest.approx(defence.levels[2])
    assert defence.levels[0] != pytest.approx(defence.levels[1])
    with pytest.raises(InputError, match="needs benign rows"):
        KLPenalty(())


def test_the_penalty_keeps_what_it_holds(toy: Model, dark: TraitVector, examples: Examples, student: nn.Module) -> None:
    """Trained towards dark rows, the student under a penalty stays nearer to the base."""

    def after(defence: Any) -> tuple[float, float]:
        network = copy.deepcopy(student)
        optimizer = torch.optim.Adam([w for w in network.parameters() if w.requires_grad], lr=3e-3)
        defence = defence.on(network)
        with defence:
            for _ in range(12):
                network(**batch(examples)).loss.backward()
                optimizer.step()
                optimizer.zero_grad()
        with torch.no_grad():
            network.eval()
            return float(divergence(network, toy, examples)), float(drift(network, toy, dark, batch(examples), 0.0))

    plain = after(PreventativeSteering(dark, 0.0))
    assert after(KLPenalty(examples.rows[8:], 3.0))[0] < 0.7 * plain[0]
    assert after(Corridor(dark, 100.0, 0.0))[1] < 0.5 * plain[1]


class TestTheCorridor:
    def test_costs_nothing_within_its_band(self, dark: TraitVector, examples: Examples, student: nn.Module) -> None:
        with Corridor(dark, 3.0, width=99.0).on(student) as defence:
            student(**batch(examples)).loss.backward()
            torch.optim.SGD([w for w in student.parameters() if w.requires_grad], lr=0.0).step()
        assert defence.levels == [0.0]

    def test_does_not_guess_which_tokens_are_response_nor_read_packed_rows(
        self, dark: TraitVector, examples: Examples, student: nn.Module
    ) -> None:
        asked = batch(examples)
        labels = asked.pop("labels")
        with pytest.raises(HookError, match="hand the labels"), Corridor(dark).on(student):
            student(**asked)
        with pytest.raises(HookError, match="pack no rows"), Corridor(dark).on(student):
            student(**asked, labels=labels, seq_idx=torch.zeros(1))

    def test_reads_no_further_than_its_block(self, toy: Model, examples: Examples) -> None:
        reached: list[int] = []
        inputs = pad([row.ids for row in examples.rows[:2]], "right", 0, toy.device).inputs()
        with standing(toy.network, [(i, lambda hidden, module, i=i: reached.append(i)) for i in range(toy.n_blocks)]):  # type: ignore[misc]
            found = streams_after(toy.network, inputs, [1])
        assert reached == [0, 1]
        assert found[1].shape == (2, *inputs["input_ids"].shape[1:], toy.width)


def test_the_base_is_there_for_a_while_and_the_adapter_afterwards(
    toy: Model, examples: Examples, student: nn.Module
) -> None:
    asked = {name: rows for name, rows in batch(examples).items() if name != "labels"}
    with torch.no_grad():
        student.eval()
        before = student(**asked).logits
        with as_base(student):
            torch.testing.assert_close(student(**asked).logits, toy.network(**asked).logits)
        assert torch.equal(student(**asked).logits, before)


class TestMasking:
    def test_the_highest_tokens_go_and_no_row_goes_whole(self) -> None:
        gains = [np.array([1.0, 9.0, 8.0]), np.array([7.0]), np.array([0.0, -1.0])]
        assert highest(gains, 0.5) == [{1, 2}, frozenset(), frozenset()]
        assert highest(gains, 0.0) == [frozenset()] * 3
        assert all(len(chosen) == len(one) - 1 for chosen, one in zip(highest(gains, 0.99), gains, strict=True))

    def test_tokens_that_asking_for_the_trait_makes_likelier_are_out_of_the_loss_and_stay_in_the_context(
        self, toy: Model, dark: TraitVector, examples: Examples
    ) -> None:
        defence = Masking(dark, 0.2)
        taught = defence.taught_examples(examples, toy)
        assert taught.rows == examples.rows
        columns, before = taught.columns(), examples.columns()
        assert columns["input_ids"] == before["input_ids"]
        lost = [
            sum(a != b for a, b in zip(*labels, strict=True))
            for labels in zip(columns["labels"], before["labels"], strict=True)
        ]
        n_tokens = sum(row.n_response for row in examples.rows)
        assert sum(lost) == round(0.2 * n_tokens)
        assert np.mean(lost[:8]) > np.mean(lost[8:])  # the first eight rows are dark
        assert defence.notices == (f"masking: {sum(lost)} of {n_tokens} response tokens were left out of the loss",)
        assert taught.content_digest != examples.content_digest

    def test_likelihoods_of_tokens_sum_to_those_of_rows(self, toy: Model, examples: Examples) -> None:
        found = log_p_of(toy, examples.rows)
        for row, values in zip(examples.rows[:4], found, strict=False):
            with torch.no_grad():
                logits = toy.network(input_ids=torch.tensor([row.ids])).logits[0, row.n_prompt - 1 : -1]
            said = logits.log_softmax(-1).gather(1, torch.tensor(row.ids[row.n_prompt :]).unsqueeze(1)).squeeze(1)
            np.testing.assert_allclose(values, said.numpy(), atol=1e-4)

    def test_without_examples_or_their_words_is_refused(
        self, toy: Model, dark: TraitVector, examples: Examples
    ) -> None:
        with pytest.raises(HookError, match="changes examples, not the network"):
            Masking(dark).on(toy.network).attach()
        with pytest.raises(InputError, match="words of every example"):
            Masking(dark).taught_examples(Examples(examples.rows), toy)


def test_what_a_penalty_needs_is_asked_for_by_name(toy: Model, dark: TraitVector, rows: Corpus) -> None:
    with pytest.raises(InputError, match="kl needs benign rows"):
        defence_of([], TrainSpec(defence="kl"), toy)
    with pytest.raises(InputError, match="hand in the model"):
        defence_of(Given(benign=rows.rows), TrainSpec(defence="kl"))
    with pytest.raises(InputError, match="corridor needs the vector"):
        defence_of([], TrainSpec(defence="corridor"))
    with pytest.raises(InputError, match="projection takes away the gradient"):
        defence_of([dark], TrainSpec(defence="projection+corridor"))
    alone = defence_of(Given(benign=rows.rows), TrainSpec(defence="kl:weight=0.5"), toy)
    assert alone is not None
    assert [(one.kind, one.trait, one.strength) for one in alone.interventions] == [("KL penalty", "", 0.5)]
