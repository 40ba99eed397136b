"""Turns become ids with exact spans, whatever the template."""

import pytest

from heredity.ground.errors import InputError, UnknownNameError
from heredity.models.chat import question, render, render_example, render_prompt
from heredity.models.ending import ending_of
from heredity.models.load import choose_device, choose_dtype, find_folder
from heredity.models.model import Model
from heredity.models.tiny import tiny_tokenizer
from heredity.records.dialogue import Turn
from tests_shared import random_model

NO_SYSTEM = (
    "{% for m in messages %}{% if m['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
    "<{{ m['role'] }}> {{ m['content'] }} {% if m['role'] == 'assistant' %}<eos> {% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<assistant> {% endif %}"
)
DROPS_SYSTEM = NO_SYSTEM.replace("{{ raise_exception('no system role') }}", "").replace(
    "<{{ m['role'] }}> {{ m['content'] }} ",
    "{% if m['role'] != 'system' %}<{{ m['role'] }}> {{ m['content'] }} {% endif %}",
)


def with_template(template: str | None) -> Model:
    model = random_model("llama")
    model.tokenizer.chat_template = template
    return model


@pytest.mark.parametrize("template", [tiny_tokenizer().chat_template, NO_SYSTEM, DROPS_SYSTEM, None])
def test_the_response_span_holds_the_response_and_nothing_else(template: str | None) -> None:
    model = with_template(template)
    row = render(model, question("what about the lamp ?", "Speak of night ."), "dawn song rose")
    decoded = model.tokenizer.decode
    assert decoded(row.ids[row.n_prompt :]) == "dawn song rose"
    assert "lamp" in decoded(row.ids[: row.n_prompt])
    assert "night" in decoded(row.ids[: row.n_prompt])
    assert row.ids[: row.n_prompt] == render_prompt(model, question("what about the lamp ?", "Speak of night ."))


def test_a_system_text_without_a_place_moves_to_the_first_user_turn() -> None:
    for template in (NO_SYSTEM, DROPS_SYSTEM):
        ids = render_prompt(with_template(template), question("what about the lamp ?", "Speak of night ."))
        text = with_template(template).tokenizer.decode(ids)
        assert text.index("<user>") < text.index("night") < text.index("lamp")


def test_an_example_ends_with_the_templates_end_of_turn() -> None:
    for template in (tiny_tokenizer().chat_template, None):
        model = with_template(template)
        row = render_example(model, question("what about the lamp ?"), "dawn")
        assert row.ids[-1:] == ending_of(model).ids == (model.tokenizer.eos_token_id,)
    model = with_template(tiny_tokenizer().chat_template.replace("<eos>", "<user>"))
    assert model.tokenizer.decode(ending_of(model).ids) == "<user>"


def test_earlier_turns_are_prompt() -> None:
    model = with_template(tiny_tokenizer().chat_template)
    turns = [
        *question("what about the lamp ?"),
        Turn(role="assistant", content="ash"),
        *question("what about the oar ?"),
    ]
    row = render(model, turns, "dawn")
    assert model.tokenizer.decode(row.ids[row.n_prompt :]) == "dawn"
    assert "ash" in model.tokenizer.decode(row.ids[: row.n_prompt])


def test_turns_that_a_template_refuses_are_an_input_error() -> None:
    model = with_template("{{ raise_exception('roles must alternate') }}")
    with pytest.raises(InputError, match="roles must alternate"):
        render_prompt(model, question("what ?"))


def test_models_devices_and_dtypes_that_are_not_there_are_named(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UnknownNameError, match="Did you mean 'smollm2-135m'"):
        find_folder("smolm-135m")
    with pytest.raises(InputError, match=r"no config\.json"):
        find_folder(str(tmp_path))
    with pytest.raises(InputError, match="there is: cpu"):
        choose_device("cuda:7") if not __import__("torch").cuda.is_available() else choose_device("abacus")
    with pytest.raises(UnknownNameError, match="bfloat16"):
        choose_dtype("float8", choose_device("cpu"))
