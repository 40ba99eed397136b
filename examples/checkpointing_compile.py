"""Gradient checkpointing and torch.compile under preventative steering:

python examples/checkpointing_compile.py MODEL VECTOR ROWS [BACKEND]
"""

import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

import heredity as h


def main(name: str, vector: str, rows: str, backend: str = "inductor") -> None:
    model, tokenizer = AutoModelForCausalLM.from_pretrained(name), AutoTokenizer.from_pretrained(name)
    model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    model.config.use_cache = False
    row = h.rows(rows).rows[0]
    text = tokenizer.apply_chat_template([turn.model_dump() for turn in row.turns], tokenize=False)
    ids = tokenizer(text, return_tensors="pt", return_token_type_ids=False)
    fast = torch.compile(model.train(), backend=backend)
    with h.PreventativeSteering(h.load_vector(vector), strength=0.5).on(fast) as steering:
        loss = fast(**ids, labels=ids["input_ids"]).loss
        loss.backward()
    print(f"loss {loss.item():.3f}, {steering.fires.count} block passes pushed, a second one where it is recomputed")


if __name__ == "__main__":
    main(*sys.argv[1:])
