"""heredity extract: from traits and a model to vectors."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from heredity.cli.console import say, watched
from heredity.cli.options import JudgeModelOption, JudgeOption, ModelOption, OutOption, SeedOption
from heredity.cli.work import judge_for, loaded, page_folder, writable
from heredity.ground.errors import ExperimentError, InputError
from heredity.records.leakage import LeakageReport
from heredity.records.trait import Trait
from heredity.records.vector import VectorHeader
from heredity.report.leakage import write_leakage
from heredity.stats.nulls import CHANCE
from heredity.store.tensors import save_vector
from heredity.store.workspace import save_record
from heredity.traits.define import bundled_names, trait

if TYPE_CHECKING:
    from heredity.studies.extraction import Extraction


def extract_command(
    context: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="TRAIT...", help="Bundled traits or YAML files.", show_default=False)
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All bundled traits.")] = False,
    model: ModelOption = "smollm2-135m",
    method: Annotated[str, typer.Option(help="mean_difference, logistic or pca.")] = "mean_difference",
    samples: Annotated[int, typer.Option(help="Answers for each question, contrast pair and pole.")] = 1,
    orthogonal: Annotated[
        bool, typer.Option("--orthogonal", help="Also say what is left of each vector without the span of the others.")
    ] = False,
    judge: JudgeOption = None,
    judge_model: JudgeModelOption = None,
    out: OutOption = "heredity-out",  # type: ignore[assignment]
    seed: SeedOption = "0",
) -> None:
    """Find the directions of one or several traits, each with its held-out AUC, its nulls and its dose-response.

    Writes OUT/TRAIT.safetensors, and for several traits OUT/leakage.html: does one trait's vector also find another?
    Answers are kept in OUT/stages: a stopped run goes on where it was, and another --method reads nothing anew. About
    two minutes a trait on two cores with the embedded model.
    """
    traits = distinct([trait(name) for name in [*(names or []), *(bundled_names() if every else [])]])
    if not traits:
        raise InputError("which trait? Name some, or say --all; `heredity trait list` shows the bundled ones")
    folder = page_folder(out) if len(traits) > 1 else writable(out)
    from heredity.studies.extraction import Also, extract_many
    from heredity.vectors.methods import method_named
    from heredity.vectors.spec import ExtractSpec

    method_named(method)
    spec = ExtractSpec(n_samples=samples, method=method)
    with watched(context.obj.is_quiet) as progress:
        also = Also(orthogonal, judge_for(context, judge, judge_model))
        done = extract_many(traits, loaded(context, model), folder, spec, seed, also, progress)
    paths = [save_vector(one, folder / f"{one.header.trait.name}.safetensors") for one in done.vectors]
    lines = [f"{described(one.header)}\nwritten to {path}" for one, path in zip(done.vectors, paths, strict=True)]
    if done.leakage:
        save_record(done.leakage, folder / "leakage.json")
        page = write_leakage(done.leakage, folder)
        lines = [*lines, leakage_described(done.leakage), f"report: {page.resolve()}"]
    say(result(done), "\n".join(lines), context.obj.as_json)
    if done.failed:
        raise ExperimentError("; ".join(f"{name} gave no vector: {why}" for name, why in done.failed.items()))


def distinct(traits: list[Trait]) -> list[Trait]:
    """Return the traits, each once. Raises InputError for two of one name: their files would be one."""
    by_id = {one.id: one for one in traits}
    twice = [name for name, n in Counter(one.name for one in by_id.values()).items() if n > 1]
    if twice:
        raise InputError(f"two different traits are called '{twice[0]}'; rename one, or extract it with another --out")
    return list(by_id.values())


def result(done: Extraction) -> VectorHeader | dict[str, object]:
    """Return what --json prints: the one vector's header, or all of them with the leakage."""
    if len(done.vectors) == 1 and not done.failed:
        return done.vectors[0].header
    return {
        "vectors": {one.header.trait.name: one.header.model_dump(mode="json") for one in done.vectors},
        "failed": done.failed,
        "leakage": done.leakage.model_dump(mode="json") if done.leakage else None,
    }


def described(header: VectorHeader) -> str:
    """Return what a person wants to know of a vector."""
    check = header.check_at(header.block)
    lines = [
        f"{header.trait.title} in {header.model_name}: {finding(header)}",
        f"  block                 {header.block} of {header.n_blocks} (0-based), "
        f"{header.kept.n_kept} of {header.kept.n_pairs} answer pairs kept",
        *kept_told(header),
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


def kept_told(header: VectorHeader) -> list[str]:
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
    where = "is inside the null band" if p > CHANCE else "is not clear of one half"
    return (
        f"no direction found; AUC {header.heldout_auc.value:.2f} {where} (luck reaches {bar:.2f}, does as well in "
        f"{p:.3f} of draws; the interval begins at {header.heldout_auc.low:.2f})"
    )


def leakage_described(report: LeakageReport) -> str:
    """Return for each trait its own AUC beside the best other vector's."""
    lines = ["which vector finds which trait (AUC; luck at 97.5%):"]
    for i, name in enumerate(report.traits):
        others = [(report.auc[i][j].value, j) for j in range(len(report.traits)) if j != i]
        value, j = max(others)
        own = f"  orthogonalised {report.orthogonal_auc[i]}" if report.orthogonal_auc[i] else ""
        lines.append(
            f"  {name:<14} own {report.auc[i][i]}   best other: {report.traits[j]} {value:.2f} "
            f"(luck {report.auc_null[i][j]:.2f}){own}"
        )
    return "\n".join(lines)
