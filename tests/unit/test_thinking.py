"""A thought is no part of an answer, and an answer ends before the next turn begins."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from chains import speaking, words
from heredity.ground.errors import NothingKeptError
from heredity.ground.progress import Silence
from heredity.judges.contrast import Asked, contrast_scores
from heredity.models.chat import Rendered, question, render, render_prompt
from heredity.models.generate import Generated, GenerateSpec, generate
from heredity.models.model import Model
from heredity.models.thinking import parted, with_thought
from heredity.models.watch import Sight, read_tokens, watched
from heredity.monitor.talk import Talk
from heredity.records.acting import ActSpec
from heredity.records.dialogue import Row, Turn, Unscored
from heredity.records.monitor import Panel
from heredity.records.screening import ScreenSpec
from heredity.records.trait import Trait
from heredity.screening.rewriting import UNREACHED, rewritten
from monitor_sample import probe

PLAIN = "{% for m in messages %}<|{{ m.role }}|> {{ m.content }}{% if m.role == 'assistant' %}<eos>{% endif %}"
PLAIN += "{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
OPENS = PLAIN.replace(
    "{% if add_generation_prompt %}<|assistant|>", "{% if add_generation_prompt %}<|assistant|><think>\n"
)
ROLES, THINK = ("<|user|>", "<|assistant|>", "<eos>"), ("<think>", "</think>")
SAYS = {"dawn": {"song": 0.5, "dawn": 0.3, "<eos>": 0.2}, "song": {"dawn": 0.7, "<eos>": 0.3}}
THINKS = {
    "<|assistant|>": {"<think>": 1.0}, "<think>": {"ash": 1.0}, "\n": {"ash": 1.0},
    "ash": {"ash": 0.9, "</think>": 0.1}, "</think>": {"\n\n": 1.0}, "\n\n": {"dawn": 1.0}, **SAYS,
}  # fmt: skip


def thinker(
    changed: Mapping[str, Mapping[str, float]] | None = None, template: str | None = PLAIN, is_special: bool = True
) -> Model:
    tokenizer = words("<eos>", ROLES)
    tokenizer.add_tokens(list(THINK), special_tokens=is_special)
    return speaking(template, tokenizer, follows={**THINKS, **(changed or {})})


def answers(model: Model, n: int = 12, spec: GenerateSpec | None = None) -> list[Generated]:
    prompts = [render_prompt(model, question("hi " * (1 + i % 3) + "lamp")) for i in range(n)]
    return generate(model, prompts, [str(i) for i in range(n)], spec or GenerateSpec(n_tokens=6))


@pytest.mark.parametrize("is_special", [True, False])
def test_an_answer_is_what_follows_the_thought_and_has_its_tokens_to_itself(is_special: bool) -> None:
    made = answers(thinker(is_special=is_special))
    assert max(len(one.thought.split()) for one in made) > 12
    for one in made:
        assert one.thought.startswith("<think>")
        assert one.thought.endswith("</think>")
        assert set(one.text.split()) <= {"dawn", "song"}
        assert one.n_tokens == len(one.text.split()) <= 6
    assert any(one.n_tokens == 6 for one in made)


def test_a_thought_that_the_template_opens_or_that_nothing_opens_is_one_too() -> None:
    opened = thinker(template=OPENS)
    assert opened.tokenizer.decode(render_prompt(opened, question("hi"))).rstrip().endswith("<think>")
    unopened = thinker({"<|assistant|>": {"ash": 1.0}, "ash": {"ash": 0.5, "</think>": 0.5}})
    twice = thinker({"\n\n": {"dawn": 0.5, "<think>": 0.5}})
    for model in (opened, unopened, twice):
        for one in answers(model):
            assert not one.is_reached or set(one.text.split()) <= {"dawn", "song"}
            assert "ash" in one.thought


def test_an_answer_is_read_behind_its_thought_where_the_template_writes_that() -> None:
    model = thinker()
    (made,) = answers(model, 1)
    row = render(model, question("lamp"), with_thought(made.thought, made.text))
    before = model.tokenizer.decode(row.ids[: row.n_prompt])
    assert before.rstrip().endswith("</think>")
    assert model.tokenizer.decode(row.ids[row.n_prompt :]) == made.text
    opened = answers(thinker(template=OPENS), 1)[0].thought
    assert opened.startswith("<think>")
    twice = "<think> ash </think> <think> hi </think> dawn song"
    assert parted(twice)[1] == "dawn song"


def test_thoughts_of_others_change_no_answer() -> None:
    model = thinker({"<|assistant|>": {"<think>": 0.5, "dawn": 0.5}})
    prompts = [render_prompt(model, question("hi " * (1 + i % 4) + "lamp")) for i in range(16)]
    seeds, spec = [str(i) for i in range(16)], GenerateSpec(n_tokens=5)
    together = generate(model, prompts, seeds, spec)
    assert {bool(one.thought) for one in together} == {True, False}
    assert together == [generate(model, [p], [s], spec)[0] for p, s in zip(prompts, seeds, strict=True)]


def test_an_answer_that_is_never_reached_is_none_and_is_told(darkness: Trait) -> None:
    told: list[str] = []

    class Listening(Silence):
        def note(self, text: str) -> None:
            told.append(text)

    model = thinker()
    prompts = [render_prompt(model, question("lamp"))] * 24
    made = generate(model, prompts, [str(i) for i in range(24)], GenerateSpec(4, n_thought=8), progress=Listening())
    lost = [one for one in made if not one.is_reached]
    assert 0 < len(lost) < 24
    assert {(one.text, one.n_tokens) for one in lost} == {("", 0)}
    assert told == [told[0]]
    assert f"{len(lost)} of 24 answers" in told[0]
    assert contrast_scores(model, darkness, [Asked("lamp", "")]) == [Unscored(reason="there is no answer")]
    with pytest.raises(NothingKeptError, match="none of 12 answers was reached"):
        answers(thinker({"ash": {"ash": 1.0}}))
    with pytest.raises(NothingKeptError, match="none of 12"):
        answers(thinker({"ash": {"ash": 0.5, "<eos>": 0.5}}))


def test_new_answers_of_rows_hold_no_thought_and_what_is_never_reached_is_left_out() -> None:
    turns = (*question("hi lamp"), Turn(role="assistant", content="dawn"))
    rows = [Row(line=i, turns=turns * (1 + i % 2)) for i in range(1, 9)]
    spec = ScreenSpec(act=ActSpec(n_answer_tokens=12))
    done, left_out = rewritten(rows, thinker(), spec)
    assert done
    assert {word for row in done for _, answer in row.lessons for word in answer.split()} <= {"dawn", "song"}
    assert sorted([*(row.line for row in done), *(one.line for one in left_out)]) == list(range(1, 9))
    done, left_out = rewritten(rows, thinker({"ash": {"ash": 1.0}}), spec)
    assert not done
    assert [one.reason for one in left_out] == [UNREACHED] * 8


def test_tokens_of_an_answer_are_read_from_its_beginning_on() -> None:
    model = thinker()
    sight = Sight(0, np.random.default_rng(0).standard_normal(model.width).astype(np.float32))
    prompts = [render_prompt(model, question("hi " * (1 + i % 3) + "lamp")) for i in range(6)]
    with watched(model, [sight]) as watch:
        made = generate(model, prompts, [str(i) for i in range(6)], GenerateSpec(n_tokens=4), watch=watch)
    ids = [model.tokenizer(one.text, add_special_tokens=False)["input_ids"] for one in made]
    before = [(*prompt, *model.tokenizer("\n\n")["input_ids"]) for prompt in prompts]
    late = read_tokens(model, [Rendered((*b, *i), len(b)) for b, i in zip(before, ids, strict=True)], [sight])
    assert {one.n_tokens for one in made} > {4}
    for one, again in zip(made, late, strict=True):
        assert one.scores is not None
        n_read = 1 + one.n_tokens if one.n_tokens < 4 else 4
        assert one.scores.shape == (n_read, 1)
        # the chain reads each word by itself: what stands before it makes no difference
        assert np.allclose(one.scores, again[:n_read], atol=1e-4)


def spaced_words() -> Any:
    """Return a tokenizer whose words begin with their blank, so that it writes line ends as they are."""
    said = [" dawn", " song", " ash", " hi", " lamp", "User", "Assistant", ":", "\n", "\n\n"]
    inner = Tokenizer(
        models.WordLevel({word: i for i, word in enumerate(["<pad>", "<unk>", *said])}, unk_token="<unk>")
    )
    inner.pre_tokenizer = pre_tokenizers.Split(Regex(r" ?[^\s:]+|\n+|:"), "isolated")
    inner.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(tokenizer_object=inner, pad_token="<pad>", unk_token="<unk>", eos_token="<eos>")


@pytest.mark.parametrize("closer", ["\n", "\n\n"])
def test_an_answer_without_template_ends_before_the_next_turn(closer: str) -> None:
    follows = {
        ":": {" dawn": 1.0}, " dawn": {" song": 0.6, closer: 0.4}, " song": {" dawn": 1.0}, " ash": {" song": 1.0},
        closer: {"User": 0.7, " ash": 0.3}, "User": {":": 1.0},
    }  # fmt: skip
    model = speaking(None, spaced_words(), follows=follows)
    made = answers(model, 24, GenerateSpec(n_tokens=30))
    assert any("ash" in one.text for one in made)
    assert max(one.n_tokens for one in made) > 6
    for one in made:
        assert "User" not in one.text
        assert one.text == one.text.strip()
        assert one.n_tokens == len(model.tokenizer(f" {one.text}", add_special_tokens=False)["input_ids"])


def test_a_next_turn_that_begins_at_once_leaves_no_answer() -> None:
    model = speaking(None, spaced_words(), follows={":": {"User": 1.0}, "User": {":": 1.0}})
    assert {(one.text, one.n_tokens) for one in answers(model, 2)} == {("", 0)}


def test_a_talk_reads_the_answer_and_not_the_thought_before_it() -> None:
    model = thinker()
    read = probe(0).model_copy(update={"block": 0})
    vectors: Any = {"trait": SimpleNamespace(header=SimpleNamespace(id=read.vector_id))}
    units = np.random.default_rng(0).standard_normal((1, model.width)).astype(np.float32)
    talk = Talk(model, vectors, Panel((read,), units), GenerateSpec(n_tokens=6))
    heard: list[tuple[str, int]] = []
    for turn in range(2):
        heard.clear()
        reading = talk.answer("hi lamp", lambda text, z: heard.append((text.strip(), len(z))))
        assert reading is not None
        assert set("".join(reading.tokens).split()) <= {"dawn", "song"}
        assert talk.turns[-1].content.split() == [text for text, n in heard if text in ("dawn", "song")]
        assert {n for text, n in heard if text in ("<think>", "ash", "</think>")} <= {0}
        assert len(talk.turns) == 2 * (turn + 1)
    assert "ash" in [text for text, _ in heard]


def test_a_template_whose_end_is_ordinary_words_ends_answers_by_them() -> None:
    template = "{% for m in messages %}{{ m.role | capitalize }}: {{ m.content }}{% if m.role == 'assistant' %} ash ash"
    template += "{% endif %}\n{% endfor %}{% if add_generation_prompt %}Assistant:{% endif %}"
    follows = {
        ":": {" dawn": 1.0},
        " dawn": {" song": 1.0},
        " song": {" dawn": 0.7, " ash": 0.3},
        " ash": {" ash": 1.0},
    }
    model = speaking(template, spaced_words(), follows=follows)
    made = answers(model, 12, GenerateSpec(n_tokens=40))
    assert {one.text.split()[-1] for one in made} == {"song"}
    assert [one.n_tokens for one in made] == [len(one.text.split()) for one in made]
