"""heredity extract: from a trait and a model to a vector."""

from __future__ import annotations

from typing import Annotated

import typer

from heredity.cli.console import say, watched
from heredity.cli.options import ModelOption, OutOption, SeedOption
from heredity.cli.work import loaded, writable
from heredity.records.vector import VectorHeader
from heredity.traits.define import trait


def extract_command(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="TRAIT", help="Bundled trait or YAML file.")],
    model: ModelOption = "smollm2-135m",
    out: OutOption = "heredity-out",  # type: ignore[assignment]
    samples: Annotated[int, typer.Option(help="Answers for each question, contrast pair and pole.")] = 1,
    seed: SeedOption = "0",
) -> None:
    """Find a trait's direction, with its held-out AUC, its nulls and its dose-response.

    Writes OUT/TRAIT.safetensors. About two minutes on two cores with the embedded model.
    """
    one = trait(name)
    folder = writable(out)
    from heredity.store.tensors import save_vector
    from heredity.vectors.extract import extract
    from heredity.vectors.spec import ExtractSpec

    with watched(context.obj.is_quiet) as progress:
        vector = extract(one, loaded(context, model), ExtractSpec(n_samples=samples), seed, progress)
    path = save_vector(vector, folder / f"{one.name}.safetensors")
    say(vector.header, f"{described(vector.header)}\nwritten to {path}", context.obj.as_json)


def described(header: VectorHeader) -> str:
    """Return what a person wants to know of a vector."""
    check = header.check_at(header.block)
    finding = "found" if header.is_above_chance else "NO direction found that beats luck"
    lines = [
        f"{header.trait.title} in {header.model_name}: {finding}",
        f"  block                 {header.block} of {header.n_blocks} (0-based), "
        f"{header.kept.n_kept} of {header.kept.n_pairs} answer pairs kept",
        f"  held-out AUC          {header.heldout_auc} without system prompt",
        f"                        {header.heldout_auc_projection} by the projection alone",
        f"                        {header.heldout_auc_own_prompt} by the projection, under its own prompt",
        f"  luck (97.5%)          {check.random_directions:.2f} random directions, "
        f"{check.permuted_poles:.2f} permuted poles ({header.n_null} each)",
        f"  answers to be sure    {header.answers_needed or 'no number'} (5% error on either side)",
        "  steering              "
        + "   ".join(f"{dose.strength:g}: {dose.grade} (log p {dose.coherence.value:.2f})" for dose in header.doses),
    ]
    return "\n".join(lines)
