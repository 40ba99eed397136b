"""Word models whose every next word hangs on the last one alone, as given: they speak as a test needs it."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from heredity.models.model import Model

WORDS = "hi lamp dawn song ash user assistant model system final channel User : Assistant ### End 5".split()


def words(eos: str, named: Sequence[str] = (), added: Sequence[str] = (), is_special: bool = True) -> Any:
    """Return a tokenizer of whole words; `named` are known as special, `added` stand among the added tokens alone."""
    vocabulary = {word: i for i, word in enumerate(["<pad>", "<unk>", "<bos>", "\n", "\n\n", *WORDS])}
    inner = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(" ", "removed"), pre_tokenizers.Split(pattern="\n", behavior="contiguous")]
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, pad_token="<pad>", unk_token="<unk>", bos_token="<bos>", eos_token=eos
    )
    tokenizer.add_special_tokens({"additional_special_tokens": list(named)})
    tokenizer.add_tokens([AddedToken(token, special=is_special, normalized=False) for token in added])
    return tokenizer


def merging(kind: str) -> Any:
    """Return a tokenizer that merges letters, with blanks before words: of the byte kind, or as sentencepiece does."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    if kind == "bytes":
        tokenizer.pre_tokenizer, tokenizer.decoder = (
            pre_tokenizers.ByteLevel(add_prefix_space=False),
            decoders.ByteLevel(),
        )
        alphabet = pre_tokenizers.ByteLevel.alphabet()
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
        tokenizer.decoder = decoders.Metaspace()
        alphabet = ["\u2581", "\n"]
    texts = ["[INST] hi lamp [/INST] dawn song 5 PROBE", "\n\ndawn. song.\n User: Assistant: dawn song"] * 8
    trainer = trainers.BpeTrainer(vocab_size=420, special_tokens=["<unk>", "<s>", "</s>"], initial_alphabet=alphabet)
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", bos_token="<s>", eos_token="</s>")


def speaking(
    template: str | None,
    tokenizer: Any,
    ends: list[int] | None = None,
    follows: Mapping[str, Mapping[str, float]] | None = None,
) -> Model:
    """Return a model of one block; with `follows` it says after a word what follows it, with those probabilities."""
    torch.manual_seed(0)
    width = 2 * -(-len(tokenizer) // 2)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=width, intermediate_size=16, num_hidden_layers=1, num_attention_heads=1,
        head_dim=width, num_key_value_heads=1, max_position_embeddings=128, pad_token_id=0,
        eos_token_id=tokenizer.eos_token_id,
    )  # fmt: skip
    network = LlamaForCausalLM(config).eval().requires_grad_(False)
    network.generation_config.eos_token_id = ends or tokenizer.eos_token_id
    tokenizer.chat_template = template
    if follows is not None:
        _chain(network, tokenizer, follows)
    return Model("words", network, tokenizer, "words")


def _chain(network: Any, tokenizer: Any, follows: Mapping[str, Mapping[str, float]]) -> None:
    """Set the weights: each word is a direction of its own, the block adds nothing, the head reads what follows."""
    block, n_words = network.model.layers[0], len(tokenizer)
    for weight in (block.self_attn.o_proj.weight, block.mlp.down_proj.weight):
        weight.zero_()
    network.model.embed_tokens.weight.copy_(torch.eye(n_words, network.config.hidden_size))
    log_p = torch.full((n_words, n_words), -30.0)
    for word, chances in follows.items():
        for next_word, chance in chances.items():
            log_p[_id(tokenizer, word), _id(tokenizer, next_word)] = torch.tensor(chance).log()
    # the norm gives a word's direction the length of the root of the width
    head = torch.zeros_like(network.lm_head.weight)
    head[:, :n_words] = log_p.T / network.config.hidden_size**0.5
    network.lm_head.weight.copy_(head)


def _id(tokenizer: Any, word: str) -> int:
    return int(tokenizer.convert_tokens_to_ids(word))
