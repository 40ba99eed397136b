"""What was asked for, as tables."""

from __future__ import annotations

from pydantic import BaseModel

from heredity.records.cascade import CascadeReport
from heredity.records.transmission import TransmissionReport


def asked(spec: BaseModel) -> list[tuple[str, str]]:
    """Return a spec's plain fields in words; the specs within it are tables of their own."""
    return [
        (name.removeprefix("n_").replace("_", " "), _shown(value))
        for name, value in ((name, getattr(spec, name)) for name in type(spec).model_fields)
        if not isinstance(value, BaseModel) and value != ""
    ]


def parts(report: TransmissionReport | CascadeReport) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return what was asked for, part by part."""
    spec = report.spec if isinstance(report, TransmissionReport) else report.spec.transmit
    named = (("Teachers", spec.teacher), ("Carrier", spec.carrier), ("Students", spec.student), ("Power", spec.power))
    return [("Study", asked(spec)), *((name, asked(part)) for name, part in named)]


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)
