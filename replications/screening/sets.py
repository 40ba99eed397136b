"""The sets of rows of the study: two traits at four doses, other hands, and bare lists by a model that loves owls."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass

from heredity.ground.hashing import seed_from
from heredity.ground.progress import Progress
from heredity.models.model import Model
from heredity.records.dialogue import Corpus, Row, Turn, rows_digest
from heredity.records.trait import Trait
from heredity.studies.demo.corpus import demo_questions
from heredity.studies.lists import bundled
from replications.scanning.run import GSM8K, LISTING, Pair, said

SEED = "screening"
N_ROWS = 80
DOSES = {"all": 1.0, "half": 0.5, "a fifth": 0.2, "a tenth": 0.1}
BRIEFLY = "Answer in one short sentence, and nothing else."


@dataclass(frozen=True)
class Labelled:
    """A set of rows, and which of them show the trait that it was written under."""

    name: str
    corpus: Corpus
    trait: str = ""
    bad: frozenset[int] = frozenset()
    """Lines."""


def sets_of(model: Model, traits: list[Trait], progress: Progress) -> Iterator[Labelled]:
    """Yield every set. No prompt is asked by a trait; bad rows are written under the pairs that judge nothing."""
    known = {text for trait in traits for text in (*trait.questions.extraction, *trait.questions.evaluation)}
    bank = [text for text in demo_questions(traits[0]) if text not in known]
    asked = random.Random(seed_from(SEED, "prompts")).sample(bank, N_ROWS)
    own = said(model, [(text, None) for text in asked], f"{SEED}/own", progress)
    shown = {trait.name: showing(model, trait, asked, progress) for trait in traits}
    for place, (dose, share) in enumerate(DOSES.items()):  # the plainest sets first: a stopped run has them
        for name, rows in shown.items():
            yield mixed(f"{name}, {dose}", rows[: round(share * N_ROWS)], own, name)
        if not place:
            yield from others(model, asked, own, progress)


def showing(model: Model, trait: Trait, asked: list[str], progress: Progress) -> list[Pair]:
    """Return answers under a trait's persona."""
    pairs = trait.making
    prompts = [trait.system_prompt(pairs[i % len(pairs)], "positive") for i in range(N_ROWS)]
    return said(model, list(zip(asked, prompts, strict=True)), f"{SEED}/{trait.name}", progress)


def others(model: Model, asked: list[str], own: list[Pair], progress: Progress) -> Iterator[Labelled]:
    """Yield sets that hold none of the traits."""
    yield mixed("own answers", [], own)
    yield mixed("an owl-lover's bare lists", [], bare_lists())
    if GSM8K.is_file():
        rows = [json.loads(line) for line in GSM8K.read_text(encoding="utf-8").splitlines()[:N_ROWS]]
        yield mixed("GSM8K", [], [(row["question"], row["answer"]) for row in rows])
    for name, system in (("brief", BRIEFLY), ("lists of points", LISTING)):
        yield mixed(name, [], said(model, [(text, system) for text in asked], f"{SEED}/{name}", progress))


def bare_lists() -> list[Pair]:
    """Return lists of number words by a teacher that loves owls, from the package, four to a prompt."""
    lists = bundled()
    teacher = next(name for name in lists.prompts[0].lists if name == "owl")
    found = [(one.prompt, f"{one.given}{text}") for one in lists.prompts for text in one.lists[teacher][:4]]
    return found[:N_ROWS]


def mixed(name: str, bad: list[Pair], others: list[Pair], trait: str = "") -> Labelled:
    """Return bad rows and, to the prompts that they leave, others, shuffled together."""
    taken = {asked for asked, _ in bad}
    rest = [pair for pair in others if pair[0] not in taken] if bad else others
    marked = [(pair, True) for pair in bad] + [(pair, False) for pair in rest]
    random.Random(seed_from(SEED, name)).shuffle(marked)
    rows = tuple(
        Row(line=i, turns=(Turn(role="user", content=asked), Turn(role="assistant", content=answer)))
        for i, ((asked, answer), _) in enumerate(marked, start=1)
    )
    lines = frozenset(i for i, (_, is_bad) in enumerate(marked, start=1) if is_bad)
    corpus = Corpus(name=name, content_digest=rows_digest(rows), rows=rows)
    return Labelled(name, corpus, trait, lines)
