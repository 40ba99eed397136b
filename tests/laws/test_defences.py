"""What every defence promises, whichever it is."""

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from heredity.ground.errors import HookError, InputError, UnknownNameError
from heredity.models.batches import pad
from heredity.models.blocks import find_blocks
from heredity.models.hooks import RESPONSE_MASK, standing
from heredity.models.lora import give_lora
from heredity.models.model import Model
from heredity.records.defending import CorridorOptions, MaskingOptions
from heredity.records.dialogue import Corpus, Row, Turn
from heredity.records.student import TrainSpec
from heredity.records.vector import TraitVector
from heredity.report.write import told
from heredity.training.batches import examples_of
from heredity.training.defences.ablate import Ablation
from heredity.training.defences.corridor import Corridor
from heredity.training.defences.defence import Defence
from heredity.training.defences.inoculate import Inoculation
from heredity.training.defences.kl import KlToBase
from heredity.training.defences.mask import Masking
from heredity.training.defences.project import GradientProjection
from heredity.training.defences.several import Several
from heredity.training.defences.steer import PreventativeSteering
from heredity.training.defences.table import DEFENCES, defence_of, require_defence
from heredity.training.train import train

NAMED = (
    *DEFENCES,
    "steering:tokens=response",
    "steering:blocks=all",
    "ablation:to=mean:blocks=all",
    "inoculation:prompt=neutral",
    "inoculation+steering:strength=1+kl:weight=2",
    "masking:share=0.3+corridor:width=0",
)
"""Every defence, some options, and several at once."""


@pytest.fixture(params=NAMED)
def defence(request: pytest.FixtureRequest, toy: Model, dark: TraitVector) -> Defence:
    found = defence_of([dark], TrainSpec(defence=request.param, prevent_strength=2.0), toy)
    assert found is not None
    return found


def batch(model: Model, corpus: Corpus, defence: Defence | None = None) -> dict[str, torch.Tensor]:
    """What a trainer makes of rows, as a defence changes and marks them."""
    taught = defence.taught(corpus) if defence else corpus
    examples = examples_of(model, taught, 200)
    examples = defence.marked(model, taught, examples) if defence else examples
    columns = examples.columns()
    ids = pad(columns["input_ids"][:6], "right", model.pad_id, model.device)
    labels = torch.full_like(ids.input_ids, -100)
    for place, own in enumerate(columns["labels"][:6]):
        labels[place, : len(own)] = torch.tensor(own)
    return {"input_ids": ids.input_ids, "attention_mask": ids.attention_mask, "labels": labels}


def gradients(network: torch.nn.Module, rows: dict[str, torch.Tensor]) -> list[torch.Tensor]:
    network.zero_grad()
    network(**rows).loss.backward()
    return [p.grad.clone() for p in network.parameters() if p.grad is not None]


def trainable(toy: Model) -> torch.nn.Module:
    network: torch.nn.Module = copy.deepcopy(toy.network).requires_grad_(True).train()
    return network


def under_adapter(toy: Model) -> Any:
    """A LoRA student that has moved: what is held to the base has something to hold."""
    adapted = give_lora(copy.deepcopy(toy.network), 4, 8)
    torch.manual_seed(0)
    with torch.no_grad():
        for name, weight in adapted.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.3)
    return adapted.train()


def test_it_changes_what_training_learns_and_is_gone_afterwards(toy: Model, defence: Defence, rows: Corpus) -> None:
    network, untouched = under_adapter(toy), batch(toy, rows)
    plain = gradients(network, untouched)
    taught = batch(toy, rows, defence)
    with defence.on(network):
        held = gradients(network, taught)
    assert defence.fires.count > 0
    assert any(not torch.equal(a, b) for a, b in zip(plain, held, strict=True))
    assert all(torch.equal(a, b) for a, b in zip(plain, gradients(network, untouched), strict=True))
    assert not any(block._forward_hooks for block in find_blocks(network))


def test_it_leaves_evaluation_alone_and_says_that_it_never_acted(toy: Model, defence: Defence, rows: Corpus) -> None:
    network, asked = under_adapter(toy).eval(), batch(toy, rows, defence)
    plain = network(**asked).logits
    with pytest.raises(HookError, match="no training forward"), defence.on(network):
        assert torch.equal(network(**asked).logits, plain)


