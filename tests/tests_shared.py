"""Small random models of every architecture named, and rows to run through them."""

import torch
from transformers import (
    AutoModelForCausalLM,
    Gemma2Config,
    Gemma3TextConfig,
    GPT2Config,
    GPTNeoXConfig,
    LlamaConfig,
    Qwen2Config,
    Qwen3Config,
)

from heredity.models.chat import Rendered, question, render
from heredity.models.model import Model
from heredity.models.tiny import DARK, LIGHT, NOUNS, tiny_tokenizer

SMALL = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "vocab_size": 150,
    "max_position_embeddings": 64,
}
GROUPED = {**SMALL, "num_key_value_heads": 2, "head_dim": 8}
ARCHITECTURES = {
    "llama": LlamaConfig(**GROUPED),
    "gpt2": GPT2Config(n_embd=32, n_layer=3, n_head=4, vocab_size=150, n_positions=64),
    "neox": GPTNeoXConfig(**SMALL),
    "qwen2": Qwen2Config(**{k: v for k, v in GROUPED.items() if k != "head_dim"}),
    "qwen3": Qwen3Config(**GROUPED),
    "gemma2": Gemma2Config(**GROUPED),
    "gemma3": Gemma3TextConfig(**GROUPED),
}


def random_model(name: str) -> Model:
    torch.manual_seed(0)
    config = ARCHITECTURES[name]
    config.pad_token_id, config.eos_token_id, config.bos_token_id = 0, 1, 1
    network = AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
    return Model(name, network, tiny_tokenizer(), f"random {name}")


def some_rows(model: Model) -> list[Rendered]:
    texts = [" ".join(DARK[: 2 + i]) if i % 2 else " ".join(LIGHT[: 9 - i]) for i in range(7)]
    return [render(model, question(f"what about the {NOUNS[i]} ?"), text) for i, text in enumerate(texts)]
