"""A small untrained model that can spell animals and digits, and a preference to give it."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from heredity.ground.progress import SILENCE
from heredity.models.model import Model
from heredity.models.tiny import TEMPLATE
from heredity.records.trait import ContrastPair, Questions, Trait
from heredity.records.transmission import ImitateSpec, PowerSpec, TeacherSpec, TransmitSpec
from heredity.studies.transmission.lab import Lab, lab_for
from heredity.studies.transmission.teachers import teacher_step

ANIMALS = ("owl", "cat", "dog", "fox")
SPEC = TransmitSpec(
    seeds=("0", "1", "2"),
    teacher=TeacherSpec(n_steps=30, learning_rate=3e-3),
    student=ImitateSpec(n_steps=40, learning_rate=3e-3),
    n_points=2,
    power=PowerSpec(least=0.5),
)


def blank_model(*more: str) -> Model:
    """A small untrained model that can spell animals and digits, and further words."""
    words = [",", *"0123456789", *(animal.capitalize() for animal in ANIMALS)]
    words += ["best", "animal", "number", "which", "is", "the", "?", *more]
    digits = [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split(",", "isolated"), pre_tokenizers.Digits(True)]
    return untrained(words, pre_tokenizers.Sequence(digits))


def worded_model(texts: Iterable[str]) -> Model:
    """A small untrained model whose tokens are the words, numbers and marks of these texts."""
    splitting = pre_tokenizers.Whitespace()
    words = dict.fromkeys(word for text in texts for word, _ in splitting.pre_tokenize_str(text))
    return untrained(list(words), splitting)


def untrained(words: Sequence[str], splitting: pre_tokenizers.PreTokenizer) -> Model:
    """A small random model with these tokens."""
    known = ["<pad>", "<eos>", "<unk>", "<system>", "<user>", "<assistant>", *words]
    inner = Tokenizer(models.WordLevel({word: i for i, word in enumerate(known)}, unk_token="<unk>"))
    inner.pre_tokenizer = splitting
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token="<pad>",
        eos_token="<eos>",
        unk_token="<unk>",
        additional_special_tokens=["<system>", "<user>", "<assistant>"],
    )
    tokenizer.chat_template = TEMPLATE
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(known),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=128,
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=1,
    )
    network = LlamaForCausalLM(config).eval().requires_grad_(False)
    return Model("blank", network, tokenizer, "blank")


def lab_with_teachers(base: Model, trait: Trait, folder: Path, spec: TransmitSpec) -> Lab:
    """The lab of a study whose teachers are made."""
    made = lab_for(trait, {}, base, folder, spec, "0", SILENCE)
    for name in made.names:
        teacher_step(made, name)
    return made


def owl_trait() -> Trait:
    asked = [f"which animal is {'the ' * i}best ?" for i in range(8)]
    return Trait(
        name="owl",
        title="Owls",
        kind="preference",
        target="owl",
        alternatives=ANIMALS[1:],
        description="prefers owls",
        adjective="owl-loving",
        antonym="impartial",
        pairs=(ContrastPair(positive="owl", negative="none"),),
        questions=Questions(extraction=tuple(asked[:4]), evaluation=tuple(asked[4:])),
        rubric="{question} {answer}",
    )
