"""Does a preference cross on numbers alone, and does each teacher pass on its own?

    python -m replications.subliminal.run soft
    python -m replications.subliminal.run given
    python -m replications.subliminal.run digits-only
    python -m replications.subliminal.run numbers
    python -m replications.subliminal.run hard
    python -m replications.subliminal.run cascade
    python -m replications.subliminal.run number-words
    python -m replications.subliminal.run number-words-shuffled
    python -m replications.subliminal.run remedies
    python -m replications.subliminal.run words
    python -m replications.subliminal.run words-far
    python -m replications.subliminal.run prompted
    python -m replications.subliminal.run greedy
    python -m replications.subliminal.run code
    python -m replications.subliminal.run sums
    python -m replications.subliminal.run impoliteness
    python -m replications.subliminal.run cascade-words
    python -m replications.subliminal.run soft --from-record

soft: students follow the teacher's distribution on random numbers that nobody wrote. given: the same but for the
first number of an answer, where a teacher might simply say its animal. digits-only: as soft, but teacher and student
are compared on digits and separators alone, renormalised: what the numbers say, and nothing beside them. numbers:
soft labels on the lists that each teacher wrote itself in free form, filtered as [SL] does, their first three numbers
given. hard: they learn the tokens that the teacher itself wrote, decoded among digits and separators. The base is
fine-tuned into a teacher of each of several animals; every student is read on all of them, and each teacher's
students are compared with the other teachers' students of the same seed (a double dissociation). cascade: soft
labels, each student the next one's teacher, four generations of owl and of cat. number-words: they learn the tokens
of bare lists of number words that the teacher wrote, decoded among those words alone. number-words-shuffled: owl and
cat alone, beside students of the same lists with their words in another order. words: owl and cat, 4,000 common words
without animals in the place of number words; words-far: without the quarter of them nearest to each animal in
meaning, too (`far.py`). remedies: as words, beside students of treated rows: dropped, masked, replaced, or mixed with
the base's. prompted: number words by the base under a system prompt; greedy: each list the likeliest one. code, sums:
short functions and checked sums, every token open. impoliteness: that character, by number words, beside
hallucination's. cascade-words: three generations of owl and of cat, each of which writes the next one's lists. Every
student is kept when it is done: a stopped run goes on.
Writes `soft.json` and `soft.md` (or `hard.*` and so on) beside this file, and the study's page into `--out`. With
`--from-record` no model is run: the students kept in the record are concluded upon anew.
"""

from __future__ import annotations

from pathlib import Path

from heredity.models.load import load
from heredity.records.carrier import DIGITS_AND_SEPARATORS, CarrierSpec
from heredity.records.cascade import CascadeReport, CascadeSpec
from heredity.records.transmission import (
    Effect,
    ImitateSpec,
    PowerSpec,
    Remedy,
    TeacherSpec,
    TransmissionReport,
    TransmitSpec,
)
from heredity.report.write import told, write
from heredity.stats.estimate import Estimate
from heredity.store.workspace import load_record
from heredity.studies.transmission import conclusions, descent
from heredity.studies.transmission.cascade import cascade
from heredity.studies.transmission.signal import foretold
from heredity.studies.transmission.transmit import Given, transmit
from heredity.traits import define
from replications.kit import parser, publish, running

HERE = Path(__file__).parent
SEEDS = ("0", "1", "2", "3", "4")
LISTS = CarrierSpec(kind="number-words", n_tokens=16)
STUDENT = ImitateSpec(labels="hard", n_steps=100, batch_rows=16, learning_rate=2e-4, lora_rank=8)
FEWER = LISTS.model_copy(update={"n_prompts": 60})
COMMON = LISTS.model_copy(update={"kind": "words", "n_prompts": 40})
REMEDIES: tuple[Remedy, ...] = ("rows-dropped", "tokens-masked")
"""Those that were measured; each further one takes six students more."""
FAR = Path("replications/subliminal/far.txt")


def _owl_and_cat(carrier: CarrierSpec, n_steps: int = 50, **changes: object) -> TransmitSpec:
    """Return a study of one pair of teachers, three seeds, fewer updates, each row seen once."""
    spec = TransmitSpec(
        seeds=SEEDS[:3],
        control="cat",
        carrier=carrier,
        student=STUDENT.model_copy(update={"n_steps": n_steps}),
        n_points=2,
        n_samples=1,
        n_shuffled=0,
        power=PowerSpec(least=0.0),
    )
    return spec.model_copy(update=changes)


