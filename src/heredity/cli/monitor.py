"""heredity monitor, heredity shift: which trait shows where, and how far training has moved a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heredity.cli.console import say, watched
from heredity.cli.options import (
    ModelOption,
    OutOption,
    RateOption,
    ReferenceOption,
    SameFamilyOption,
    SeedOption,
    VectorsOption,
)
from heredity.cli.work import fitting, loaded, page_folder, student_in, vectors_for
from heredity.ground.errors import InputError
from heredity.ground.extras import require_extra
from heredity.records.monitor import MonitorReport, Probe, ShiftReport
from heredity.report.alarms import beyond, to_their_ends, unlike
from heredity.report.monitor import write_monitor
from heredity.report.shift import clean_in_words, limits_of, write_shift
from heredity.store.rows import read_conversations
from heredity.store.workspace import save_record

BlocksOption = Annotated[
    list[int] | None,
    typer.Option("--block", help="0-based block to read at; may be repeated. None: each vector's own."),
]


def monitor_command(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="Conversations: JSONL or Parquet with `messages`, or `prompt` and `completion`.")
    ],
    vectors: VectorsOption = None,
    model: ModelOption = "smollm2-135m",
    same_family: SameFamilyOption = False,
    blocks: BlocksOption = None,
    reference: ReferenceOption = None,
    rate: RateOption = 0.05,
    window: Annotated[int, typer.Option(help="Tokens that an alarm averages over.")] = 16,
    judge: Annotated[bool, typer.Option(help="Grade the answers too, and say how far probe and judge agree.")] = True,
    out: OutOption = "heredity-out",  # type: ignore[assignment]
    seed: SeedOption = "0",
) -> None:
    """Read every token of finished conversations under one or several trait vectors.

    Probes are calibrated to benign speech (--reference, or the model's own answers to everyday questions). An alarm's
    rate is measured on held-out benign conversations, over as many tokens as those have; beyond, its threshold rises so
    that longer conversations sound it no more often. Writes OUT/monitor.html (token heat-maps, turn curves) and
    OUT/monitor.json.
    """
    corpus, folder = read_conversations(file), page_folder(out)
    chosen = vectors_for(vectors or [], folder)
    benign = read_conversations(reference) if reference else None
    from heredity.monitor.calibrate import require_enough, seats_of
    from heredity.monitor.converse import renderings
    from heredity.monitor.monitor import monitor
    from heredity.monitor.spec import MonitorSpec
    from heredity.studies.monitoring import PanelRequest, panel_for

    spec = MonitorSpec(false_alarm_rate=rate, window=window, with_judge=judge)
    seats_of(chosen, blocks or ())
    if benign:
        require_enough(len(benign.rows), spec)
    with watched(context.obj.is_quiet) as progress:
        network = loaded(context, model)
        chosen = [fitting(vector, network, same_family) for vector in chosen]
        renderings(network, corpus.rows)
        request = PanelRequest(spec, benign, tuple(blocks or ()), seed)
        panel = panel_for(chosen, network, folder, request, progress)
        report = monitor(corpus, chosen, network, spec, panel, seed, progress)
    save_record(report, folder / "monitor.json")
    page = write_monitor(report, folder)
    say(report, f"{described(report)}\nreport: {page.resolve()}", context.obj.as_json)


def described(report: MonitorReport) -> str:
    """Return what a person wants to know of a monitor's report."""
    n_turns = sum(len(one.turns) for one in report.conversations)
    lines = [f"{len(report.conversations)} conversations, {n_turns} answers of {report.source}"]
    for place, probe in enumerate(report.probes):
        drift, early = report.drift[place], f"within their first {probe.stretch} tokens"
        lines.append(f"  {name_of(probe):<20} alarm in {report.share_in_stretch[place]} of the conversations {early}")
        lines.append(
            f"  {'':<20} asked for at most {probe.false_alarm_rate:.2f} over any length, and measured on benign ones "
            f"{early}: {probe.measured_rate}"
        )
        if report.n_beyond[place]:
            lines.append(f"  {'':<20} {to_their_ends(report, place)}")
        if drift is not None:
            lines.append(f"  {'':<20} drift {drift} z a turn")
    lines += [f"  {said}" for said in (beyond(report), unlike(report)) if said]
    for one in report.correlations:
        apart = f"within prompts {one.within or 'not measurable'}, between prompts {one.between or 'not measurable'}"
        lines.append(f"  {one.trait:<20} r with the {one.judge} judge: pooled {one.pooled}, {apart}")
    counts: dict[str, int] = {}
    for exclusion in report.excluded:
        counts[exclusion.reason] = counts.get(exclusion.reason, 0) + 1
    lines += [f"  {n} conversations not read: {reason}" for reason, n in counts.items()]
    return "\n".join([*lines, *(f"  {line}" for line in report.notices)])


def name_of(probe: Probe) -> str:
    """Return a probe's name for people."""
    return f"{probe.trait} (block {probe.block})"


def shift_command(
    context: typer.Context,
    students: Annotated[list[Path], typer.Argument(help="student.json files written by `heredity train`.")],
    vectors: VectorsOption = None,
    clean: Annotated[
        list[Path] | None,
        typer.Option("--clean", help="student.json of a fine-tune on benign rows by the same recipe; may be repeated."),
    ] = None,
    clean_seeds: Annotated[
        int,
        typer.Option(
            "--clean-seeds",
            min=0,
            help="Make so many clean fine-tunes of each recipe, on the base's own answers; each takes as long as the "
            "student's own training. Three or more.",
        ),
    ] = 0,
    model: ModelOption = "smollm2-135m",
    out: OutOption = "heredity-out",  # type: ignore[assignment]
    seed: SeedOption = "0",
) -> None:
    """Say how far fine-tuned models have moved along a vector, before they say a word (the finetuning shift).

    All training moves activations: give clean fine-tunes by the same recipe (--clean), or let them be made
    (--clean-seeds), and each shift is told beside theirs. Snapshots made with `heredity train --snapshots N` are read
    too. Beside each shift stands what random directions of the prompts' covariance would show, an easy null (an offset
    common to all prompts may leave that span), and the shift along the other vectors given. Writes OUT/shift-TRAIT.json
    and its figure (.png, .svg).
    """
    folder = page_folder(out)
    chosen, subjects = vectors_for(vectors or [], folder), [student_in(path) for path in students]
    if not subjects:
        raise InputError("name at least one student.json")
    require_extra("train", "peft")
    from heredity.monitor.clean import require_clean
    from heredity.monitor.shift import names_of, require_one_a_trait, shift
    from heredity.studies.clean import clean_students, require_makeable

    untouched = [student_in(path) for path in clean or []]
    require_one_a_trait(chosen)
    names_of([*subjects, *untouched])
    require_clean(subjects, untouched, more_come=bool(clean_seeds))
    if clean_seeds:
        require_makeable(subjects, chosen, clean_seeds)
    reports = []
    with watched(context.obj.is_quiet) as progress:
        network = loaded(context, model)
        if clean_seeds:
            untouched += clean_students(subjects, chosen, network, folder, clean_seeds, seed, progress)
        for vector in chosen:
            others = [other for other in chosen if other is not vector]
            reports.append(shift(subjects, vector, network, others, untouched, seed, progress))
            save_record(reports[-1], folder / f"shift-{vector.header.trait.name}.json")
            write_shift(reports[-1], folder)
    text = "\n".join(shift_described(report) for report in reports)
    say({one.trait: one.model_dump(mode="json") for one in reports}, text, context.obj.as_json)


def shift_described(report: ShiftReport) -> str:
    """Return the shifts, a line each, what clean training does beside them, and how little the other null proves."""
    lines = [f"finetuning shift along {report.trait} at block {report.block} of {report.model}"]
    for point in report.points:
        others = "".join(f"   {trait} {value:+.2f}" for trait, value in point.other_vectors.items())
        luck = f"luck (97.5%) {point.random_directions:.2f}"
        lines.append(f"  {point.name:<16} step {point.step:>5}   {point.shift}   {luck}{others}")
        if point.clean:
            lines.append(f"  {'':<16} {clean_in_words(point.clean)}")
    lines += [f"  {sentence}" for sentence in limits_of(report)]
    return "\n".join(lines)
