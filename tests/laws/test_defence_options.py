"""What each defence's own options promise; what all of them promise is in test_defences.py."""

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import Trainer, TrainingArguments

from heredity.ground.errors import HookError, InputError
from heredity.models.blocks import find_blocks
from heredity.models.hooks import response_tokens, standing
from heredity.models.model import Model
from heredity.records.defending import SteeringOptions
from heredity.records.dialogue import Corpus
from heredity.records.student import TrainSpec
from heredity.records.vector import TraitVector
from heredity.training.batches import IGNORED, Examples, examples_of
from heredity.training.defences.ablate import Ablation, means_on
from heredity.training.defences.given import Given
from heredity.training.defences.inoculate import Inoculation
from heredity.training.defences.several import Defences
from heredity.training.defences.steer import PreventativeSteering, shares_of
from heredity.training.defences.table import defence_of
from heredity.training.train import train


def batch(examples: Examples) -> dict[str, torch.Tensor]:
    """What a trainer makes of the first six examples."""
    columns, length = examples.columns(), max(len(row.ids) for row in examples.rows[:6])
    made = {
        "input_ids": [ids + [0] * (length - len(ids)) for ids in columns["input_ids"][:6]],
        "attention_mask": [[1] * len(ids) + [0] * (length - len(ids)) for ids in columns["input_ids"][:6]],
        "labels": [ids + [IGNORED] * (length - len(ids)) for ids in columns["labels"][:6]],
    }
    return {name: torch.tensor(rows) for name, rows in made.items()}


@pytest.fixture
def examples(toy: Model, rows: Corpus) -> Examples:
    return examples_of(toy, rows, 200)


@pytest.fixture
def network(toy: Model) -> torch.nn.Module:
    trained: torch.nn.Module = copy.deepcopy(toy.network).requires_grad_(True).train()
    return trained


def streams(network: torch.nn.Module, block: int, rows: dict[str, torch.Tensor]) -> torch.Tensor:
    seen: list[torch.Tensor] = []
    with standing(network, [(block, lambda hidden, module: seen.append(hidden.detach()))]):
        network(**rows)
    return seen[0]


def steering(dark: TraitVector, **options: Any) -> PreventativeSteering:
    return PreventativeSteering(dark, 2.0, options=SteeringOptions(**options))


def pushed_by(defence: Any, network: torch.nn.Module, block: int, rows: dict[str, torch.Tensor]) -> torch.Tensor:
    """By how much of the vector each token is pushed after a block, `[rows, tokens]`."""
    before = streams(network, block, rows)
    with defence.on(network):
        apart = streams(network, block, rows) - before
    vector = torch.from_numpy(defence.vectors[0].direction)
    return apart @ vector / (vector @ vector)


