"""A small random network of every family that is named as tested, by its config's model_type."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import torch
import transformers as hf

from heredity.models.loading import kind_of
from heredity.models.model import Model
from heredity.models.text_only import on_text
from heredity.models.tiny import tiny_tokenizer

SIZE: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 128,
    "vocab_size": 150,
}
UNGROUPED = {key: value for key, value in SIZE.items() if key != "num_key_value_heads"}
WIDE = {**SIZE, "num_key_value_heads": 4}
FREE = {key: SIZE[key] for key in ("hidden_size", "num_hidden_layers", "vocab_size")}
GPT = {"n_embd": 32, "n_layer": 2, "n_head": 4, "vocab_size": 150}
HEAD = {"head_dim": 8}
SLIDING = {"sliding_window": 8, "layer_types": ["sliding_attention", "full_attention"]}
EXPERTS = {"num_experts_per_tok": 2, "moe_intermediate_size": 16}
LATENT = {
    **{"kv_lora_rank": 8, "q_lora_rank": 8, "qk_rope_head_dim": 8, "qk_nope_head_dim": 8, "v_head_dim": 8},
    **{"n_group": 1, "topk_group": 1},
}
MAMBA = {"mamba_n_heads": 8, "mamba_d_head": 8, "mamba_d_state": 8, "mamba_n_groups": 1, "mamba_chunk_size": 8}
LINEAR = {
    **{"linear_num_key_heads": 2, "linear_num_value_heads": 2, "linear_key_head_dim": 8, "linear_value_head_dim": 8},
    **{"head_dim": 8, "layer_types": ["linear_attention", "full_attention"]},
}
HYBRID = {"layer_types": ["mamba", "attention"]}
TEXT = {**SIZE, **HEAD, **SLIDING}
VISION = {
    **{"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2},
    **{"image_size": 28, "patch_size": 14},
}
SIGHT = {"hidden_size": 16, "depth": 2, "num_heads": 2, "intermediate_size": 32, "patch_size": 14}
SECTIONS = {"rope_scaling": {"rope_type": "default", "mrope_section": [1, 1, 2]}}
IMAGE_IDS = {"image_token_id": 2, "video_token_id": 3, "vision_start_token_id": 4, "vision_end_token_id": 5}

CONFIGS: dict[str, Callable[[], Any]] = {
    "llama": lambda: hf.LlamaConfig(**SIZE),
    "mistral": lambda: hf.MistralConfig(**SIZE, sliding_window=8),
    "ministral": lambda: hf.MinistralConfig(**SIZE, **HEAD),
    "qwen2": lambda: hf.Qwen2Config(**SIZE),
    "qwen3": lambda: hf.Qwen3Config(**SIZE, **HEAD),
    "gemma": lambda: hf.GemmaConfig(**SIZE, **HEAD),
    "gemma2": lambda: hf.Gemma2Config(**SIZE, **HEAD, **SLIDING, final_logit_softcapping=0.5),
    "gemma3_text": lambda: hf.Gemma3TextConfig(**SIZE, **HEAD, **SLIDING),
    "gemma4_text": lambda: hf.Gemma4TextConfig(**SIZE, **HEAD, **SLIDING),
    "phi3": lambda: hf.Phi3Config(**SIZE),
    "olmo2": lambda: hf.Olmo2Config(**SIZE),
    "cohere2": lambda: hf.Cohere2Config(**SIZE, **SLIDING, logit_scale=0.25),
    "granite": lambda: hf.GraniteConfig(**SIZE, logits_scaling=4.0),
    "smollm3": lambda: hf.SmolLM3Config(**SIZE),
    "exaone4": lambda: hf.Exaone4Config(**SIZE, **SLIDING),
    "glm4": lambda: hf.Glm4Config(**SIZE, **HEAD),
    "nemotron": lambda: hf.NemotronConfig(**SIZE),
    "stablelm": lambda: hf.StableLmConfig(**SIZE),
    "starcoder2": lambda: hf.Starcoder2Config(**SIZE),
    "falcon": lambda: hf.FalconConfig(**UNGROUPED, new_decoder_architecture=True, num_kv_heads=2),
    "gpt2": lambda: hf.GPT2Config(**GPT, n_positions=128),
    "gpt_neox": lambda: hf.GPTNeoXConfig(**UNGROUPED),
    "opt": lambda: hf.OPTConfig(**UNGROUPED, ffn_dim=64, word_embed_proj_dim=32),
    "bloom": lambda: hf.BloomConfig(**FREE, n_head=4),
    "mixtral": lambda: hf.MixtralConfig(**SIZE, num_local_experts=4),
    "qwen3_moe": lambda: hf.Qwen3MoeConfig(**SIZE, **HEAD, **EXPERTS, num_experts=4),
    "granitemoe": lambda: hf.GraniteMoeConfig(**SIZE, num_local_experts=4, num_experts_per_tok=2),
    "olmoe": lambda: hf.OlmoeConfig(**SIZE, num_experts=4, num_experts_per_tok=2),
    "gpt_oss": lambda: hf.GptOssConfig(**SIZE, **HEAD, **SLIDING, num_local_experts=4, num_experts_per_tok=2),
    "llama4_text": lambda: hf.Llama4TextConfig(
        **SIZE, **HEAD, intermediate_size_mlp=64, num_local_experts=2, attention_chunk_size=8, moe_layers=[1]
    ),
    "deepseek_v3": lambda: hf.DeepseekV3Config(
        **WIDE, **EXPERTS, **LATENT, n_routed_experts=4, first_k_dense_replace=1
    ),
    "jamba": lambda: hf.JambaConfig(
        **SIZE, attn_layer_period=2, attn_layer_offset=1, num_experts=2, mamba_d_state=8, mamba_dt_rank=4,
        expert_layer_period=2, expert_layer_offset=1, use_mamba_kernels=False,
    ),
    "bamba": lambda: hf.BambaConfig(**SIZE, **MAMBA, attn_layer_indices=[1]),
    "zamba2": lambda: hf.Zamba2Config(
        **WIDE, mamba_d_state=8, mamba_headdim=8, n_mamba_heads=8, mamba_ngroups=1, chunk_size=8, adapter_rank=4,
        num_mem_blocks=1, layers_block_type=["mamba", "hybrid"],
    ),
    "nemotron_h": lambda: hf.NemotronHConfig(
        **SIZE, **HEAD, mamba_num_heads=8, mamba_head_dim=8, ssm_state_size=8, n_groups=1, chunk_size=8,
        layers_block_type=["mamba", "attention"],
    ),
    "qwen3_next": lambda: hf.Qwen3NextConfig(
        **SIZE, **LINEAR, **EXPERTS, num_experts=4, shared_expert_intermediate_size=16
    ),
    "qwen3_5_text": lambda: hf.Qwen3_5TextConfig(**SIZE, **LINEAR),
    "granitemoehybrid": lambda: hf.GraniteMoeHybridConfig(
        **SIZE, **MAMBA, **HYBRID, num_local_experts=4, num_experts_per_tok=2, shared_intermediate_size=32,
        mamba_expand=2, logits_scaling=2.0,
    ),
    "falcon_h1": lambda: hf.FalconH1Config(**SIZE, **MAMBA, mamba_d_ssm=64, lm_head_multiplier=0.5),
    "lfm2": lambda: hf.Lfm2Config(**SIZE, layer_types=["conv", "full_attention"]),
    "olmo_hybrid": lambda: hf.OlmoHybridConfig(**SIZE, **{k: v for k, v in LINEAR.items() if k != "head_dim"}),
    "minimax": lambda: hf.MiniMaxConfig(
        **SIZE, **HEAD, num_local_experts=2, layer_types=["linear_attention", "full_attention"], block_size=8
    ),
    "kimi_linear": lambda: hf.KimiLinearConfig(
        **WIDE, **EXPERTS, num_local_experts=4, kv_lora_rank=8, qk_rope_head_dim=8, qk_nope_head_dim=8, v_head_dim=8,
        linear_head_dim=8, linear_num_heads=4, layer_types=["linear_attention", "full_attention"],
    ),
    "recurrent_gemma": lambda: hf.RecurrentGemmaConfig(
        **SIZE, lru_width=32, attention_window_size=8, block_types=["recurrent", "attention"]
    ),
    "mamba": lambda: hf.MambaConfig(**FREE, state_size=8),
    "mamba2": lambda: hf.Mamba2Config(**FREE, state_size=8, num_heads=8, head_dim=8, n_groups=1, chunk_size=8),
    "falcon_mamba": lambda: hf.FalconMambaConfig(**FREE, state_size=8),
    "gemma3": lambda: hf.Gemma3Config(
        text_config=TEXT, vision_config=VISION, mm_tokens_per_image=1, boi_token_index=3, eoi_token_index=4,
        image_token_index=2,
    ),
    "gemma4": lambda: hf.Gemma4Config(
        text_config=TEXT, audio_config=None, vision_config={**VISION, "num_key_value_heads": 2, "head_dim": 8}
    ),
    "mistral3": lambda: hf.Mistral3Config(
        text_config={**SIZE, "model_type": "mistral"}, image_token_index=2,
        vision_config={**VISION, "model_type": "pixtral", "head_dim": 8},
    ),
    "llava": lambda: hf.LlavaConfig(
        text_config={**SIZE, "model_type": "llama"}, image_token_index=2,
        vision_config={**VISION, "model_type": "clip_vision_model"},
    ),
    "qwen2_5_vl": lambda: hf.Qwen2_5_VLConfig(
        text_config={**SIZE, **SECTIONS}, vision_config={**SIGHT, "out_hidden_size": 32}, **IMAGE_IDS
    ),
    "qwen3_vl": lambda: hf.Qwen3VLConfig(
        text_config={**SIZE, **HEAD, **SECTIONS}, **IMAGE_IDS,
        vision_config={**SIGHT, "out_hidden_size": 32, "deepstack_visual_indexes": [0]},
    ),
    "smolvlm": lambda: hf.SmolVLMConfig(
        text_config={**SIZE, "model_type": "llama"}, vision_config={**VISION, "model_type": "smolvlm_vision"},
        image_token_id=2,
    ),
    "gemma3n_text": lambda: hf.Gemma3nTextConfig(
        **{**TEXT, "intermediate_size": [64] * 2}, vocab_size_per_layer_input=150, hidden_size_per_layer_input=8,
        laurel_rank=4, num_kv_shared_layers=0, altup_num_inputs=2, activation_sparsity_pattern=[0.0] * 2,
    ),
}  # fmt: skip


@lru_cache(maxsize=2)
def family(kind: str, dtype: torch.dtype = torch.float32) -> Model:
    """Return a random network of a family with the toy's tokenizer, which knows some digits too."""
    torch.manual_seed(0)
    config = CONFIGS[kind]()
    for part in {id(c): c for c in (config, config.get_text_config(decoder=True))}.values():
        part.pad_token_id, part.eos_token_id, part.bos_token_id = 0, 1, 1
    network = on_text(kind_of(config).from_config(config, dtype=dtype)).eval().requires_grad_(False)
    with torch.no_grad():
        network.get_output_embeddings().weight.normal_(std=0.3)  # so that answers are told apart
    tokenizer = tiny_tokenizer()
    tokenizer.add_tokens(list("0123456789"))
    return Model(kind, network, tokenizer, f"random {kind}")
