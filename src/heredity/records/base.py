"""The common ground of all records."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from heredity.ground.hashing import digest


class Record(BaseModel):
    """A frozen record that refuses unknown fields and knows the digest of its content.

    One that is read back has a `schema_version` of its own, raised when its meaning changes; readers refuse others.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)

    @property
    def id(self) -> str:
        """The sha256 of the record's canonical JSON, how it came about left out: equal content, equal id."""
        return digest(self.model_dump(mode="json", exclude={"provenance"}))


class Spec(Record):
    """What a verb is asked for: few fields, each documented, nothing that acts."""
