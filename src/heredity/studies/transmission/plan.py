"""Whether the plan of a transmission study can show anything; no model is needed to judge it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from heredity.ground.errors import InputError
from heredity.records.carrier import LISTS, CarrierSpec
from heredity.records.trait import Trait
from heredity.records.transmission import UNITS, Measure, TransmitSpec
from heredity.records.vector import TraitVector
from heredity.stats.power import paired_power, pairs_needed
from heredity.teaching.carriers.kinds import CARRIERS, kind_of
from heredity.teaching.carriers.numbers import random_rows
from heredity.teaching.clean import NUMERIC, named, trait_words
from heredity.teaching.teachers import preferring

MOST_PASSES = 10
"""Times that a student may see a row; [SL] trains for ten epochs."""
BASE = "base"
"""The control that is the untouched model."""


def planned(trait: Trait, others: Mapping[str, Trait], spec: TransmitSpec) -> dict[str, Trait]:
    """Return what is read off every student, by target, of a sound plan; no model is needed to judge it.

    Raises InputError for what would waste hours.
    """
    wanted = [name for name in (spec.control, *spec.others) if name != BASE]
    if trait.kind == "preference":
        targets = {target: preferring(trait, target) for target in (str(trait.target), *wanted)}
    else:
        targets = {trait.name: trait, **{name: _character(others, name) for name in wanted}}
    if len(targets) < 1 + len(wanted):
        first = trait.target or trait.name
        raise InputError(
            f"the teachers {', '.join((first, *wanted))} are not all different: a control whose teacher shows the "
            "same thing compares nothing; name each target once (--control, --other)"
        )
    require_plan(spec, measure_of(targets.values()))
    require_silent(spec.carrier, targets.values())
    return targets


def measure_of(traits: Iterable[Trait]) -> Measure:
    """Return the unit of effects of a study of these traits."""
    return "grade" if any(trait.kind == "character" for trait in traits) else "log-odds"


def require_plan(spec: TransmitSpec, measure: Measure) -> None:
    """Raise InputError for a plan that can show nothing, before any of it runs."""
    soft = spec.student.labels != "hard"
    if not spec.seeds:
        raise InputError("there is no seed, so no student would be taught; ask for one or more (--seeds)")
    if len(set(spec.seeds)) < len(spec.seeds):
        raise InputError(f"the seeds {', '.join(spec.seeds)} collide; every pair of students needs a seed of its own")
    if not soft and spec.carrier.kind == "random-numbers":
        raise InputError(
            "random numbers were written by nobody: as hard labels they say nothing of a teacher; choose a carrier "
            "that the teacher writes (--carrier digits), or soft labels"
        )
    if soft and spec.control == BASE:
        raise InputError(
            "the base as a teacher of soft labels teaches its own copy nothing, so it controls for nothing; name "
            "another target or trait with --control"
        )
    if spec.student.on_policy and (not soft or spec.carrier.kind not in ("digits", "numbers")):
        raise InputError(
            "on-policy students write numbers and follow soft labels; choose --carrier digits --labels soft"
        )
    if spec.student.characters and spec.carrier.kind not in ("random-numbers", "digits"):
        raise InputError(
            f"what teachers write on '{spec.carrier.kind}' holds more than digits and separators; leave --digits-only "
            "out, or choose --carrier random-numbers or digits"
        )
    if spec.carrier.n_begun and spec.carrier.kind not in (*NUMERIC, *LISTS):
        raise InputError(
            f"numbers or words are given at the start of lists only, but the carrier is '{spec.carrier.kind}'; "
            "leave --given out"
        )
    if spec.carrier.kind in LISTS and not spec.carrier.n_begun:
        raise InputError(
            "a list that begins with nothing given would be taught its first word in another spelling than it was "
            "written with; leave --given out, or give 1 or more"
        )
    require_rows(spec)
    require_remedies(spec, measure)
    if spec.teacher.kind == "prompted" and spec.carrier.kind == "random-numbers":
        raise InputError(
            "a prompted teacher shows its trait after its system prompt, but random numbers stand after no prompt; "
            "choose another carrier (--carrier digits)"
        )
    require_askable(spec.carrier)
    require_power(spec, measure)


def require_silent(spec: CarrierSpec, traits: Iterable[Trait]) -> None:
    """Raise InputError for an alphabet that names what a teacher shows: its rows would say it, or be dropped."""
    words = CARRIERS[spec.kind].words if spec.kind in CARRIERS else None
    forbidden = trait_words(traits)
    naming = [word for word in (words(spec) if words else ()) if named(word, forbidden)]
    if naming:
        raise InputError(
            f"the alphabet of '{spec.kind}' names what a teacher shows ({', '.join(naming[:5])}): a list of such words "
            f"says it in so many words; take {'it' if len(naming) == 1 else 'them'} out"
        )


def require_rows(spec: TransmitSpec) -> None:
    """Raise InputError for so few rows that students would learn them by heart."""
    n_rows, n_shown = spec.carrier.n_asked * spec.carrier.n_each, spec.student.n_steps * spec.student.batch_rows
    if spec.carrier.kind == "random-numbers" or spec.student.on_policy or n_shown <= MOST_PASSES * n_rows:
        return
    raise InputError(
        f"{spec.student.n_steps} steps of {spec.student.batch_rows} rows would show each of at most {n_rows:,} rows "
        f"{n_shown / n_rows:.0f} times, more than {MOST_PASSES}: students would learn them by heart; ask for more "
        "(--prompts), or fewer steps (--steps)"
    )


def require_remedies(spec: TransmitSpec, measure: Measure) -> None:
    """Raise InputError for remedies of what no teacher wrote, or that students do not learn from."""
    if len(set(spec.remedies)) < len(spec.remedies):
        raise InputError(f"the remedies {', '.join(spec.remedies)} are not all different; name each once (--remedy)")
    if spec.remedies and measure == "grade":
        raise InputError("what a remedy leaves is told of preferences, which likelihoods show; leave --remedy out")
    if spec.remedies and spec.student.labels != "hard":
        raise InputError(
            "a remedy treats the tokens that a teacher wrote, but with soft labels a student follows the teacher's "
            "distribution, whatever the tokens; choose --labels hard and a carrier that teachers write"
        )


def require_power(spec: TransmitSpec, measure: Measure) -> None:
    """Raise InputError for too few pairs of students to see the effect of interest, in the study's own measure."""
    power = spec.power
    effect, spread = power.effect_in(measure), power.spread_in(measure)
    reached = paired_power(effect, spread, len(spec.seeds))
    if reached < power.least:
        needed = pairs_needed(effect, spread, power.least)
        raise InputError(
            f"{len(spec.seeds)} pair(s) of students see an effect of {effect:g} {UNITS[measure]} with a chance of "
            f"{reached:.2f} only (spread {spread:g}, 5% two-sided); it takes {needed or 'over 1000'}: give --seeds "
            "more, or --pilot to run it all the same"
        )


def require_askable(spec: CarrierSpec) -> None:
    """Raise InputError for a carrier that cannot be asked for: a missing or short file, too many given numbers."""
    if spec.kind == "random-numbers":
        random_rows(1, spec, "plan")
    else:
        kind_of(spec).ask(spec, "plan")


def require_vectors(spec: TransmitSpec, targets: Iterable[str], vectors: Mapping[str, TraitVector]) -> None:
    """Raise InputError, naming all that lack, unless every steered teacher has a vector; no model is needed."""
    lacking = [name for name in targets if name not in vectors]
    if spec.teacher.kind == "steered" and lacking:
        raise InputError(
            f"every steered teacher needs its vector, but none was given of: {', '.join(lacking)}; make each by "
            "heredity extract (a trait in YAML for a target that is not bundled) and give it with --vector"
        )


def _character(others: Mapping[str, Trait], name: str) -> Trait:
    if name not in others or others[name].kind != "character":
        raise InputError(
            f"'{name}' is no character trait that this study was given; a character needs another one beside it, for "
            "example --control hallucination"
        )
    return others[name]
