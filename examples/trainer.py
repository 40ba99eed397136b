"""transformers.Trainer under preventative steering: python examples/trainer.py MODEL VECTOR ROWS"""

import sys
import tempfile

from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    DataCollatorForLanguageModeling,
    Trainer,
    TrainingArguments,
)

import heredity as h


def main(name: str, vector: str, rows: str) -> None:
    model, tokenizer = AutoModelForCausalLM.from_pretrained(name), AutoTokenizer.from_pretrained(name)
    talks = [[turn.model_dump() for turn in row.turns] for row in h.rows(rows).rows]
    texts = [tokenizer.apply_chat_template(talk, tokenize=False) for talk in talks]
    steering = h.PreventativeSteering(h.load_vector(vector), strength=0.5)
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            model,
            TrainingArguments(
                folder, per_device_train_batch_size=4, num_train_epochs=1, report_to=[], save_steps=10**6
            ),
            DataCollatorForLanguageModeling(tokenizer, mlm=False),
            train_dataset=[tokenizer(text, return_token_type_ids=False) for text in texts],
            callbacks=[steering.callback()],
        )
        loss = trainer.train().training_loss
    print(f"loss {loss:.3f}, {steering.fires.count} forwards pushed")


if __name__ == "__main__":
    main(*sys.argv[1:])