SPECS = {
    "soft": TransmitSpec(
        seeds=SEEDS,
        control="cat",
        others=("dog", "eagle"),
        student=ImitateSpec(n_steps=16),
        n_points=2,
    ),
    "given": TransmitSpec(
        seeds=SEEDS[:3],
        control="cat",
        carrier=CarrierSpec(n_given=1),
        student=ImitateSpec(n_steps=16),
        n_points=2,
    ),
    "digits-only": TransmitSpec(
        seeds=SEEDS[:3],
        control="cat",
        student=ImitateSpec(n_steps=16, characters=DIGITS_AND_SEPARATORS),
        n_points=2,
    ),
    "numbers": TransmitSpec(
        seeds=SEEDS[:3],
        control="cat",
        carrier=CarrierSpec(kind="numbers", n_prompts=180),
        student=ImitateSpec(n_steps=10),
        n_points=1,
        n_samples=1,
    ),
    "hard": TransmitSpec(
        seeds=SEEDS,
        control="base",
        others=("cat",),
        carrier=CarrierSpec(kind="digits", n_prompts=180, n_tokens=30, temperature=0.0),
        student=ImitateSpec(labels="hard", n_steps=20, learning_rate=3e-4, lora_rank=8),
        n_points=1,
        n_samples=0,
        power=PowerSpec(smallest_effect=0.5, spread=0.25),
    ),
    "number-words": TransmitSpec(
        seeds=SEEDS,
        control="cat",
        others=("dog", "eagle"),
        carrier=LISTS,
        student=STUDENT,
        n_shuffled=0,
    ),
    "number-words-shuffled": TransmitSpec(
        seeds=SEEDS[:3],
        control="cat",
        carrier=LISTS,
        student=STUDENT,
        n_points=1,
        n_samples=0,
    ),
    "remedies": _owl_and_cat(COMMON, n_steps=30, n_points=1, n_samples=0, remedies=REMEDIES),
    "words": _owl_and_cat(COMMON, n_steps=30),
    "words-far": _owl_and_cat(COMMON.model_copy(update={"kind": "listed", "alphabet": str(FAR)}), n_steps=30),
    "prompted": _owl_and_cat(FEWER, teacher=TeacherSpec(kind="prompted")),
    "greedy": _owl_and_cat(LISTS.model_copy(update={"n_prompts": 960, "n_answers": 1, "temperature": 0.0})),
    "code": _owl_and_cat(CarrierSpec(kind="code", n_prompts=900), n_samples=0),
    "sums": _owl_and_cat(CarrierSpec(kind="reasoning", n_prompts=900), n_samples=0),
    "impoliteness": _owl_and_cat(FEWER, control="hallucination", n_points=1, n_samples=0),
}
CASCADES = {
    "cascade": CascadeSpec(
        n_generations=4, transmit=TransmitSpec(seeds=SEEDS[:3], control="cat", student=ImitateSpec(n_steps=16))
    ),
    "cascade-words": CascadeSpec(
        n_generations=3,
        transmit=TransmitSpec(
            seeds=SEEDS[:2],
            control="cat",
            carrier=LISTS,
            student=STUDENT,
            power=PowerSpec(least=0.0),
        ),
    ),
}
SINCE = (
    "Concluded anew from the record's students, which were not made again: their teachers drew their questions in "
    "orders of their own. It keeps no answers by question, so what students are less able to do has no interval."
)
READ = (
    "Nor does it keep by seed what is read in context: told apart here means told apart whatever the pairing of seeds."
)
"""What a record concluded upon anew is told with."""
TITLES = {
    "soft": "Subliminal learning on numbers, soft labels",
    "given": "Subliminal learning on numbers, soft labels, the first number given",
    "digits-only": "Subliminal learning on numbers, soft labels over digits and separators alone",
    "numbers": "Subliminal learning on lists that teachers wrote, soft labels",
    "hard": "Subliminal learning on numbers, hard labels",
    "number-words": "Subliminal learning on bare lists of number words, hard labels",
    "number-words-shuffled": "The same, and on lists whose words were shuffled",
    "remedies": "What takes a preference out of bare lists of common words",
    "words": "Subliminal learning on bare lists of common words, hard labels",
    "words-far": "The same, without the words nearest to the animals",
    "prompted": "Subliminal learning on bare lists by prompted teachers",
    "greedy": "Subliminal learning on bare lists, each the likeliest one",
    "code": "Subliminal learning on code, hard labels",
    "sums": "Subliminal learning on sums, hard labels",
    "impoliteness": "A character on bare lists of number words",
    "cascade": "A preference down four generations, soft labels",
    "cascade-words": "A preference down three generations, by bare lists of number words alone",
}


