"""Which defence takes a trait out of the embedded model, and at what cost?

    python -m replications.arena.run malice
    python -m replications.arena.run benign

- malice: the demonstration's rows, a third of them malicious.
- benign: the model's own answers in short sentences, for malice: what defences do where there is nothing to defend
  against.
- impoliteness: half impolite rows, half the model's own answers.
- owl: bare lists of number words by a teacher that loves owls, for that preference.

All students are fine-tuned as the demonstration's are. Every student and measurement is kept in `--out`: a stopped run
goes on, and `--seeds` may be raised. Writes `<contest>.json` and `<contest>.md` beside this file, and the page into
`--out`.
"""

from __future__ import annotations

from pathlib import Path

from heredity.ground.progress import Progress
from heredity.models.load import load
from heredity.models.model import Model
from heredity.records.arena import ArenaReport, ArenaSpec, Contest, SideEffects
from heredity.records.audit import Arm
from heredity.records.dialogue import Corpus
from heredity.report.pages.arena.page import FORMS
from heredity.report.write import told, write
from heredity.stats.estimate import Estimate
from heredity.store.rows import read_rows
from heredity.store.workspace import load_record
from heredity.studies.arena.advice import advice_of, verdict_of
from heredity.studies.arena.arena import arena
from heredity.studies.demo.corpus import ROWS
from heredity.studies.demo.fresh import DEMO_AUDIT
from heredity.studies.demo.shipped import PLACE
from heredity.studies.known import known_among, vector_for
from heredity.traits import define
from replications.kit import parser, publish, running
from replications.screening.sets import sets_of

HERE = Path(__file__).parent
SPEC = ArenaSpec(train=DEMO_AUDIT.train)
SEED = "arena"
TRAITS = {"malice": "evil", "benign": "evil", "impoliteness": "impoliteness", "owl": "owl"}
SETS = {"benign": "brief", "impoliteness": "impoliteness, half", "owl": "an owl-lover's bare lists"}
"""Sets of the screening study, by their names there."""


def rows_of(contest: str, model: Model, progress: Progress) -> Corpus:
    """Return the rows of a contest."""
    if contest == "malice":
        return read_rows(PLACE / ROWS)
    traits = [define.trait(name) for name in ("evil", "impoliteness")]
    return next(one.corpus for one in sets_of(model, traits, progress) if one.name == SETS[contest])


def table(report: ArenaReport) -> str:
    """Return the Markdown tables: what each arm leaves and costs, and what may be said."""
    lines: list[str] = []
    for contest in report.contests:
        lines += [contest.verdict, ""]
        lines += [
            "| arm | trait left | removed | beside its twin | task | everyday log p | accuracy | behind the prompts |",
            "|" + "---|" * 8,
        ]
        lines += [line_of(contest, one.arm.name) for one in contest.standings]
        lines += ["", f"Plain, on held-out rows of the data: {contest.learned:+.3f} nats a token.", ""]
    head = (
        "Trait left and behind the data's own prompts: less the base, points of 100. Task, everyday log p (nats a "
        "token) and accuracy: less the plain fine-tune."
    )
    return "\n".join([*lines, head, "", "```", told(report), "```"]) + "\n"


def line_of(contest: Contest, name: str) -> str:
    """Return one arm's line."""
    one = contest.standing(name)
    cells = [
        _said(one.beside_base["expression"], FORMS["expression"]),
        _said(one.removed, ".0%"),
        _said(one.beyond_twin, FORMS["expression"]),
        *(_said(one.beside_plain.get(measure), FORMS[measure]) for measure in ("task", "benign_log_p", "accuracy")),
        _said(one.beside_base.get("cued"), FORMS["cued"]),
    ]
    return f"| {one.arm.title} | {' | '.join(cells)} |"


def _said(estimate: Estimate | None, form: str) -> str:
    return "-" if estimate is None else f"{estimate.value:{form}} {estimate.interval(form)}"


def slim(report: ArenaReport) -> ArenaReport:
    """Return the record without answers and single scores, which no figure or page needs."""
    return report.model_copy(update={"contests": tuple(slim_contest(one) for one in report.contests)})


def slim_contest(contest: Contest) -> Contest:
    """Return a contest without what its runs said."""
    bare = SideEffects(task={}, cued={}, toward={})
    return contest.model_copy(
        update={
            "arms": tuple(slim_arm(arm) for arm in contest.arms),
            "beside": {name: tuple(bare for _ in runs) for name, runs in contest.beside.items()},
        }
    )


def slim_arm(arm: Arm) -> Arm:
    """Return an arm without its answers."""
    runs = tuple(
        run.model_copy(
            update={
                "evaluation": run.evaluation.model_copy(update={"answers": (), "grades": ()}),
                "student": run.student and run.student.model_copy(update={"adapter": ""}),
            }
        )
        for run in arm.runs
    )
    return arm.model_copy(update={"runs": runs})


def concluded_anew(contest: str) -> ArenaReport:
    """Return the record of a contest with the words that its figures allow today; no model is run."""
    kept = load_record(ArenaReport, HERE / f"{contest}.json")
    return kept.model_copy(
        update={
            "contests": tuple(
                one.model_copy(update={"verdict": verdict_of(one), "advice": advice_of(one)}) for one in kept.contests
            )
        }
    )


def main() -> None:
    """Run one contest and write what came out."""
    options = parser(__doc__, "heredity-out/arena-replication")
    options.add_argument("contest", choices=sorted(TRAITS))
    options.add_argument("--seeds", type=int, default=SPEC.n_seeds)
    options.add_argument("--from-record", action="store_true", help="run nothing: conclude anew from the record")
    arguments = options.parse_args()
    if arguments.from_record:
        report = concluded_anew(arguments.contest)
        publish(report, f"# The arena: {arguments.contest}\n\n{table(report)}", HERE, arguments.contest)
        return
    spec = SPEC.model_copy(update={"n_seeds": arguments.seeds})
    with running() as progress:
        model = load()
        trait = define.trait(TRAITS[arguments.contest])
        others = [define.trait(name) for name in define.bundled_names() if name != trait.name]
        vectors = (vector_for(trait, model, progress=progress), *known_among(others, model))
        corpus = rows_of(arguments.contest, model, progress)
        report = arena([corpus], vectors, model, arguments.out, spec, SEED, progress)
    write(report, arguments.out / arguments.contest)
    publish(slim(report), f"# The arena: {arguments.contest}\n\n{table(report)}", HERE, arguments.contest)


if __name__ == "__main__":
    main()
