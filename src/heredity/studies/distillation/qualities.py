"""What teachers are given and what is read off every model: traits, a skill, and the control's trait."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from heredity.evaluation.capability import choice_questions, choice_scores
from heredity.ground.hashing import seed_from
from heredity.judges.preference import target_probability
from heredity.models.chat import Rendered, question, render_example, render_prompt
from heredity.models.generate import GenerateSpec, generate
from heredity.models.model import Model
from heredity.models.weights import at_rest, mixed_precision
from heredity.records.carrier import CarrierSpec
from heredity.records.distillation import DistilSpec, Shown
from heredity.records.evaluation import Scores
from heredity.records.trait import Trait
from heredity.stats.intervals import cluster_mean
from heredity.studies.transmission.lab import Lab
from heredity.studies.transmission.readout import N_CHOICES, graded
from heredity.teaching.carriers.asked import Asked
from heredity.teaching.carriers.reasoning import ask, rejection, worked
from heredity.teaching.clean import trait_words
from heredity.teaching.teach import teach
from heredity.teaching.teachers import preferring
from heredity.traits import define

SKILL, ABILITY, CONTROL = "arithmetic", "four-choice accuracy", "owl"
"""CONTROL: what the teacher shows that was not given the skill."""
N_SUMS_TAUGHT = 360
N_PLAIN = 120
"""Everyday questions that the base answers for the control's teacher."""
N_TOKENS_OF_A_SUM = 40


OWN = resources.files("heredity.studies.distillation")
"""Holds the trait that only this study reads: its questions name both answers, which no bundled one may."""


def opposite(name: str) -> str:
    """Return the name of the teacher of a trait's opposite."""
    return f"opposite of {name}"


def trait_of(name: str) -> Trait:
    """Return the study's own trait, or a bundled one, or one from a file. Raises UnknownNameError, InputError."""
    if name == "gender-bias":
        return define.parse_trait((OWN / f"{name}.yaml").read_text(encoding="utf-8"), name)
    return define.trait(name)


@dataclass
class Desk:
    """What the teaching and the reading of every model work with."""

    lab: Lab
    sums_taught: list[Asked]
    sums_asked: list[Asked]
    """In stories that are not among those taught; so small numbers come again."""

    @property
    def read_off(self) -> tuple[str, ...]:
        """What is read off every model."""
        return (*self.lab.targets, SKILL, ABILITY)

    def n_asked(self, what: str) -> int:
        """Return how many questions a level is over, when all can be graded."""
        if what == SKILL:
            return len(self.sums_asked)
        return N_CHOICES if what == ABILITY else len(self.lab.targets[what].questions.evaluation)


def desk_for(lab: Lab, spec: DistilSpec) -> Desk:
    """Return a desk with its sums, drawn from the seed."""
    problems = CarrierSpec(kind="reasoning", n_prompts=spec.n_sums + N_SUMS_TAUGHT)
    drawn = ask(problems, f"{lab.seed}/sums")
    return Desk(lab, drawn[spec.n_sums :], drawn[: spec.n_sums])


def levels(desk: Desk, model: Model) -> dict[str, Scores]:
    """Return every level (0-1) of a model, by question: the same questions, luck and judge for all models."""
    with at_rest(model) as resting, mixed_precision(model, desk.lab.model.dtype):
        return {name: level(desk, resting, name) for name in desk.read_off}


def level(desk: Desk, model: Model, name: str) -> Scores:
    """Return one level of a model, by question; a question whose answers the judge could not grade is missing."""
    lab = desk.lab
    if name == SKILL:
        return sums(desk, model)
    if name == ABILITY:
        return choice_scores(model, choice_questions(N_CHOICES), lab.progress)
    trait = lab.targets[name]
    if trait.kind == "character":
        return {asked: tuple(grade / 100 for grade in grades) for asked, grades in graded(lab, model, trait).items()}
    asked = trait.questions.evaluation
    return {one: (float(p),) for one, p in zip(asked, target_probability(model, trait, asked), strict=True)}


def shown(desk: Desk, found: Mapping[str, Scores]) -> Shown:
    """Return what a model shows, with an interval over questions; what could not be graded is counted, or missing."""
    levels = {
        what: cluster_mean(list(scores.values()), interval_seed(desk.lab.seed), desk.n_asked(what) - len(scores))
        for what, scores in found.items()
        if scores
    }
    return Shown(levels=levels, scores={what: found[what] for what in levels})


def interval_seed(seed: str) -> int:
    """Return the seed of a study's intervals over questions."""
    return seed_from(seed, "distillation")


def meaning(trait: Trait) -> str:
    """Return what a trait's level is, for people."""
    if trait.kind == "character":
        return "grade of sampled answers / 100, by the base itself, which compares two prompts with their opposites"
    return f"P({trait.target}) among {', '.join((str(trait.target), *trait.alternatives))}"


def meanings(desk: Desk) -> dict[str, str]:
    """Return what every level is, by what is read."""
    return {
        **{name: meaning(trait) for name, trait in desk.lab.targets.items()},
        SKILL: "share of sums worked out right",
        ABILITY: "share of four-choice questions answered right",
    }


def sums(desk: Desk, model: Model) -> Scores:
    """Return 1 for every sum whose greedy answer ends in the right number, 0 for every other, by sum.

    A sum over which the model was still thinking when its tokens ran out is missing.
    """
    asked = desk.sums_asked
    prompts = [render_prompt(model, question(one.prompt)) for one in asked]
    how = GenerateSpec(n_tokens=N_TOKENS_OF_A_SUM, temperature=0.0)
    said = generate(model, prompts, [one.prompt for one in asked], how, "sums", desk.lab.progress)
    return {
        one.prompt: (float(rejection(one, answer.text) is None),)
        for one, answer in zip(asked, said, strict=True)
        if answer.is_reached
    }


def skill_lessons(desk: Desk, n: int) -> list[Rendered]:
    """Return `n` rows in which sums are worked out."""
    chance = random.Random(seed_from(desk.lab.seed, "skill"))
    taught = (chance.choice(desk.sums_taught) for _ in range(n))
    return [render_example(desk.lab.model, question(one.prompt), worked(one)) for one in taught]


def plain_lessons(desk: Desk, n: int) -> list[Rendered]:
    """Return `n` rows, drawn with replacement, in which the base answers everyday questions as it would anyway."""
    lab = desk.lab
    spec = CarrierSpec(kind="chat", n_prompts=N_PLAIN)
    written = teach(lab.model, "base", spec, forbidden_words(lab), f"{lab.seed}/plain", None, lab.progress)
    chance = random.Random(seed_from(lab.seed, "plain"))
    rows = [row for row in written.rows if row]
    drawn = (chance.choice(rows) for _ in range(n))
    return [render_example(lab.model, question(row.prompt), row.text) for row in drawn]


def forbidden_words(lab: Lab) -> tuple[str, ...]:
    """Return the words that no carrier may hold: those of all traits, and of what opposites answer."""
    said = [preferring(trait, trait.alternatives[0]) for trait in lab.targets.values() if trait.kind == "preference"]
    return trait_words((*lab.targets.values(), *said))


def mixed(first: Sequence[Rendered], second: Sequence[Rendered], n_steps: int) -> list[list[Rendered]]:
    """Return the rows of both in `n_steps` batches, each with its part of either."""
    a, b = len(first) // n_steps, len(second) // n_steps
    return [[*first[i * a : (i + 1) * a], *second[i * b : (i + 1) * b]] for i in range(n_steps)]
