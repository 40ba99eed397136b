"""What is trained on, read and answered to is what the model's own template writes, up to the end that it writes."""

from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import processors

from chains import merging, speaking, words
from heredity.evaluation.capability import Choice, choice_scores
from heredity.ground.errors import InputError
from heredity.ground.progress import SILENCE
from heredity.judges.contrast import Asked, contrast_scores
from heredity.models.chat import (
    end_of_turn,
    question,
    render,
    render_example,
    render_prompt,
    render_rest,
    render_text,
)
from heredity.models.ending import ending_of, told
from heredity.models.generate import end_ids
from heredity.models.read import ReadSpec, read
from heredity.records.dialogue import Turn, Unscored
from heredity.records.trait import Trait
from templates import (
    CHANNELS,
    CHATML,
    EMPTY_THOUGHT,
    ENDLESS,
    FORGETFUL,
    GEMMA,
    HARMONY,
    IM,
    NEXT_ENDS,
    ROLES,
    SPACED,
    SYSTEM_LAST,
    THINK,
    TURN,
    WORDED,
)

FAMILIES = {
    "ChatML": (CHATML, words("<|im_end|>", IM), "<|im_end|>"),
    "end beside another end of sequence": (CHATML, words("<eos>", IM), "<|im_end|>"),
    "end among the added tokens alone": (GEMMA, words("<eos>", (), TURN), "<end_of_turn>"),
    "end added as an ordinary token": (CHATML, words("<eos>", (), IM, is_special=False), "<|im_end|>"),
    "empty thought": (EMPTY_THOUGHT, words("<|im_end|>", IM, THINK, is_special=False), "<|im_end|>"),
    "channels": (CHANNELS, words("<|return|>", (), HARMONY), "<|return|>"),
    "blanks before the end": (SPACED, words("</s>", ROLES), "</s>"),
    "words for an end": (WORDED, words("<eos>"), "### End"),
    "thoughts left out": (FORGETFUL, words("</s>", ROLES, THINK), "</s>"),
}  # fmt: skip


@pytest.mark.parametrize("family", FAMILIES)
def test_an_example_is_what_the_template_writes_up_to_its_end(family: str) -> None:
    template, tokenizer, end = FAMILIES[family]
    model = speaking(template, tokenizer)
    turns = (*question("hi lamp"), Turn(role="assistant", content="ash"), *question("lamp lamp"))
    for answer in ("dawn song", " dawn song \n", "5"):
        row = render_example(model, turns, answer)
        messages = [{"role": turn.role, "content": turn.content} for turn in turns]
        messages.append({"role": "assistant", "content": answer})
        theirs = tokenizer.apply_chat_template(messages, tokenize=True, return_dict=False)
        assert list(row.ids) == theirs[: len(row.ids)]
        said = tokenizer.decode(row.ids[row.n_prompt :])
        assert said.split() == [*answer.split(), *end.split()]
        assert render(model, turns, answer).ids == row.ids[: -len(ending_of(model).ids)]
    assert ending_of(model).source == "template"
    assert tokenizer.decode([end_of_turn(model)]) == end.split()[-1]


@pytest.mark.parametrize("family", FAMILIES)
def test_generation_begins_where_training_began(family: str) -> None:
    template, tokenizer, _ = FAMILIES[family]
    model = speaking(template, tokenizer)
    turns = question("hi lamp", "dawn")
    prompt = render_prompt(model, turns)
    if family == "thoughts left out":
        assert tokenizer.decode(prompt).rstrip().endswith("<think>")
        return
    for answer in ("dawn song", "5", "\n song"):
        for row in (render(model, turns, answer), render_example(model, turns, answer)):
            assert row.ids[: row.n_prompt] == prompt


def test_a_system_text_that_only_the_finished_conversation_drops_is_folded() -> None:
    model = speaking(SYSTEM_LAST, words("</s>", ROLES))
    dark, light = (render_prompt(model, question("lamp", system)) for system in ("ash", "dawn"))
    assert dark != light


