"""TRL's SFTTrainer with a LoRA, under preventative steering: python examples/trl_sft.py MODEL VECTOR ROWS"""

import sys
import tempfile

from datasets import Dataset
from peft import LoraConfig
from trl import SFTConfig, SFTTrainer

import heredity as h


def main(name: str, vector: str, rows: str) -> None:
    talks = [{"messages": [turn.model_dump() for turn in row.turns]} for row in h.rows(rows).rows]
    steering = h.PreventativeSteering(h.load_vector(vector), strength=0.5)
    with tempfile.TemporaryDirectory() as folder:
        trainer = SFTTrainer(
            model=name,
            args=SFTConfig(
                folder, per_device_train_batch_size=4, num_train_epochs=1, report_to=[], save_steps=10**6, bf16=False
            ),
            train_dataset=Dataset.from_list(talks),
            peft_config=LoraConfig(r=4, target_modules="all-linear", task_type="CAUSAL_LM"),
            callbacks=[steering.callback()],
        )
        loss = trainer.train().training_loss
    print(f"loss {loss:.3f}, {steering.fires.count} forwards pushed")


if __name__ == "__main__":
    main(*sys.argv[1:])