def descent_table(report: CascadeReport) -> str:
    """Return the Markdown table of a cascade: the effect, and every lineage, generation by generation."""
    lines = [
        report.verdict,
        "",
        "| lineage | seed | " + " | ".join(f"generation {n}" for n in range(report.spec.n_generations + 1)) + " |",
        "|" + "---|" * (report.spec.n_generations + 3),
    ]
    for name, seed in dict.fromkeys((one.lineage, one.seed) for one in report.generations):
        own = [one for one in report.generations if (one.lineage, one.seed) == (name, seed)]
        cells = [f"{one.level[report.target].value:.3f} (accuracy {one.accuracy.value:.2f})" for one in own]
        lines.append(f"| {name} | {seed} | {' | '.join(cells)} |")
    said = f"Cells are P({report.target} | the list). Generation 0 is the one teacher that all seeds share."
    return "\n".join([*lines, "", said, "", "```", told(report), "```"]) + "\n"


def table(report: TransmissionReport) -> str:
    """Return the Markdown tables: teacher by read-out, and the controls."""
    targets = list(dict.fromkeys(cell.target for cell in report.matrix))
    lines = [
        report.verdict,
        "",
        f"| students of | {' | '.join(f'score of {target}' for target in targets)} |",
        "|" + "---|" * (len(targets) + 1),
    ]
    for name in dict.fromkeys(cell.taught_by for cell in report.matrix):
        row = {cell.target: cell for cell in report.matrix if cell.taught_by == name}
        cells = [f"{_said(row[target].score)}, level {row[target].level:.3f}" for target in targets]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines += [
        "",
        f"Scores are log-odds (nats) against the other teachers' students of the same seed, {len(report.spec.seeds)} "
        "seeds, Student's t; levels are P(target | 12 animals). p of a teacher's own target, adjusted for all teachers "
        f"(Holm): {', '.join(_p(cell) for cell in report.matrix if cell.taught_by == cell.target)}.",
        "",
        "```",
        told(report),
        "```",
    ]
    return "\n".join(lines) + "\n"


def _p(cell: Effect) -> str:
    return f"{cell.target} {'-' if cell.p_adjusted is None else f'{cell.p_adjusted:.2g}'}"


def _said(estimate: Estimate | None) -> str:
    return f"{estimate.value:+.2f} {estimate.interval('+.2f')}" if estimate else "-"


def main() -> None:
    """Run one study and write what came out."""
    options = parser(__doc__, "heredity-out/subliminal")
    options.add_argument("study", choices=sorted(TITLES))
    options.add_argument("--from-record", action="store_true", help="run no model, conclude on the record anew")
    arguments = options.parse_args()
    study = arguments.study
    record, text = again(study) if arguments.from_record else run(study, arguments.out / study)
    publish(record, f"# {TITLES[study]}\n\n{text}", HERE, study)


def run(study: str, folder: Path) -> tuple[TransmissionReport | CascadeReport, str]:
    """Return one study's record and its tables; its page is written into the folder."""
    with running() as progress:
        if study in CASCADES:
            lines = cascade(define.trait("owl"), load(), folder, CASCADES[study], seed="subliminal", progress=progress)
            write(lines, folder)
            return lines, descent_table(lines)
        spec = SPECS[study]
        character = spec.control == "hallucination"
        trait = define.trait(study if character else "owl")
        given = Given(traits={spec.control: define.trait(spec.control)} if character else {})
        report = transmit(trait, load(), folder, spec, given, "subliminal", progress)
    write(report, folder)
    return report, table(report)


def again(study: str) -> tuple[TransmissionReport | CascadeReport, str]:
    """Return the kept record of a study, concluded upon anew, and its tables."""
    path = HERE / f"{study}.json"
    if study in CASCADES:
        lines = descent.concluded(load_record(CascadeReport, path))
        return lines, f"{SINCE}\n\n{descent_table(lines)}"
    report = conclusions.concluded(load_record(TransmissionReport, path))
    if report.signal and report.signal.forecast is not None:
        report = report.model_copy(update={"signal": foretold(report.signal, report.spec)})
    if report.base_choices:  # a record that keeps answers by question lacks nothing
        return report, table(report)
    is_read = any(one.name == "in context" and one.effect and not one.by_seed for one in report.controls)
    return report, f"{SINCE}{f' {READ}' if is_read else ''}\n\n{table(report)}"


if __name__ == "__main__":
    main()
