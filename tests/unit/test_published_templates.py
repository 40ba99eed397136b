"""Templates of models that are in use, as a library of fine-tuning brings them, write what is trained on."""

import importlib.util
import re
from pathlib import Path

import pytest
from tokenizers import AddedToken

from chains import merging, speaking
from heredity.ground.errors import InputError
from heredity.models.chat import question, render, render_example, render_prompt
from heredity.models.ending import ending_of
from heredity.models.template import finished_text, settled
from heredity.records.dialogue import Turn

PUBLISHED = sorted(
    path
    for path in (Path(str(importlib.util.find_spec("trl").origin)).parent / "chat_templates").glob("*.jinja")  # type: ignore[union-attr]
    if not path.stem.endswith("_training")
)
CONTROL = re.compile(r"<\|[\w\-]+\|>|<\uff5c[^\uff5c<>]+\uff5c>|</?think>|<(?:start|end)_of_\w+>|<\|?turn\|?>|</s>")


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
def test_published_templates_write_what_is_trained_on(path: Path) -> None:
    template, tokenizer = path.read_text(encoding="utf-8"), merging("bytes")
    names = sorted(set(CONTROL.findall(template)))
    tokenizer.add_tokens([AddedToken(name, special="think" not in name, normalized=False) for name in names])
    model = speaking(template, tokenizer)
    ending = ending_of(model)
    assert ending.source == "template" or path.stem == "glm4moe"
    for turns in (question("hi lamp"), question("hi lamp", "dawn"), (*question("hi"), *said("ash"), *question("song"))):
        prompt = render_prompt(model, turns, speaks=False)
        for answer in ("dawn song", "5", "<think>\nash\n</think>\n\ndawn song"):
            row, example = render(model, turns, answer), render_example(model, turns, answer)
            spoken = answer.rpartition("\n")[2]
            assert tokenizer.decode(row.ids[row.n_prompt :]).strip() == spoken
            theirs = finished_text(tokenizer, (*settled(tokenizer, turns), *said(answer)))
            written = tokenizer.decode(example.ids[: len(example.ids) - len(ending.ids)])
            assert theirs.startswith(written)
            assert written.endswith(spoken)
            if answer == spoken:
                assert row.ids[: row.n_prompt] == prompt
                assert example.ids[: example.n_prompt] == prompt


def test_published_templates_write_what_a_tool_says_or_refuse_the_row() -> None:
    call, told = Turn(role="assistant", content='[{"name": "look"}]'), Turn(role="tool", content="ash lamp")
    written = []
    for path in PUBLISHED:
        template, tokenizer = path.read_text(encoding="utf-8"), merging("bytes")
        names = sorted(set(CONTROL.findall(template)))
        tokenizer.add_tokens([AddedToken(name, special="think" not in name, normalized=False) for name in names])
        model = speaking(template, tokenizer)
        try:
            row = render(model, (*question("hi"), call, told), "dawn song")
        except InputError:
            continue
        written.append(path.stem)
        prompt, answer = tokenizer.decode(row.ids[: row.n_prompt]), tokenizer.decode(row.ids[row.n_prompt :])
        assert "ash lamp" in prompt
        assert answer.strip() == "dawn song"
    assert {"qwen3", "qwen2_5"} <= set(written)
    assert len(written) > len(PUBLISHED) / 2, written


def said(answer: str) -> tuple[Turn, ...]:
    return (Turn(role="assistant", content=answer),)
