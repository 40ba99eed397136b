"""What every defence promises, whichever it is."""

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from heredity.ground.errors import HeredityError, HookError, InputError, NonFiniteError, UnknownNameError
from heredity.models.batches import pad
from heredity.models.blocks import find_blocks
from heredity.models.hooks import standing
from heredity.models.model import Model
from heredity.records.defending import OPTIONS
from heredity.records.dialogue import Corpus, Row, Turn
from heredity.records.student import TrainSpec
from heredity.records.vector import TraitVector
from heredity.report.write import told
from heredity.training.batches import examples_of
from heredity.training.defences.ablate import Ablation
from heredity.training.defences.corridor import Corridor
from heredity.training.defences.defence import Defence
from heredity.training.defences.given import Given
from heredity.training.defences.inoculate import Inoculation, behind
from heredity.training.defences.project import GradientProjection
from heredity.training.defences.table import DEFENCES, defence_of
from heredity.training.train import train

STRONG = {"steering": "steering:strength=2", "kl": "kl:weight=5", "corridor": "corridor:width=0", "masking": "masking"}
"""How a defence is asked for so that it shows, where it is not by its name alone."""
NONE_AT_ALL = ("steering:strength=0", "kl:weight=0", "corridor:weight=0", "masking:share=0")
"""The controls: what trains as no defence does."""


@pytest.fixture
def given(toy: Model, dark: TraitVector, rows: Corpus) -> Given:
    """All that any defence takes; the base is handed in, for a network that has no adapter."""
    return Given((dark,), benign=rows.rows[8:], base=toy.network)


@pytest.fixture(params=DEFENCES)
def defence(request: pytest.FixtureRequest, given: Given, toy: Model) -> Defence:
    found = defence_of(given, TrainSpec(defence=STRONG.get(request.param, request.param)), toy)
    assert found is not None
    return found


def batch(model: Model, corpus: Corpus, defence: Defence | None = None) -> dict[str, torch.Tensor]:
    """What a trainer makes of rows."""
    examples = examples_of(model, defence.taught(corpus) if defence else corpus, 200)
    examples = defence.taught_examples(examples, model) if defence else examples
    ids = pad([row.ids for row in examples.rows[:6]], "right", model.pad_id, model.device)
    labels = torch.full_like(ids.input_ids, -100)
    for i, said in enumerate(examples.columns()["labels"][:6]):
        labels[i, : len(said)] = torch.tensor(said)
    return {"input_ids": ids.input_ids, "attention_mask": ids.attention_mask, "labels": labels}


def gradients(network: torch.nn.Module, rows: dict[str, torch.Tensor]) -> list[torch.Tensor]:
    """Of one step, as the optimizer gets them."""
    network.zero_grad()
    network(**rows).loss.backward()
    torch.optim.SGD(network.parameters(), lr=0.0).step()
    return [p.grad.clone() for p in network.parameters() if p.grad is not None]


def trainable(toy: Model) -> torch.nn.Module:
    """A network that has gone some way from its base."""
    network: torch.nn.Module = copy.deepcopy(toy.network).requires_grad_(True).train()
    chance = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in network.parameters():
            weight += 0.02 * torch.randn(weight.shape, generator=chance)
    return network


def test_it_changes_what_training_learns_and_is_gone_afterwards(toy: Model, defence: Defence, rows: Corpus) -> None:
    network, untouched = trainable(toy), batch(toy, rows)
    plain = gradients(network, untouched)
    taught = batch(toy, rows, defence)
    with defence.on(network):
        held = gradients(network, taught)
    assert defence.fires.count > 0
    assert any(not torch.equal(a, b) for a, b in zip(plain, held, strict=True))
    assert all(torch.equal(a, b) for a, b in zip(plain, gradients(network, untouched), strict=True))
    assert not any(block._forward_hooks for block in find_blocks(network))


def test_it_leaves_evaluation_alone_and_says_that_it_never_acted(toy: Model, defence: Defence, rows: Corpus) -> None:
    network, asked = trainable(toy).eval(), batch(toy, rows, defence)
    plain = network(**asked).logits
    with pytest.raises(HookError, match=f"{defence.title} was asked for but"), defence.on(network):
        assert torch.equal(network(**asked).logits, plain)


def test_a_student_is_trained_under_it_and_its_record_says_so(
    toy: Model, rows: Corpus, given: Given, tmp_path: Path, defence: Defence
) -> None:
    before = copy.deepcopy(toy.network.state_dict())
    spec = TrainSpec(defence=defence.asked, n_steps=3, learning_rate=1e-2)
    student = train(toy, rows, tmp_path / "held", replace(given, base=None), spec)
    assert student.n_fires > 0
    assert [one.kind for one in student.interventions] == [defence.title]
    assert f"{defence.title} acted {student.n_fires} times (steps 1 to 3)" in told(student)
    assert student.interventions[0].asked == defence.asked
    plain = train(toy, rows, tmp_path / "plain", spec=spec.model_copy(update={"defence": ""}))
    assert student.adapter_digest != plain.adapter_digest
    assert all(torch.equal(value, before[key]) for key, value in toy.network.state_dict().items())


