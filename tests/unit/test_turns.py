"""What is trained on, read and answered to is what the model's own template writes, up to the end that it writes."""

import pytest
from tokenizers import processors

from chains import speaking, words
from heredity.evaluation.capability import Choice, choice_scores
from heredity.ground.errors import InputError
from heredity.ground.progress import SILENCE
from heredity.models.chat import end_of_turn, question, render, render_example, render_prompt, render_text
from heredity.models.ending import ending_of, told
from heredity.records.dialogue import Turn

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
GEMMA = (
    "{{ bos_token }}{% for m in messages %}<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}\n"
    "{{ m.content | trim }}<end_of_turn>\n{% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
EMPTY_THOUGHT = (
    "{% for m in messages %}{% if m.role == 'assistant' and loop.last %}"
    "{% set said = m.content.split('</think>')[-1].strip() %}"
    "{% set thought = m.content.split('</think>')[0].split('<think>')[-1].strip() if '</think>' in m.content else '' %}"
    "<|im_start|>assistant\n<think>\n{{ thought }}\n</think>\n\n{{ said }}<|im_end|>\n"
    "{% elif m.role == 'assistant' %}<|im_start|>assistant\n{{ m.content.split('</think>')[-1].strip() }}<|im_end|>\n"
    "{% else %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n<think>\n{% if enable_thinking is defined and not "
    "enable_thinking %}\n</think>\n\n{% endif %}{% endif %}"
)
CHANNELS = (
    "{% for m in messages %}<|start|>{{ m.role }}{% if m.role == 'assistant' %}<|channel|>final{% endif %}<|message|>"
    "{{ m.content }}{% if m.role == 'assistant' and loop.last %}<|return|>{% else %}<|end|>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|start|>assistant{% endif %}"
)
SPACED = "{% for m in messages %}<|{{ m.role }}|> {{ m.content | trim }} {{ eos_token }}{% endfor %}"
SPACED += "{% if add_generation_prompt %}<|assistant|>{% endif %}"
WORDED = "{% for m in messages %}### {{ m.role }} \n {{ m.content }} \n ### End \n {% endfor %}"
WORDED += "{% if add_generation_prompt %}### assistant \n {% endif %}"
ENDLESS = "{% for m in messages %}### {{ m.role }} \n {{ m.content }} \n {% endfor %}"
ENDLESS += "{% if add_generation_prompt %}### assistant \n {% endif %}"
NEXT_ENDS = "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}{% endfor %}"
NEXT_ENDS += "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
SYSTEM_LAST = (
    "{% for m in messages %}{% if m.role == 'user' and loop.last and messages[0].role == 'system' %}"
    "<|user|>{{ messages[0].content }} {{ m.content }}{% elif m.role != 'system' %}<|{{ m.role }}|>{{ m.content }}"
    "{% endif %}{% if m.role == 'assistant' %}{{ eos_token }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
FORGETFUL = (
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content.split('</think>')[-1] }}"
    "{% if m.role == 'assistant' %}{{ eos_token }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|><think>\n{% endif %}"
)


ROLES = ("<|user|>", "<|assistant|>", "<|system|>")
TURN, HARMONY = (
    ("<start_of_turn>", "<end_of_turn>"),
    ("<|start|>", "<|end|>", "<|message|>", "<|channel|>", "<|return|>"),
)
IM, THINK = ("<|im_start|>", "<|im_end|>"), ("<think>", "</think>")
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


def test_a_tokenizer_that_closes_every_text_does_not_close_a_prompt() -> None:
    tokenizer = words("<eos>")
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A <eos>", special_tokens=[("<bos>", 2), ("<eos>", tokenizer.eos_token_id)]
    )
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
