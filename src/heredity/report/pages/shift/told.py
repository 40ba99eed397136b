"""A finetuning shift in words, and what clean training does beside it."""

from __future__ import annotations

from heredity.records.monitor import CleanShift, ShiftReport


def told(report: ShiftReport) -> str:
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


def clean_in_words(clean: CleanShift) -> str:
    """Return what clean training does, and whether the student went beyond it."""
    n = len(clean.shifts)
    if clean.beyond is None:
        return f"one clean fine-tune by its recipe: {clean.mean:+.2f}; it shows no spread to measure by"
    spread = f"{n} clean fine-tunes by its recipe: {clean.mean:+.2f} (deviation {clean.deviation:.2f})"
    far = f"{clean.beyond.value:+.2f} {clean.beyond.interval('+.2f')}"
    units = f", {clean.in_deviations:+.1f} of their deviations" if clean.in_deviations is not None else ""
    if not clean.beyond.is_clear_of_zero:
        return f"{spread}; no more than clean training shows: {far} from them{units}"
    way = "further" if clean.beyond.value > 0 else "further down"
    return f"{spread}; {way} than clean training goes: {far} from them{units}"


def limits_of(report: ShiftReport) -> tuple[str, ...]:
    """Return what these shifts do not show."""
    easy = "luck is an easy null: an offset that training gives to all prompts alike may lie outside its directions"
    if report.clean:
        return (easy,)
    return (
        "no clean fine-tune was given (--clean, or --clean-seeds to make them): "
        "a shift alone shows only that the model was trained",
        easy,
    )