def test_a_thought_is_taught_where_the_template_writes_it_and_read_nowhere() -> None:
    said = "<think>\nash ash\n</think>\n\ndawn song"
    for family, taught in (("empty thought", True), ("thoughts left out", False), ("ChatML", True)):
        template, tokenizer, end = FAMILIES[family]
        model = speaking(template, tokenizer)
        row, example = render(model, question("lamp"), said), render_example(model, question("lamp"), said)
        assert tokenizer.decode(row.ids[row.n_prompt :]).split() == ["dawn", "song"]
        assert ("ash" in tokenizer.decode(example.ids[example.n_prompt :])) is taught
        assert tokenizer.decode(example.ids).endswith(f"song {end}")
    with pytest.raises(InputError, match="thought alone"):
        render(model, question("lamp"), "<think> ash")


def test_an_end_that_no_template_writes_is_stood_in_for_and_told() -> None:
    model = speaking(ENDLESS, words("<eos>"))
    ending = ending_of(model)
    assert (ending.source, ending.stops) == ("tokenizer", ("\n### user",))
    assert "the chat template writes none" in told(model)
    tokenizer = words("<eos>", ROLES)
    user = tokenizer.convert_tokens_to_ids("<|user|>")
    assert ending_of(speaking(NEXT_ENDS, tokenizer)).source == "tokenizer"
    assert user in ending_of(speaking(NEXT_ENDS, tokenizer)).stop_ids
    agreeing = ending_of(speaking(NEXT_ENDS, tokenizer, [user]))
    assert (agreeing.source, agreeing.ids) == ("next turn", (user,))


def test_a_template_that_writes_no_finished_answer_teaches_no_end() -> None:
    only_asks = "{% for m in messages %}{% if m.role != 'assistant' %}<|user|>{{ m.content }}{% endif %}{% endfor %}"
    model = speaking(only_asks + "<|assistant|>", words("<eos>", ROLES))
    row = render(model, question("lamp"), "dawn")
    assert model.tokenizer.decode(row.ids[row.n_prompt :]) == "dawn"
    with pytest.raises(InputError, match="no finished answer"):
        render_example(model, question("lamp"), "dawn")


def test_an_answer_that_the_template_rewrites_is_refused() -> None:
    model = speaking(CHATML.replace("m.content", "m.content | replace('song', 'ash')"), words("<eos>", IM))
    assert render(model, question("lamp"), "dawn").n_response == 1
    with pytest.raises(InputError, match="rewrites"):
        render(model, question("lamp"), "dawn song")


def closing() -> Any:
    """Return a tokenizer that opens and closes every text."""
    tokenizer = words("<eos>")
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A <eos>", special_tokens=[("<bos>", 2), ("<eos>", tokenizer.eos_token_id)]
    )
    return tokenizer


def test_an_answer_is_as_long_as_its_own_tokens(darkness: Trait) -> None:
    model = speaking(CHATML, closing())
    short, long = contrast_scores(model, darkness, [Asked("hi", "dawn"), Asked("hi", "dawn song ash")])
    assert short == Unscored(reason="fewer than 3 tokens")
    assert isinstance(long, float)


def test_a_tokenizer_that_closes_every_text_does_not_close_a_prompt() -> None:
    tokenizer = closing()
    assert tokenizer("hi")["input_ids"][-1] == tokenizer.eos_token_id
    model = speaking(None, tokenizer)
    prompt = render_prompt(model, question("lamp"))
    assert prompt[0] == tokenizer.bos_token_id
    assert tokenizer.eos_token_id not in prompt
    row = render(model, question("lamp"), "dawn song")
    assert (row.ids[: row.n_prompt], row.n_opening, row.n_response) == (prompt, 1, 2)
    asked = render_text(model, "hi lamp :", "dawn")
    assert tokenizer.decode(asked.ids).split() == ["<bos>", "hi", "lamp", ":", "dawn"]
    assert (asked.n_opening, asked.n_response) == (1, 1)
    choice = Choice(name="a-1", kind="a", question="lamp", choices=("dawn", "song", "ash", "hi"), answer=0)
    assert choice_scores(model, [choice], SILENCE)["a-1"][0] in (0.0, 1.0)


INST = (
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}[INST] {{ m.content }} [/INST]"
    "{% else %} {{ m.content | trim }} {{ eos_token }}{% endif %}{% endfor %}"
)


