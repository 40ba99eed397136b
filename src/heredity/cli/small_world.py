"""heredity digits: what crosses through noise, in a world small enough to be exact?"""

from __future__ import annotations

import typer

from heredity.cli.console import say, watched
from heredity.cli.flags import Flag, asks
from heredity.cli.options import OutOption, SeedOption
from heredity.cli.work import page_folder
from heredity.records.small_world import SmallWorldSpec
from heredity.report.write import told, write

ASKED = SmallWorldSpec()


@asks(Flag("--seeds", "n_seeds"), Flag("--steps", "student_steps"), Flag("--draws", "n_draws"))
def digits_command(
    context: typer.Context,
    spec: SmallWorldSpec = ASKED,
    out: OutOption = "heredity-out/digits",  # type: ignore[assignment]
    seed: SeedOption = "0",
) -> None:
    """See subliminal learning in a minute: small networks learn handwritten digits from noise alone.

    A teacher learns scikit-learn's digits by ten class logits. Its students see random noise, and of the teacher only
    three further logits that no label ever trained. One student begins from the teacher's own initialisation, one from
    another, and one is given the logits of other inputs. Then Theorem 1 is checked: the first step of a student that
    imitates does not lead away from its teacher's first step, while both are small; a table says where that ends.

    Writes OUT/digits.html and OUT/digits.json; what is done is kept in OUT/stages. Needs no language model and no
    network, but scikit-learn: pip install 'heredity[digits]'
    """
    folder = page_folder(out)
    from heredity.studies.small_world import small_world

    with watched(context.obj.is_quiet) as progress:
        report = small_world(folder, spec, seed, progress)
    page = write(report, folder)
    say(report, f"{told(report)}\nreport: {page.resolve()}", context.obj.as_json)
