"""What a kept result depends on besides what its step was asked for."""

from __future__ import annotations

from pydantic import JsonValue

from heredity.records.base import Record


class ModelIdentity(Record):
    """All of a loaded model that can change what comes out of it."""

    fingerprint: str
    """Of weights, config, tokenizer, chat template, ends of turn and custom code."""
    device: str
    """The kind of device, without its number: two kinds do not round alike."""
    dtype: str
    prompt: str
    """Digest of two prompts as this model is given them now: whatever else writes into a prompt shows there."""
    settings: dict[str, JsonValue]
    """Everything else that the loaded model was told."""


class Package(Record):
    """This package as it computes: its version, and the texts that ship with it."""

    version: str
    banks: str
    """Digest of all bundled traits, questions and word lists."""
