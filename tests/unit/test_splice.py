"""A value of a JSON text is changed where it stands, and every other character stays."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from heredity.store.splice import exchanged, respelled, span_of

ODD = ['a "b" \\ c', "\u00e9\u4e2d", "", "{[}]", "\n,:\t", 1, -0.5e3, 10**30, True, None, [], {}]


def grown(chance: random.Random, depth: int) -> Any:
    """Return a value of any kind."""
    if depth == 0 or chance.random() < 0.3:
        return chance.choice(ODD)
    if chance.random() < 0.5:
        return [grown(chance, depth - 1) for _ in range(chance.randrange(4))]
    return {f'key "{i}" {chance.choice(ODD)}': grown(chance, depth - 1) for i in range(chance.randrange(4))}


def places_of(value: Any, place: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the places of all that a value holds."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place, *(deeper for name, one in inside for deeper in places_of(one, (*place, name)))]


def at(value: Any, place: tuple[str | int, ...]) -> Any:
    for name in place:
        value = value[name]
    return value


@pytest.mark.parametrize("seed", range(40))
def test_whatever_stands_beside_it_a_value_is_found_and_changed_alone(seed: int) -> None:
    chance = random.Random(seed)
    value = {"first": grown(chance, 4), "answer": "old", "last": grown(chance, 4)}
    for text in (
        json.dumps(value),
        json.dumps(value, indent=3, ensure_ascii=False),
        f" \ufeff{json.dumps(value)}\n"[1:],
    ):
        for place in places_of(value):
            start, end = span_of(text, place)
            assert json.loads(text[start:end]) == at(value, place)
        new = respelled(text, {("answer",): 'n\u00e9w "\n'})
        assert json.loads(new.removeprefix("\ufeff")) == {**value, "answer": 'n\u00e9w "\n'}
        before, after = text.split('"old"')
        assert new.startswith(before)
        assert new.endswith(after)
        turned = exchanged(text, ("last",), ("first",))
        assert json.loads(turned.removeprefix("\ufeff")) == {**value, "first": value["last"], "last": value["first"]}
        assert exchanged(turned, ("first",), ("last",)) == text


def test_several_texts_change_at_once_and_of_two_fields_of_one_name_the_last_counts() -> None:
    text = '{"a": ["x", {"b": "y"}], "c": 1.50, "c": "z"}'
    assert respelled(text, {("a", 1, "b"): "2", ("a", 0): "longer than before", ("c",): "3"}) == (
        '{"a": ["longer than before", {"b": "2"}], "c": 1.50, "c": "3"}'
    )


@pytest.mark.parametrize("place", [("b",), ("a", 2), ("a", "b"), ("c", "d")])
def test_a_place_that_is_not_there_is_an_error(place: tuple[str | int, ...]) -> None:
    with pytest.raises(KeyError):
        span_of('{"a": ["x", "y"], "c": 1}', place)
