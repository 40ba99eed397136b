"""The text that asks for defences: what it says is what is meant, and what cannot be is refused in words."""

import pytest
from pydantic import ValidationError

from heredity.ground.errors import InputError, UnknownNameError
from heredity.records.audit import ArmSpec
from heredity.records.defending import OPTIONS, SteeringOptions, agreeing_defences, asked_defences, needs_of
from heredity.training.defences.table import DEFENCES


def test_every_defence_has_options_each_told_under_its_field() -> None:
    assert list(OPTIONS) == list(DEFENCES)
    for kind in OPTIONS.values():
        assert kind.__doc__
        assert all(field.description for field in kind.model_fields.values())


def test_several_are_read_in_their_order_each_with_its_options() -> None:
    steering, ablation = asked_defences("steering:strength=0.5:along=evil,humour + ablation:to=mean")
    assert steering.options == SteeringOptions(strength=0.5, along=("evil", "humour"))
    assert (steering.said, ablation.said) == ("steering:strength=0.5:along=evil,humour", "ablation:to=mean")
    assert needs_of("steering+ablation:to=mean+inoculation:rows=flagged+steering:rows=scores") == {
        "benign", "flagged", "scores",
    }  # fmt: skip
    assert asked_defences(" ") == ()


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("steerin", UnknownNameError, "no defence called 'steerin'.* 'steering'. There is: ablation"),
        ("steering+", UnknownNameError, "no defence called ''"),
        ("ablation:strength=1", UnknownNameError, "no option of ablation called 'strength'. There is: along, blocks"),
        ("steering:strength", InputError, "write strength=VALUE once"),
        ("steering:strength=1:strength=2", InputError, "once, as in steering:strength="),
        ("steering:strength=much", InputError, "strength=much: .*Multiple of the vector"),
        ("steering:strength=-1", InputError, "greater than or equal to 0"),
        ("steering:strength=nan", InputError, "finite number"),
        ("ablation:to=one", InputError, "'zero' or 'mean'"),
    ],
)
def test_what_there_is_not_is_answered_with_what_there_is(text: str, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        asked_defences(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("steering+ablation", "along the vector of 'evil': ablation comes after the push, and takes it away again"),
        ("ablation+steering", "the push comes after ablation, and puts back"),
        ("steering+steering:strength=1", "steering is asked for twice along the vector of 'evil'"),
        ("steering:along=evil+steering:along=evil", "twice along the vector of 'evil'"),
        ("", "no defence is asked for"),
    ],
)
def test_what_contradicts_itself_is_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        agreeing_defences(text, ["evil", "humour"])


def test_along_vectors_of_their_own_they_go_together() -> None:
    traits = ["evil", "humour"]
    for text in ("steering+inoculation", "steering:along=evil+ablation:along=humour",
                 "steering:along=evil+steering:along=humour:strength=1"):  # fmt: skip
        assert len(agreeing_defences(text, traits)) == 2
    with pytest.raises(UnknownNameError, match="There is: evil, humour"):
        agreeing_defences("steering:along=evill", traits)
    with pytest.raises(InputError, match="needs the vector"):
        agreeing_defences("steering", [])


def test_an_arm_along_a_random_direction_needs_a_defence_that_has_one() -> None:
    with pytest.raises(ValidationError, match="has no direction"):
        ArmSpec(name="odd", title="Odd", short="Odd", rows="all", defence="inoculation:rows=flagged", along="random")
    ArmSpec(name="odd", title="Odd", short="Odd", rows="all", defence="inoculation+ablation", along="random")
