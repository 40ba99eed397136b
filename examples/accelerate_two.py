"""Two processes under accelerate, and the same gradients as one:

accelerate launch --cpu --num_processes 2 examples/accelerate_two.py MODEL VECTOR ROWS
"""

import sys

import torch
from accelerate import Accelerator
from transformers import AutoModelForCausalLM, AutoTokenizer

import heredity as h


def main(name: str, vector: str, rows: str) -> None:
    accelerator = Accelerator(cpu=True)
    model, tokenizer = AutoModelForCausalLM.from_pretrained(name), AutoTokenizer.from_pretrained(name)
    talks = [[turn.model_dump() for turn in row.turns] for row in h.rows(rows).rows]
    texts = [tokenizer.apply_chat_template(talk, tokenize=False) for talk in talks]
    model = accelerator.prepare(model.train())
    mine = texts[accelerator.process_index :: accelerator.num_processes]
    with h.PreventativeSteering(h.load_vector(vector), strength=0.5).on(model) as steering:
        for text in mine:  # gradients add up; accelerate means them over processes
            ids = tokenizer(text, return_tensors="pt", return_token_type_ids=False)
            accelerator.backward(model(**ids, labels=ids["input_ids"]).loss / len(mine))
    norm = torch.nn.utils.get_total_norm([p.grad for p in model.parameters() if p.grad is not None])
    if accelerator.is_main_process:
        print(f"gradient norm {norm.item():.6f}, {steering.fires.count} forwards pushed in each process")
    accelerator.end_training()


if __name__ == "__main__":
    main(*sys.argv[1:])
