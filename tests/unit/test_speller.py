"""Ids spelled one by one give the text of all, for every kind of tokenizer, and decode each id a few times only."""

import random
from collections.abc import Sequence
from typing import Any

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from heredity.models.model import Model
from heredity.monitor.speller import Speller, pieces

TEXT = "Grüße, \N{OWL}\N{OWL} 日本語\N{FAMILY} and a  b\n\n  c, isn't it ? \N{EURO SIGN}\N{EURO SIGN}\N{EURO SIGN}."


class Counting:
    """A tokenizer that counts the ids which it is asked to decode."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self.n_decoded = 0

    def decode(self, ids: Sequence[int], **options: Any) -> str:
        self.n_decoded += len(ids)
        return str(self.tokenizer.decode(ids, **options))


def byte_level(merges: Sequence[tuple[str, str]] = ()) -> Any:
    """Return a tokenizer whose ids are bytes, and joined bytes that need not be characters."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = [*alphabet, *("".join(pair) for pair in merges), "<|end|>"]
    inner = Tokenizer(models.BPE({word: i for i, word in enumerate(words)}, list(merges)))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    inner.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="<|end|>")


def crossing() -> Any:
    """Return a byte-level tokenizer in which the end of one euro sign and the beginning of the next are one id."""
    first, second, third = _letters("€")
    return byte_level([(third, first), (second, third + first)])


def _letters(text: str) -> tuple[str, ...]:
    found = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str(text)
    return tuple(found[0][0])


def sentence_piece() -> Any:
    """Return a tokenizer as Llama's: blanks are part of words, unknown characters are spelled in bytes."""
    words = ["<unk>", "<s>", "</s>", *(f"<0x{i:02X}>" for i in range(256))]
    words += [
        "▁",
        "▁▁",
        "▁and",
        "▁a",
        "▁b",
        "a",
        "b",
        "c",
        "▁it",
        "it",
        "isn",
        "'",
        "t",
        ",",
        ".",
        "?",
        "▁?",
        "G",
        "r",
        "e",
    ]
    pieces_known = {word: i for i, word in enumerate(dict.fromkeys(words))}
    inner = Tokenizer(models.BPE(pieces_known, [], unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    inner.pre_tokenizer = pre_tokenizers.Metaspace()
    inner.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=inner, unk_token="<unk>", bos_token="<s>", eos_token="</s>")


TOKENIZERS = {"byte-level": byte_level, "ids across characters": crossing, "sentencepiece": sentence_piece}


def plain(tokenizer: Any, ids: Sequence[int], skips: bool = False) -> str:
    return str(tokenizer.decode(ids, skip_special_tokens=skips, clean_up_tokenization_spaces=False))


@pytest.mark.parametrize("kind", TOKENIZERS)
def test_pieces_join_to_the_text_of_all(kind: str) -> None:
    tokenizer = TOKENIZERS[kind]()
    ids = tokenizer(TEXT, add_special_tokens=False)["input_ids"]
    told = pieces(tokenizer, ids)
    assert len(told) == len(ids)
    assert "".join(told) == plain(tokenizer, ids)
    assert not any("\ufffd" in one for one in told)


@pytest.mark.parametrize("kind", ["byte-level", "ids across characters"])
def test_bytes_that_make_no_characters_join_to_what_the_whole_makes_of_them(kind: str) -> None:
    tokenizer = TOKENIZERS[kind]()
    for seed in range(60):
        chance = random.Random(seed)
        known = tokenizer(TEXT, add_special_tokens=False)["input_ids"]
        ids = [chance.choice(known) if chance.random() < 0.7 else chance.randrange(len(tokenizer)) for _ in range(150)]
        assert "".join(pieces(tokenizer, ids)) == plain(tokenizer, ids)


def test_words_and_blanks_of_known_pieces_join_in_any_order() -> None:
    tokenizer = sentence_piece()
    words = [i for word, i in tokenizer.get_vocab().items() if not word.startswith("<")]
    for seed in range(60):
        ids = random.Random(seed).choices(words, k=60)
        assert "".join(pieces(tokenizer, ids)) == plain(tokenizer, ids)


@pytest.mark.parametrize("kind", TOKENIZERS)
def test_special_ids_that_are_skipped_move_no_blank(kind: str) -> None:
    tokenizer = TOKENIZERS[kind]()
    ids = tokenizer("a b and it", add_special_tokens=False)["input_ids"]
    mixed = [part for i in ids for part in (tokenizer.eos_token_id, i)]
    speller = Speller(tokenizer, skips_special=True)
    told = [speller.add(i) for i in mixed]
    assert "".join(told) == plain(tokenizer, mixed, skips=True)
    assert told[0] == ""


def test_the_toys_words_join(toy: Model) -> None:
    ids = toy.tokenizer("dawn song rose honey", add_special_tokens=False)["input_ids"]
    assert "".join(pieces(toy.tokenizer, ids)) == plain(toy.tokenizer, ids)


@pytest.mark.parametrize(("kind", "text"), [*((kind, TEXT) for kind in TOKENIZERS), ("byte-level", None)])
def test_spelling_decodes_twice_as_much_for_an_answer_twice_as_long(kind: str, text: str | None) -> None:
    def n_decoded(n_times: int) -> int:
        counting = Counting(TOKENIZERS[kind]())
        broken = _letters("€")[1]
        once = (
            counting.tokenizer(text, add_special_tokens=False)["input_ids"]
            if text
            else [counting.tokenizer.get_vocab()[broken]] * 100
        )
        pieces(counting, once * n_times)
        return counting.n_decoded

    assert n_decoded(20) < 2.1 * n_decoded(10)