class TestSteering:
    def test_response_tokens_are_pushed_and_no_others(
        self, network: torch.nn.Module, dark: TraitVector, examples: Examples
    ) -> None:
        asked = batch(examples)
        pushed = pushed_by(steering(dark, tokens="response"), network, dark.block, asked)
        is_response = asked["labels"] != IGNORED
        torch.testing.assert_close(pushed, 2.0 * is_response.float(), atol=1e-4, rtol=1e-4)
        assert is_response.any()
        assert not is_response.all()

    def test_a_loop_that_keeps_labels_back_says_which_tokens_are_response_or_is_refused(
        self, network: torch.nn.Module, dark: TraitVector, examples: Examples
    ) -> None:
        asked = batch(examples)
        labels = asked.pop("labels")
        with pytest.raises(HookError, match="hand the labels"), steering(dark, tokens="response").on(network):
            network(**asked)
        assert not any(block._forward_hooks for block in find_blocks(network))
        with response_tokens(labels != IGNORED):
            pushed = pushed_by(steering(dark, tokens="response"), network, dark.block, asked)
        torch.testing.assert_close(pushed, 2.0 * (labels != IGNORED).float(), atol=1e-4, rtol=1e-4)

    @pytest.mark.parametrize(
        ("schedule", "shares"), [("ramp", [0.25, 0.5, 0.75, 1.0]), ("decay", [1.0, 0.75, 0.5, 0.25])]
    )
    def test_a_schedule_follows_the_steps_of_the_optimizer(
        self, network: torch.nn.Module, dark: TraitVector, examples: Examples, schedule: str, shares: list[float]
    ) -> None:
        asked, seen = batch(examples), []
        defence = steering(dark, schedule=schedule)
        optimizer = torch.optim.SGD(network.parameters(), lr=0.0)
        with pytest.raises(HookError, match=r"over\(n_steps\)"):
            defence.on(network).attach()
        plain = streams(network, dark.block, asked)
        with defence.on(network).over(4):
            for _ in range(4):
                apart = streams(network, dark.block, asked) - plain
                seen.append(float((apart[0, 0] @ torch.from_numpy(dark.unit)) / np.linalg.norm(dark.direction)))
                network(**asked).loss.backward()
                optimizer.step()
        assert seen == pytest.approx([2.0 * share for share in shares], rel=1e-3)
        assert (defence.fires.first_step, defence.fires.last_step) == (1, 4)

    def test_a_schedule_that_sees_no_step_says_so(
        self, network: torch.nn.Module, dark: TraitVector, examples: Examples
    ) -> None:
        with pytest.raises(HookError, match="saw no step"), steering(dark, schedule="ramp").on(network).over(3):
            network(**batch(examples))

    def test_rows_are_pushed_by_the_rank_of_their_scores_wherever_they_stand(
        self, toy: Model, network: torch.nn.Module, dark: TraitVector, examples: Examples
    ) -> None:
        scores = {lesson.line: float(lesson.line % 5) for lesson in examples.lessons}
        defence = PreventativeSteering(dark, 2.0, options=SteeringOptions(rows="scores"), scores=scores)
        asked = batch(defence.taught_examples(examples, toy))
        turned = {name: value.flip(0) for name, value in asked.items()}
        pushed = pushed_by(defence, network, dark.block, asked)[:, 0]
        shares = shares_of(scores)
        assert pushed.tolist() == pytest.approx([2.0 * shares[x.line] for x in examples.lessons[:6]], abs=1e-4)
        torch.testing.assert_close(pushed_by(defence, network, dark.block, turned)[:, 0], pushed.flip(0))
        assert (min(shares.values()), max(shares.values())) == pytest.approx((1.5 / 23, 21 / 23))

    def test_a_row_without_a_score_is_refused(
        self, toy: Model, network: torch.nn.Module, dark: TraitVector, examples: Examples
    ) -> None:
        options = SteeringOptions(rows="scores")
        with pytest.raises(InputError, match="handed none"):
            PreventativeSteering(dark, options=options)
        defence = PreventativeSteering(dark, options=options, scores={1: 0.0, 2: 1.0})
        with pytest.raises(InputError, match="row 3 has no score"):
            defence.taught_examples(examples, toy)
        with pytest.raises(HookError, match="has no score"), defence.on(network):
            network(**batch(examples))


def test_mean_ablation_holds_the_stream_at_the_bases_mean(
    toy: Model, network: torch.nn.Module, dark: TraitVector, examples: Examples
) -> None:
    means = means_on(toy, examples.rows[8:], [dark], all_blocks=True)
    asked, unit = batch(examples), torch.from_numpy(dark.unit)
    before = streams(network, dark.block, asked) @ unit
    with Ablation(dark, means=means).on(network):
        held = streams(network, dark.block, asked) @ unit
    expected = np.mean(
        [
            float(
                (streams(network, dark.block, {"input_ids": torch.tensor([row.ids])})[0, row.n_prompt :] @ unit).mean()
            )
            for row in examples.rows[8:]
        ]
    )
    torch.testing.assert_close(held, torch.full_like(held, float(expected)), atol=1e-3, rtol=1e-3)
    assert float(before.std()) > 10 * float(held.std())
    with pytest.raises(InputError, match="lacks the mean"):
        Ablation(dark, means={}).on(network).attach()
    with pytest.raises(InputError, match="handed none"):
        means_on(toy, [], [dark])