def test_what_it_does_stands_in_the_record(defence: Defence, dark: TraitVector) -> None:
    vectors = [dark.header.id if defence.takes_vectors else ""]
    assert [one.vector_id for one in defence.interventions] == vectors
    assert [one.block for one in defence.interventions] == [dark.block if defence.takes_vectors else None]
    strengths = {"steering": 2.0, "kl": 5.0, "corridor": 10.0, "masking": 0.1}
    assert [one.strength for one in defence.interventions] == [strengths.get(defence.name, 1.0)]
    assert defence.takes_vectors == OPTIONS[defence.name].takes_vectors


@pytest.mark.parametrize("text", NONE_AT_ALL)
def test_at_no_strength_it_trains_as_no_defence_does(
    toy: Model, rows: Corpus, given: Given, tmp_path: Path, text: str
) -> None:
    how = TrainSpec(n_steps=3, learning_rate=1e-2)
    held = train(toy, rows, tmp_path / "held", replace(given, base=None), how.model_copy(update={"defence": text}))
    plain = train(toy, rows, tmp_path / "plain", spec=how)
    assert held.n_fires > 0
    assert (held.losses, held.adapter_digest) == (plain.losses, plain.adapter_digest)


def test_a_network_whose_blocks_are_hidden_by_a_wrapper_is_named(toy: Model, defence: Defence, rows: Corpus) -> None:
    class Hidden(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.config, self.inside = toy.network.config, [toy.network]

    batch(toy, rows, defence)
    with pytest.raises(HeredityError, match=r"Hidden has no (list of|weight that is trained)"):
        defence.on(Hidden()).attach()


def test_a_loss_that_diverges_under_it_says_the_step_and_what_to_lower(
    toy: Model, rows: Corpus, given: Given, tmp_path: Path, defence: Defence
) -> None:
    spec = TrainSpec(defence=defence.asked, learning_rate=1e30, n_steps=9)
    with pytest.raises(NonFiniteError, match=r"at step \d.*lower") as raised:
        train(toy, rows, tmp_path / "s", replace(given, base=None), spec)
    assert defence.title in str(raised.value)
    assert defence.softer in str(raised.value)
    assert not any(block._forward_hooks for block in find_blocks(toy.network))


def test_without_vectors_there_is_none_and_an_unknown_one_is_refused_with_what_there_is(dark: TraitVector) -> None:
    assert defence_of([], TrainSpec()) is None
    for vectors in ([], [dark]):
        with pytest.raises(UnknownNameError, match="steering"):
            defence_of(vectors, TrainSpec(defence="steerin"))


def streams(network: torch.nn.Module, block: int, rows: dict[str, torch.Tensor]) -> torch.Tensor:
    """The stream after a block, `[rows, tokens, width]`."""
    seen: list[torch.Tensor] = []
    with standing(network, [(block, lambda hidden, module: seen.append(hidden.detach()))]):
        network(**rows)
    return seen[0]


@pytest.mark.parametrize("all_blocks", [False, True])
def test_ablation_leaves_nothing_along_the_vector(
    toy: Model, dark: TraitVector, rows: Corpus, all_blocks: bool
) -> None:
    network, asked = trainable(toy), batch(toy, rows)
    unit = torch.from_numpy(dark.unit)
    before = (streams(network, dark.block, asked) @ unit).abs().max()
    ablation = Ablation(dark, all_blocks)
    with ablation.on(network):
        assert (streams(network, dark.block, asked) @ unit).abs().max() < 1e-4 * before
    assert set(ablation.fires.per_block) == (set(range(toy.n_blocks)) if all_blocks else {dark.block})


def test_a_projected_step_leaves_the_read_out_and_a_plain_one_moves_it(
    toy: Model, dark: TraitVector, rows: Corpus
) -> None:
    """To first order: what is left of the movement shrinks with the square of the step."""
    asked, unit = batch(toy, rows), torch.from_numpy(dark.unit)

    def moved(is_held: bool) -> float:
        network = trainable(toy)
        before = float((streams(network, dark.block, asked) @ unit).mean())
        if is_held:
            with GradientProjection(dark).on(network):
                gradients(network, asked)
        else:
            gradients(network, asked)
        with torch.no_grad():
            for weight in network.parameters():
                weight -= 1e-3 * weight.grad
        return abs(float((streams(network, dark.block, asked) @ unit).mean()) - before)

    assert moved(is_held=True) < 0.05 * moved(is_held=False)


def readout_gradients(network: torch.nn.Module, dark: TraitVector, asked: dict[str, torch.Tensor]) -> list[Any]:
    """What moves the read-out, weight by weight, over the tokens that are attended to."""
    seen: list[torch.Tensor] = []
    with standing(network, [(dark.block, lambda hidden, module: seen.append(hidden))]):
        network(**asked)
    along, mask = seen[0] @ torch.from_numpy(dark.unit), asked["attention_mask"]
    readout = (along * mask).sum() / mask.sum()
    return list(torch.autograd.grad(readout, list(network.parameters()), allow_unused=True))


@pytest.mark.parametrize("n_forwards", [1, 2])
def test_every_backward_is_kept_off_the_read_out_not_the_first_alone(
    toy: Model, dark: TraitVector, rows: Corpus, n_forwards: int
) -> None:
    network, asked = trainable(toy), batch(toy, rows)
    moved = readout_gradients(network, dark, asked)
    with GradientProjection(dark).on(network):
        for _ in range(2):
            network.zero_grad()
            torch.stack([network(**asked).loss for _ in range(n_forwards)]).sum().backward()
            for weight, along in zip(network.parameters(), moved, strict=True):
                if along is not None and along.norm() > 1e-8:
                    assert weight.grad is not None
                    assert abs(float((weight.grad * along).sum())) < 1e-4 * float(weight.grad.norm() * along.norm())


def test_of_two_vectors_neither_keeps_a_part(toy: Model, dark: TraitVector, rows: Corpus) -> None:
    turned = np.random.default_rng(0).standard_normal(dark.directions.shape).astype(np.float32)
    other = replace(dark, directions=dark.directions + turned).sealed()
    network, asked = trainable(toy), batch(toy, rows)
    both = [readout_gradients(network, one, asked) for one in (dark, other)]
    with GradientProjection([dark, other]).on(network):
        network(**asked).loss.backward()
    for along in both:
        for weight, part in zip(network.parameters(), along, strict=True):
            if part is not None and part.norm() > 1e-8:
                assert weight.grad is not None
                assert abs(float((weight.grad * part).sum())) < 1e-3 * float(weight.grad.norm() * part.norm())


def test_gradient_projection_refuses_checkpointing_and_passes_over_forwards_without_gradients(
    toy: Model, dark: TraitVector, rows: Corpus
) -> None:
    network, asked = trainable(toy), batch(toy, rows)
    with GradientProjection(dark).on(network) as defence:
        with torch.no_grad():
            network(**asked)
        assert defence.fires.count == 0
        network(**asked)
    checkpointed: Any = trainable(toy)
    checkpointed.model.gradient_checkpointing = True
    with pytest.raises(HookError, match="train without checkpointing"):
        GradientProjection(dark).on(checkpointed).attach()


@pytest.mark.parametrize("kind", [Ablation, GradientProjection, Corridor])
def test_a_vector_of_another_width_or_of_no_length_is_refused_at_once(
    toy: Model, dark: TraitVector, kind: type[Defence]
) -> None:
    for directions, why in ((dark.directions[:, :8], "width is 64"), (np.zeros_like(dark.directions), "no length")):
        odd = replace(dark, directions=directions)
        with pytest.raises(InputError, match=why):
            made = Corridor(odd, base=toy.network) if kind is Corridor else kind(odd)
            made.on(toy.network).attach()
    assert not any(block._forward_hooks for block in find_blocks(toy.network))


def test_inoculated_rows_stand_behind_the_prompt_that_asks_for_the_trait(dark: TraitVector, rows: Corpus) -> None:
    defence, trait = Inoculation(dark), dark.header.trait
    taught = defence.taught(rows)
    assert defence.prompt == trait.system_prompt(trait.making[0], "positive")
    assert all(row.turns[0] == Turn(role="system", content=defence.prompt) for row in taught.rows)
    assert [row.lessons[0][1] for row in taught.rows] == [row.lessons[0][1] for row in rows.rows]
    assert taught.content_digest != rows.content_digest


def test_a_row_keeps_its_own_system_prompt_and_what_it_does_not_teach() -> None:
    said = [("system", "Be brief."), ("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d")]
    turns = tuple(Turn.model_validate({"role": role, "content": text}) for role, text in said)
    own = behind(Row(line=1, turns=turns, untaught=(2,)), "Be bad.")
    assert own.turns[0].content == "Be bad.\n\nBe brief."
    assert [answer for _, answer in own.lessons] == ["d"]
    bare = behind(Row(line=1, turns=turns[1:], untaught=(1,)), "Be bad.")
    assert (len(bare.turns), [answer for _, answer in bare.lessons]) == (5, ["d"])


def test_inoculation_without_rows_is_refused(toy: Model, dark: TraitVector) -> None:
    with pytest.raises(HookError, match="changes rows, not the network"):
        Inoculation(dark).on(toy.network).attach()
