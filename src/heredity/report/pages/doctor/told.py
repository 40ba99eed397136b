"""What works on a machine, in words."""

from __future__ import annotations

from heredity.records.doctor import Doctor

MARKS = {"ok": "ok     ", "missing": "MISSING", "note": "note   "}


def told(doctor: Doctor) -> str:
    """Return one line for each thing, and what to type next."""
    width = max(len(check.name) for check in doctor.checks)
    lines = [f"heredity {doctor.version}"]
    for check in doctor.checks:
        lines.append(f"{MARKS[check.state]}  {check.name:<{width}}  {check.found}")
        if check.next:
            lines.append(f"{'':<{len(MARKS['ok'])}}  {'':<{width}}  next: {check.next}")
    ready = "All that an audit needs is here. Next: heredity demo"
    return "\n".join([*lines, ready if doctor.is_ready else "Something is missing: see what to do next above."])
