"""A vector in words: what it rests on, beside luck."""

from __future__ import annotations

from heredity.records.vector import VectorHeader


def told(header: VectorHeader) -> str:
    """Return what a person wants to know of a vector."""
    check = header.check_at(header.block)
    lines = [
        f"{header.trait.title} in {header.model_name}: {finding(header)}",
        f"  block                 {header.block} of {header.n_blocks} (0-based), "
        f"{header.kept.n_kept} of {header.kept.n_pairs} answer pairs kept",
        *kept_by(header),
        f"  held-out AUC          {header.heldout_auc} without system prompt",
        f"                        {header.heldout_auc_pairs or 'no figure'} with contrast pairs held out as well",
        f"                        {header.heldout_auc_kept or 'no figure'} on answers that the judge kept: flattered",
        f"                        {header.heldout_auc_projection} by the projection alone",
        f"                        {header.heldout_auc_own_prompt} by the projection, under its own prompt",
        f"  luck (97.5%)          {check.random_directions:.2f} random directions (p {check.p_random:.3f}), "
        f"{check.permuted_poles:.2f} permuted poles (p {check.p_permuted:.3f}; {header.n_null} each)",
        f"  answers to be sure    {header.answers_needed or 'no number'} (5% error on either side)",
        "  steering              "
        + "   ".join(f"{dose.strength:g}: {dose.grade} (log p {dose.coherence.value:.2f})" for dose in header.doses),
    ]
    return "\n".join(lines)


def kept_by(header: VectorHeader) -> list[str]:
    """Return which judge decided what is kept, where an independent one did, and what the other would have kept."""
    other = header.kept_by_contrast
    return [f"  kept by               {header.kept_by}; contrast would have kept {other.n_kept}"] if other else []


def finding(header: VectorHeader) -> str:
    """Return in words whether a direction was found."""
    if header.is_above_chance:
        return "found"
    check = header.check_at(header.block)
    bar = max(check.random_directions, check.permuted_poles)
    p = max(check.p_random, check.p_permuted)
    where = "is inside the null band" if header.is_within_luck else "is not clear of one half"
    return (
        f"no direction found; AUC {header.heldout_auc.value:.2f} {where} (luck reaches {bar:.2f}, does as well in "
        f"{p:.3f} of draws; the interval begins at {header.heldout_auc.low:.2f})"
    )