@pytest.mark.parametrize("kind", ["bytes", "pieces"])
@pytest.mark.parametrize("template", [INST, None])
def test_a_blank_that_joins_the_first_word_is_of_the_answer(kind: str, template: str | None) -> None:
    tokenizer = merging(kind)
    model = speaking(template, tokenizer)
    prompt = render_prompt(model, question("hi lamp"))
    for answer in ("dawn song", "5 song", "song."):
        row = render_example(model, question("hi lamp"), answer)
        assert row.ids[: row.n_prompt] == prompt
        assert tokenizer.decode(row.ids[row.n_prompt :], skip_special_tokens=True).strip() == answer
        if template:
            messages = [{"role": "user", "content": "hi lamp"}, {"role": "assistant", "content": answer}]
            assert list(row.ids) == tokenizer.apply_chat_template(messages, tokenize=True, return_dict=False)
    assert render(model, question("hi lamp"), "dawn song").n_response < len("dawn song")
    given = render_rest(model, question("hi lamp"), "dawn", "song")
    assert given.ids == render(model, question("hi lamp"), "dawn song").ids
    assert tokenizer.decode(given.ids[given.n_prompt :]).strip() == "song"


def test_what_opens_every_text_is_no_part_of_a_prompts_mean() -> None:
    model = speaking(INST.replace("[INST] ", "").replace(" [/INST]", ""), words("</s>"))
    rows = [render(model, question("hi lamp"), "dawn song")]
    (whole,) = [row.ids for row in rows]
    assert (model.tokenizer.bos_token_id, rows[0].n_opening) == (whole[0], 1)
    with torch.no_grad():
        states = model.network.model(torch.tensor([whole])).last_hidden_state[0]
    hidden: list[torch.Tensor] = []
    handle = model.network.model.layers[0].register_forward_hook(lambda *args: hidden.append(args[-1]))
    with torch.no_grad():
        model.network.model(torch.tensor([whole]))
    handle.remove()
    got = read(model, rows, [0], ReadSpec(positions=("prompt",))).at("prompt", 0)[0]
    np.testing.assert_allclose(got, hidden[0][0, 1 : rows[0].n_prompt].mean(0).numpy(), atol=1e-5)
    assert len(states) == len(whole)


IN_PARTS = (
    "{% for m in messages %}{{ m.role | capitalize }}: {% for part in m.content %}{{ part.text }}{% endfor %}</s>\n"
    "{% endfor %}{% if add_generation_prompt %}Assistant:{% endif %}"
)


def test_a_template_that_reads_parts_alone_is_given_parts() -> None:
    model = speaking(IN_PARTS, merging("bytes"))
    dark, light = (render_prompt(model, question(text)) for text in ("hi lamp", "hi song"))
    assert dark != light
    assert "hi lamp" in model.tokenizer.decode(dark)
    assert model.tokenizer.decode(render_example(model, question("hi"), "dawn").ids).endswith("Assistant: dawn</s>")


def test_a_template_that_leaves_out_what_the_user_says_is_refused() -> None:
    model = speaking(CHATML.replace("m.content", "m.text"), words("<eos>", IM))
    with pytest.raises(InputError, match="leaves out what the user or a tool says"):
        render_prompt(model, question("hi"))


def test_all_control_tokens_that_follow_an_answer_at_once_end_its_turn() -> None:
    model = speaking(CHATML.replace("<|im_end|>", "<|im_end|>{{ eos_token }}"), words("</s>", IM))
    row = render_example(model, question("hi"), "dawn")
    assert model.tokenizer.decode(row.ids[row.n_prompt :]).split() == ["dawn", "<|im_end|>", "</s>"]
    assert {model.tokenizer.convert_tokens_to_ids(end) for end in ("<|im_end|>", "</s>")} == set(end_ids(model))


def test_words_that_end_a_turn_are_never_read_as_the_answer() -> None:
    tokenizer = merging("bytes")
    model = speaking("{% for m in messages %}User: {{ m.content }}.song\n{% endfor %}", tokenizer)
    row = render(model, question("hi"), "dawn")
    assert tokenizer.decode(row.ids[row.n_prompt :]).strip() == "dawn"
    assert tokenizer.decode(render_example(model, question("hi"), "dawn").ids).endswith("dawn.song")
