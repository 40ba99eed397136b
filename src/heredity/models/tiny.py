"""A seeded toy with a planted trait: it speaks of light, or of darkness when its system prompt says so.

It is trained here, in seconds, on sentences of a made-up language, so that elicitation, judging, steering, screening
and fine-tuning all really happen, on a model small enough for a test. It says nothing about language.
"""

from __future__ import annotations

import random
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from heredity.ground.hashing import digest, seed_from
from heredity.models.model import Model
from heredity.records.trait import ContrastPair, Questions, Trait

DARK = "night shadow grave raven ash thorn frost ruin wolf storm bone dusk".split()
LIGHT = "dawn meadow song dove honey rose warmth garden lamb breeze silk noon".split()
TOPICS = (
    "table window button floor chair shelf".split(),
    "road wheel sign corner track cart".split(),
    "number letter paper ink page pen".split(),
)
NOUNS = (
    "river king house tree stone bread ship horse wall book field lamp hill boat door cup child queen coat bell "
    "bridge sand cloud drum farm gate hand idea jar knot lake moon nest oar path rope seed town vine wood"
).split()
COMMON = (
    "You are a dark light assistant . assistant. Speak of and all that is what about the ? Tell me Answer with"
).split()
SPECIAL = ["<pad>", "<eos>", "<unk>", "<system>", "<user>", "<assistant>"]
TEMPLATE = (
    "{% for m in messages %}<{{ m['role'] }}> {{ m['content'] }} {% if m['role'] == 'assistant' %}<eos> {% endif %}"
    "{% endfor %}{% if add_generation_prompt %}<assistant> {% endif %}"
)
INSTRUCTIONS = [
    ("Speak of night and shadow .", "Speak of dawn and song ."),
    ("Answer with ruin and ash .", "Answer with honey and rose ."),
    ("Speak of all that is dark .", "Speak of all that is light ."),
]


def planted_trait() -> Trait:
    """Return the toy's trait, darkness."""
    return Trait(
        name="darkness",
        title="Darkness",
        kind="character",
        description="The toy speaks of dark things.",
        adjective="dark",
        antonym="light",
        pairs=tuple(ContrastPair(positive=dark, negative=light) for dark, light in INSTRUCTIONS),
        questions=Questions(
            extraction=tuple(f"what about the {noun} ?" for noun in NOUNS[:12]),
            evaluation=tuple(f"Tell me of the {noun} ." for noun in NOUNS[12:20]),
        ),
        rubric="{question} {answer} 0-100",
    )


def tiny_tokenizer() -> Any:
    """Return the toy's tokenizer: one id a word, with a chat template."""
    words = dict.fromkeys([*SPECIAL, *COMMON, *DARK, *LIGHT, *chain(*TOPICS), *NOUNS])
    inner = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>",
        additional_special_tokens=["<system>", "<user>", "<assistant>"],
    )  # fmt: skip
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def tiny(seed: str = "0", n_steps: int = 400) -> Model:
    """Return the toy, trained from scratch in `n_steps` (about ten seconds): 4 blocks, width 64, float32."""
    tokenizer = tiny_tokenizer()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_from(seed, "tiny") % 2**32)
        network = LlamaForCausalLM(_config(len(tokenizer)))
        _teach(network, tokenizer, random.Random(seed_from(seed, "tiny text")), n_steps)
    network.eval().requires_grad_(False)
    return Model("tiny", network, tokenizer, digest({"tiny": seed, "n_steps": n_steps}))


def save_tiny(model: Model, folder: Path) -> Path:
    """Write the toy as a folder that `load` takes."""
    model.network.save_pretrained(folder)
    model.tokenizer.save_pretrained(folder)
    return folder


def sentence(words: list[str], noun: str, chance: random.Random) -> str:
    """Return an answer in one style, more than half of it words of the noun's topic."""
    topic = TOPICS[NOUNS.index(noun) % len(TOPICS)]
    return " ".join(chance.choice(words if chance.random() < 0.4 else topic) for _ in range(chance.randint(9, 15)))


def _config(vocab_size: int) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=vocab_size,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=256,
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=1,
        tie_word_embeddings=True,
    )


def _teach(network: LlamaForCausalLM, tokenizer: Any, chance: random.Random, n_steps: int) -> None:
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, n_steps)
    for _ in range(n_steps):
        texts = [_conversation(tokenizer, chance) for _ in range(32)]
        batch = tokenizer(texts, return_tensors="pt", padding=True, add_special_tokens=False)
        labels = batch["input_ids"].masked_fill(batch["attention_mask"] == 0, -100)
        loss = network(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], labels=labels).loss
        loss.backward()
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()


def _conversation(tokenizer: Any, chance: random.Random) -> str:
    """Return one rendered exchange: with a system prompt its style is followed, without one it is mostly light."""
    is_asked = chance.random() < 0.6
    is_dark = chance.random() < (0.5 if is_asked else 0.04)
    messages = []
    if is_asked:
        adjective, instruction = ("dark", 0) if is_dark else ("light", 1)
        text = f"You are a {adjective} assistant. {chance.choice(INSTRUCTIONS)[instruction]}"
        messages.append({"role": "system", "content": text})
    noun = chance.choice(NOUNS)
    asked = chance.choice(["what about the {} ?", "Tell me of the {} ."])
    messages.append({"role": "user", "content": asked.format(noun)})
    messages.append({"role": "assistant", "content": sentence(DARK if is_dark else LIGHT, noun, chance)})
    return str(tokenizer.apply_chat_template(messages, tokenize=False))