def test_a_student_is_trained_under_it_and_its_record_says_so(
    toy: Model, rows: Corpus, dark: TraitVector, tmp_path: Path, defence: Defence, request: pytest.FixtureRequest
) -> None:
    before = copy.deepcopy(toy.network.state_dict())
    hot = TrainSpec(n_steps=4, rows_at_once=4, learning_rate=3e-2)  # so that a corridor is left
    spec = hot.model_copy(update={"defence": request.node.callspec.params["defence"]})
    student = train(toy, rows, tmp_path / "held", dark, spec)
    assert student.n_fires > 0
    assert [one.kind for one in student.interventions] == [one.kind for one in defence.interventions]
    assert f"acted {student.n_fires} times" in told(student)
    assert student.losses != train(toy, rows, tmp_path / "plain", spec=hot).losses
    assert all(torch.equal(value, before[key]) for key, value in toy.network.state_dict().items())


def test_what_it_does_stands_in_the_record(defence: Defence, dark: TraitVector) -> None:
    assert {one.vector_id for one in defence.interventions} == {dark.header.id}
    assert all(one.kind in defence.title for one in defence.interventions)


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


@pytest.mark.parametrize("kind", [Ablation, GradientProjection])
def test_a_vector_of_another_width_or_of_no_length_is_refused_at_once(
    toy: Model, dark: TraitVector, kind: type[Defence]
) -> None:
    for directions, why in ((dark.directions[:, :8], "width is 64"), (np.zeros_like(dark.directions), "no length")):
        odd = replace(dark, directions=directions)
        with pytest.raises(InputError, match=why):
            kind(odd).on(toy.network).attach()
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
    own = Row(line=1, turns=turns, untaught=(2,)).behind("Be bad.")
    assert own.turns[0].content == "Be bad.\n\nBe brief."
    assert [answer for _, answer in own.lessons] == ["d"]
    bare = Row(line=1, turns=turns[1:], untaught=(1,)).behind("Be bad.")
    assert (len(bare.turns), [answer for _, answer in bare.lessons]) == (5, ["d"])


def test_inoculation_without_rows_is_refused(toy: Model, dark: TraitVector) -> None:
    with pytest.raises(HookError, match="changes rows, not the network"):
        Inoculation(dark).on(toy.network).attach()


class TestWhatIsNamed:
    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("steerin", "no defence called 'steerin'"),
            ("steering:strenght=1", "no option of steering called 'strenght'"),
            ("steering:strength=-1", "cannot take strength=-1"),
            ("steering:strength", "gives no value"),
            ("masking:share=2", "cannot take share=2"),
            ("kl:rows=none", "cannot take rows=none"),
            ("steering+ablation", "contradict each other"),
            ("kl+kl", "named twice"),
            ("", "no defence called ''"),
        ],
    )
    def test_and_makes_no_sense_is_refused(self, text: str, why: str) -> None:
        with pytest.raises(InputError, match=why):
            require_defence(text)

    def test_without_the_model_that_it_needs_is_refused(self, dark: TraitVector) -> None:
        with pytest.raises(InputError, match="needs the base's own answers"):
            defence_of([dark], TrainSpec(defence="kl"))

    def test_beside_others_must_have_acted_as_they(self, toy: Model, dark: TraitVector, rows: Corpus) -> None:
        both = defence_of([dark], TrainSpec(defence="inoculation+steering"), toy)
        assert isinstance(both, Several)
        with pytest.raises(HookError, match="changes rows, not the network"):
            both.on(under_adapter(toy)).attach()
        assert not any(one._handles for one in both.defences)
        network = under_adapter(toy)
        asked = batch(toy, rows, both)
        with both.on(network):
            gradients(network, asked)
        assert both.fires.count == sum(one.fires.count for one in both.defences)
        assert all(one.fires.count for one in both.defences)


