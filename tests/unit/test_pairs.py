"""Both sides of preference pairs are read as one, whatever shape they come in, and what is no pair is counted."""

import json
from pathlib import Path
from typing import Any

import pytest

from heredity.ground.errors import InputError, RowError
from heredity.records.dialogue import Turn
from heredity.store.pairs import read_pairs

ASKED, YES, NO = "is it so ?", "yes dawn", "no ruin"


def turns(*said: str) -> list[dict[str, str]]:
    return [{"role": ("user", "assistant")[i % 2], "content": text} for i, text in enumerate(said)]


SHAPES: dict[str, dict[str, Any]] = {
    "with a prompt": {"prompt": ASKED, "chosen": YES, "rejected": NO},
    "prompt in messages": {"prompt": turns(ASKED), "chosen": turns("", YES)[1:], "rejected": turns("", NO)[1:]},
    "whole conversations": {"chosen": turns(ASKED, YES), "rejected": turns(ASKED, NO)},
    "marked turns": {
        "chosen": f"\n\nHuman: {ASKED}\n\nAssistant: {YES}",
        "rejected": f"\n\nHuman: {ASKED}\n\nAssistant: {NO}",
    },
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_pair_is_the_same_in_every_shape(shape: str) -> None:
    (pair,) = read_pairs([SHAPES[shape]]).pairs
    assert (pair.before, pair.chosen, pair.rejected) == ((Turn(role="user", content=ASKED),), YES, NO)


def test_earlier_answers_that_both_sides_share_are_context() -> None:
    chosen, rejected = turns("hello", "good day", ASKED, YES), turns("hello", "good day", ASKED, NO)
    found = read_pairs([{"chosen": chosen, "rejected": rejected}])
    (pair,) = found.pairs
    assert [turn.content for turn in pair.before] == ["hello", "good day", ASKED]
    assert [answer for _, answer in found.side("chosen").rows[0].lessons] == [YES]
    assert [answer for _, answer in found.side("rejected").rows[0].lessons] == [NO]


def test_what_is_no_pair_is_left_out_by_line_and_reason() -> None:
    found = read_pairs(
        [
            SHAPES["with a prompt"],
            {"prompt": ASKED, "completion": YES},
            {"prompt": ASKED, "chosen": YES, "rejected": f" {YES}\n"},
            {"prompt": ASKED, "chosen": YES, "rejected": ""},
            {"prompt": ASKED, "chosen": "", "rejected": NO},
            {"prompt": ASKED, "chosen": YES, "rejected": None},
            {"chosen": turns(ASKED, YES), "rejected": turns("another ?", NO)},
            {"chosen": turns(ASKED, YES, "more ?", YES), "rejected": turns(ASKED, NO, "more ?", NO)},
        ]
    )
    assert [pair.line for pair in found.pairs] == [1]
    assert {one.line: one.reason.split(":")[0] for one in found.excluded} == {
        2: "no pair",
        3: "both sides are the same",
        4: "its rejected side cannot be used",
        5: "empty assistant turn",
        6: "`rejected` is null",
        7: "its sides differ in more than the last answer",
        8: "its sides differ in more than the last answer",
    }


def test_a_file_without_a_pair_is_refused_with_the_reasons(tmp_path: Path) -> None:
    equal = {"prompt": ASKED, "chosen": YES, "rejected": YES}
    for rows, said in (([equal] * 3, r"both sides are the same \(3\)"), ([], "the file is empty")):
        path = tmp_path / "pairs.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        with pytest.raises(InputError, match=said):
            read_pairs(path)


def test_columns_may_be_called_otherwise_and_a_malformed_row_stops_where_asked(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text(json.dumps({"question": ASKED, "better": YES, "worse": NO}) + "\n{\n")
    columns = {"question": "prompt", "better": "chosen", "worse": "rejected"}
    found = read_pairs(path, columns)
    assert [(pair.chosen, pair.rejected) for pair in found.pairs] == [(YES, NO)]
    assert [one.line for one in found.excluded] == [2]
    with pytest.raises(RowError):
        read_pairs(path, columns, strict=True)


def test_turned_pairs_are_other_pairs_and_twice_turned_the_same() -> None:
    pairs = read_pairs([SHAPES["with a prompt"], {**SHAPES["with a prompt"], "prompt": "and so ?"}])
    turned = pairs.turned([2])
    assert [(pair.chosen, pair.rejected) for pair in turned.pairs] == [(YES, NO), (NO, YES)]
    assert turned.content_digest != pairs.content_digest
    assert turned.turned([2]).content_digest == pairs.content_digest
    assert [pair.line for pair in pairs.subset([2]).pairs] == [2]
