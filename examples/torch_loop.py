"""A plain torch loop under preventative steering: python examples/torch_loop.py MODEL VECTOR ROWS"""

import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

import heredity as h


def main(name: str, vector: str, rows: str) -> None:
    model, tokenizer = AutoModelForCausalLM.from_pretrained(name), AutoTokenizer.from_pretrained(name)
    talks = [[turn.model_dump() for turn in row.turns] for row in h.rows(rows).rows]
    texts = [tokenizer.apply_chat_template(talk, tokenize=False) for talk in talks]
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    model.train()
    with h.PreventativeSteering(h.load_vector(vector), strength=0.5).on(model) as steering:
        for start in range(0, len(texts), 4):
            batch = tokenizer(texts[start : start + 4], return_tensors="pt", padding=True, return_token_type_ids=False)
            labels = batch["input_ids"].masked_fill(batch["attention_mask"] == 0, -100)
            loss = model(**batch, labels=labels).loss
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
    print(f"loss {loss.item():.3f}, {steering.fires.count} forwards pushed")


if __name__ == "__main__":
    main(*sys.argv[1:])