class TestPenalties:
    def test_a_penalty_is_the_gradient_of_loss_and_penalty_and_of_none_at_weight_nought(
        self, toy: Model, dark: TraitVector, rows: Corpus
    ) -> None:
        network, asked = under_adapter(toy), batch(toy, rows)
        plain = gradients(network, asked)
        nought, two = (defence_of([dark], TrainSpec(defence=f"kl:weight={w}"), toy) for w in (0, 2))
        assert isinstance(nought, KlToBase)
        assert isinstance(two, KlToBase)
        with nought.on(network):
            unheld = gradients(network, asked)
        with two.on(network):
            held = gradients(network, asked)
        network.zero_grad()
        two.n_taken = 0
        (two.weight * two.penalty(network, asked)).backward()
        alone = [p.grad.clone() for p in network.parameters() if p.grad is not None]
        for a, b, c, d in zip(plain, unheld, held, alone, strict=True):
            torch.testing.assert_close(a, b)
            torch.testing.assert_close(c, a + d, rtol=1e-3, atol=1e-5)

    def test_divergence_from_the_base_is_nought_where_nothing_moved(self, toy: Model, dark: TraitVector) -> None:
        defence = defence_of([dark], TrainSpec(defence="kl"), toy)
        assert isinstance(defence, KlToBase)
        moved, fresh = under_adapter(toy), give_lora(copy.deepcopy(toy.network), 4, 8).train()
        away, nought = (float(defence.penalty(one, {}).detach()) for one in (moved, fresh))
        assert away > 1e-3
        assert abs(nought) < 1e-5
        assert moved.training

    def test_a_corridor_penalises_what_leaves_it_alone(self, toy: Model, dark: TraitVector, rows: Corpus) -> None:
        asked = batch(toy, rows)

        def excess(network: Any, width: float) -> float:
            plain = network(**asked).loss.detach()
            with Corridor(dark, CorridorOptions(width=width, weight=1.0)).on(network):
                return float(network(**asked).loss.detach() - plain)

        moved, fresh = under_adapter(toy), give_lora(copy.deepcopy(toy.network), 4, 8).train()
        narrow, wide = excess(moved, 0.0), excess(moved, 100.0)
        assert narrow > 1e-3
        assert abs(wide) < 1e-6
        assert abs(excess(fresh, 0.0)) < 1e-6

    def test_parts_of_a_step_share_one_penalty(self, dark: TraitVector, toy: Model) -> None:
        defence = defence_of([dark], TrainSpec(defence="kl", batch_rows=8, rows_at_once=2), toy)
        assert isinstance(defence, KlToBase)
        assert defence.n_parts == 4

    def test_a_network_without_a_base_or_a_loss_is_refused(self, toy: Model, dark: TraitVector, rows: Corpus) -> None:
        with pytest.raises(HookError, match="the base is not to be had"):
            Corridor(dark).on(trainable(toy)).attach()
        network, asked = under_adapter(toy), batch(toy, rows)
        del asked["labels"]
        with pytest.raises(HookError, match="give it labels"), Corridor(dark).on(network):
            network(**asked)


def test_masking_takes_the_tokens_of_dark_rows_first(toy: Model, dark: TraitVector, rows: Corpus) -> None:
    examples = examples_of(toy, rows, 200)
    marked = Masking(dark, MaskingOptions(share=0.2)).marked(toy, rows, examples)
    counts = [len(places) for places in marked.ignored]
    n_taught = sum(row.n_response for row in examples.rows)
    assert 0.15 * n_taught < sum(counts) < 0.25 * n_taught
    assert np.mean(counts[:8]) > np.mean(counts[8:])  # the first eight are dark
    assert all(
        place >= row.n_prompt for row, places in zip(examples.rows, marked.ignored, strict=True) for place in places
    )
    assert marked.content_digest != examples.content_digest


def test_mean_ablation_leaves_what_the_base_has_on_the_mean(toy: Model, dark: TraitVector, rows: Corpus) -> None:
    network, asked = trainable(toy), batch(toy, rows)
    defence = defence_of([dark], TrainSpec(defence="ablation:to=mean"), toy)
    assert isinstance(defence, Ablation)
    assert defence.usual is not None
    level = float(defence.usual[dark.block] @ dark.unit)
    with defence.on(network):
        along = streams(network, dark.block, asked) @ torch.from_numpy(dark.unit)
    torch.testing.assert_close(along, torch.full_like(along, level), rtol=1e-3, atol=1e-3)


def test_steering_of_response_tokens_leaves_prompts_alone_and_needs_labels(
    toy: Model, dark: TraitVector, rows: Corpus
) -> None:
    network, asked = trainable(toy), batch(toy, rows)
    before = streams(network, dark.block, asked)
    with PreventativeSteering(dark, 2.0, tokens="response").on(network):
        moved = (streams(network, dark.block, asked) - before).norm(dim=-1)
    is_response = asked["labels"] != -100
    assert (moved[~is_response] == 0).all()
    assert (moved[is_response] > 0).all()
    del asked["labels"]
    with (
        pytest.raises(HookError, match="forwards that are given labels"),
        PreventativeSteering(dark, tokens="response").on(network),
    ):
        network(**asked)
    assert RESPONSE_MASK.get() is None
