"""Which architectures are known to give what this project promises, and which cannot.

Others of the decoder-only kind usually work too: nothing here is asked before they run.
"""

from __future__ import annotations

from typing import Final

ATTENTION: Final = (
    *("llama", "mistral", "ministral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3_text", "gemma4_text", "phi3"),
    *("olmo2", "cohere2", "granite", "smollm3", "exaone4", "glm4", "nemotron", "stablelm", "starcoder2", "falcon"),
    *("gpt2", "gpt_neox", "opt", "bloom"),
)
EXPERTS: Final = ("mixtral", "qwen3_moe", "granitemoe", "olmoe", "gpt_oss", "llama4_text", "deepseek_v3")
"""Mixtures of experts."""
SKIPS_PADDING: Final = (
    *("jamba", "bamba", "zamba2", "nemotron_h", "qwen3_next", "qwen3_5_text", "granitemoehybrid", "falcon_h1", "lfm2"),
    *("olmo_hybrid", "kimi_linear", "mamba", "mamba2", "falcon_mamba"),
)
"""State-space, convolution and other recurrent layers, with or without attention; padding before a prompt is masked."""
READS_PADDING: Final = ("recurrent_gemma", "minimax")
"""The same, but padding before a prompt changes what follows: only prompts of one length can share a batch."""
COMPOSITE: Final = ("gemma3", "gemma4", "mistral3", "llava", "qwen2_5_vl", "qwen3_vl", "smolvlm")
"""Of several parts, used on text alone."""
TESTED: Final = (*ATTENTION, *EXPERTS, *SKIPS_PADDING, *READS_PADDING, *COMPOSITE)
"""Kinds (`model_type` of the config) whose likelihoods, answers, readings and pushes are held to the plain forward."""
ANSWERS_ONLY: Final = ("gemma3n_text",)
"""Kinds that can be asked and graded, but keep several residual streams: nothing can be read from or added to them."""
REFUSED: Final = {
    "rwkv": "it reads padding as text",
    "xlstm": "it reads padding as text",
}
"""Kinds that cannot be used, and why."""
