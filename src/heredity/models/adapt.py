"""A saved LoRA adapter on its base model, for the length of a with-block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from heredity.ground.errors import InputError, MismatchError, MissingExtraError
from heredity.models.model import Model
from heredity.records.student import Student


@contextmanager
def adapted(model: Model, student: Student) -> Iterator[Model]:
    """Give the model the student's adapter; afterwards it is the base again, bit for bit.

    Raises MismatchError when the student has another base, InputError when its adapter is not there.
    """
    if student.base_fingerprint != model.fingerprint:
        raise MismatchError(
            f"this student was trained from '{student.base}' ({student.base_fingerprint[:12]}) but the model is "
            f"'{model.name}' ({model.fingerprint[:12]}); load its own base"
        )
    if not (Path(student.adapter) / "adapter_model.safetensors").is_file():
        raise InputError(f"the student's adapter is not in {student.adapter}; train it again, or mend the path")
    try:
        from peft import PeftModel
    except ImportError as error:
        raise MissingExtraError("peft", "train") from error
    wrapped = PeftModel.from_pretrained(model.network, student.adapter, is_trainable=False)
    wrapped.eval()
    try:
        yield Model(f"{model.name} + {student.adapter}", model.network, model.tokenizer, model.fingerprint, model.work)
    finally:
        wrapped.unload()
        model.network.eval().requires_grad_(False)
