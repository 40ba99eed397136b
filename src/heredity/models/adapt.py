"""A saved LoRA adapter on its base model, for the length of a with-block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from heredity.ground.errors import InputError, MismatchError
from heredity.ground.extras import require_extra
from heredity.models.identity import adapted_fingerprint, adapter_digest
from heredity.models.model import Model
from heredity.records.student import Student


@contextmanager
def adapted(model: Model, student: Student) -> Iterator[Model]:
    """Give the model the student's adapter; afterwards it is the base again, bit for bit.

    Under the adapter the model has a fingerprint of its own. Raises as `require_student` does.
    """
    adapter = require_student(model, student)
    from peft import PeftModel

    wrapped = PeftModel.from_pretrained(model.network, student.adapter, is_trainable=False)
    wrapped.eval()
    try:
        name, own = f"{model.name} + {student.adapter}", adapted_fingerprint(model.fingerprint, adapter)
        yield replace(model, name=name, fingerprint=own)
    finally:
        wrapped.unload()
        model.network.eval().requires_grad_(False)


def require_student(model: Model, student: Student) -> str:
    """Return the digest of the student's adapter, once it is known to go on the model.

    Raises MismatchError when the student has another base, or the adapter in its folder is not the one that its record
    tells of; InputError when there is none; MissingExtraError without peft.
    """
    require_extra("train", "peft")
    if student.base_fingerprint != model.fingerprint:
        raise MismatchError(
            f"this student was trained from '{student.base}' ({student.base_fingerprint[:12]}) but the model is "
            f"'{model.name}' ({model.fingerprint[:12]}); load its own base"
        )
    if not (Path(student.adapter) / "adapter_model.safetensors").is_file():
        raise InputError(f"the student's adapter is not in {student.adapter}; train it again, or mend the path")
    adapter = adapter_digest(Path(student.adapter))
    if student.adapter_digest not in ("", adapter):
        raise MismatchError(
            f"the adapter in {student.adapter} is not the one that the student's record was written for; name the "
            "record that lies beside it, or train the student again"
        )
    return adapter