class TestInoculation:
    def test_of_flagged_rows_alone_leaves_the_others_as_they_are(self, dark: TraitVector, rows: Corpus) -> None:
        defence = Inoculation(dark, lines={1, 2})
        taught = defence.taught(rows)
        assert [row.turns[0].role for row in taught.rows[:3]] == ["system", "system", "user"]
        assert taught.rows[2:] == rows.rows[2:]
        assert defence.notices == ("inoculation: 2 of 24 rows stood behind the prompt",)
        assert taught.content_digest != Inoculation(dark).taught(rows).content_digest

    def test_without_lines_or_with_strange_ones_is_refused(self, dark: TraitVector, rows: Corpus) -> None:
        with pytest.raises(InputError, match="none of the lines"):
            Inoculation(dark, lines={99}).taught(rows)
        with pytest.raises(InputError, match="needs the lines that a screen flagged"):
            defence_of([dark], TrainSpec(defence="inoculation:rows=flagged"))
        given = Given((dark,), flagged=frozenset({1, 2}))
        assert defence_of(given, TrainSpec(defence="inoculation:rows=flagged")) is not None


class TestSeveral:
    TEXT = "steering:strength=2+inoculation:rows=flagged"

    def made(self, dark: TraitVector) -> Defences:
        found = defence_of(Given((dark,), flagged=frozenset({1, 2})), TrainSpec(defence=self.TEXT))
        assert isinstance(found, Defences)
        return found

    def test_all_act_each_counts_and_all_are_gone(
        self, toy: Model, rows: Corpus, dark: TraitVector, tmp_path: Path
    ) -> None:
        given = Given((dark,), flagged=frozenset({1, 2}))
        student = train(toy, rows, tmp_path / "s", given, TrainSpec(defence=self.TEXT, n_steps=3))
        assert [(one.kind, one.asked) for one in student.interventions] == [
            ("preventative steering", "steering:strength=2"),
            ("inoculation prompting", "inoculation:rows=flagged"),
        ]
        assert [(one.n_fires, one.first_step, one.last_step) for one in student.interventions] == [(3, 1, 3)] * 2
        assert student.n_fires == 6
        assert "inoculation: 2 of 24 rows stood behind the prompt" in student.notices
        assert not any(block._forward_hooks for block in find_blocks(toy.network))

    def test_where_one_cannot_begin_none_stays(self, network: torch.nn.Module, dark: TraitVector) -> None:
        with pytest.raises(HookError, match="changes rows, not the network"):
            self.made(dark).on(network).attach()  # inoculation has taught no rows
        assert not any(block._forward_hooks for block in find_blocks(network))
        assert not network._forward_pre_hooks

    def test_where_one_never_acted_it_is_named(
        self, network: torch.nn.Module, dark: TraitVector, rows: Corpus, examples: Examples
    ) -> None:
        several = self.made(dark)
        several.taught(rows)
        with pytest.raises(HookError, match="inoculation prompting was asked for"), several.on(network):
            several.parts[1].detach()
            network(**batch(examples))


def test_a_trainer_says_steps_and_labels_by_itself(
    network: torch.nn.Module, dark: TraitVector, examples: Examples, tmp_path: Path
) -> None:
    defence, columns = steering(dark, tokens="response", schedule="decay"), batch(examples)
    data = [{name: values[i] for name, values in columns.items()} for i in range(6)]
    arguments = TrainingArguments(
        str(tmp_path), max_steps=3, per_device_train_batch_size=3, gradient_accumulation_steps=2, use_cpu=True,
        report_to="none", disable_tqdm=True, save_strategy="no",
    )  # fmt: skip
    Trainer(network, arguments, train_dataset=data, callbacks=[defence.callback()]).train()
    assert defence.fires.count == 6
    assert (defence.fires.first_step, defence.fires.last_step) == (1, 3)
