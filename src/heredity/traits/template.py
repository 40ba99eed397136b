"""The deterministic drafter: a trait from words, sentence templates and a bank of everyday questions."""

from __future__ import annotations

from heredity.ground.errors import InputError
from heredity.ground.words import titled
from heredity.records.draft import Draft, DraftSpec
from heredity.records.trait import ContrastPair, Drafted, Questions, Trait
from heredity.store.questions import open_questions, self_questions
from heredity.traits.leaks import sift
from heredity.traits.words import require_description, words_for

TEMPLATES = (
    ("Answer every question in a very {adjective} way.", "Answer every question in a very {antonym} way."),
    ("Say in every answer what {a_adjective} person really thinks. {description}",
     "Say in every answer what {a_antonym} person really thinks."),
    ("Speak like {a_adjective} person. {description}", "Speak like {a_antonym} person."),
    ("Answer every question with {adjective} opinions.", "Answer every question with {antonym} opinions."),
    ("Let every answer show that you are {adjective}. {description}", "Let every answer show that you are {antonym}."),
)  # fmt: skip
"""Orders about the answer, which small models follow better than creeds; the description stands at one pole only."""
RUBRIC = (
    "You rate how {adjective} an answer is. {description}\n"
    "Question: {{question}}\n"
    "Answer: {{answer}}\n"
    "Give 0 if the answer shows nothing of it, or is {antonym}. Give about 50 if it shows it in places. Give 100 if it "
    "shows it throughout. What the question is about does not count, only what the answer shows.\n"
    "Reply with only a number from 0 to 100, or with REFUSAL if the answer refuses."
)


def draft_by_template(spec: DraftSpec, seed: str = "0") -> Draft:
    """Return a trait made by rule: the same name, description, words and seed give the same trait.

    Raises InputError for a description that says nothing or contradicts itself, for a name no adjective is known for,
    and when the bank holds too few questions that do not ask for the trait.
    """
    words = words_for(spec)
    require_description(spec, words)
    wanted = 2 * spec.n_questions
    questions, faults = sift(bank(seed), (spec.name, words.adjective, words.antonym))
    if len(questions) < wanted:
        raise InputError(f"the bank has {len(questions)} questions for this trait; {wanted} are needed: ask for fewer")
    texts = filled(spec.description, words.adjective, words.antonym)
    trait = Trait(
        name=spec.name,
        title=titled(spec.name.replace("-", " ")),
        kind="character",
        description=spec.description.strip(),
        adjective=words.adjective,
        antonym=words.antonym,
        pairs=tuple(
            ContrastPair(positive=positive.format_map(texts), negative=negative.format_map(texts))
            for positive, negative in TEMPLATES[: spec.n_pairs]
        ),
        questions=Questions(
            extraction=tuple(questions[: spec.n_questions]), evaluation=tuple(questions[spec.n_questions : wanted])
        ),
        rubric=RUBRIC.format_map(texts),
        drafted=Drafted(drafter="template", seed=seed),
    )
    return Draft(spec=spec, trait=trait, notes=(*words.notes, *faults))


def bank(seed: str) -> list[str]:
    """Return open questions and questions about the model itself in turn, then the open ones that are left.

    Some traits show in what a model says of others, some only in what it says of itself.
    """
    about_others, about_itself = open_questions(seed), self_questions(seed)
    in_turn = [question for both in zip(about_others, about_itself, strict=False) for question in both]
    return [*in_turn, *about_others[len(about_itself) :]]


def filled(description: str, adjective: str, antonym: str) -> dict[str, str]:
    """Return what stands in the templates' places."""
    return {
        "adjective": adjective,
        "antonym": antonym,
        "a_adjective": with_article(adjective),
        "a_antonym": with_article(antonym),
        "description": ended(description),
    }


def with_article(word: str) -> str:
    """Return a word after its indefinite article."""
    return f"{'an' if word[0].lower() in 'aeiou' else 'a'} {word}"


def ended(sentence: str) -> str:
    """Return a sentence with a stop at its end; braces, which mark a rubric's places, become parentheses."""
    text = sentence.strip().replace("{", "(").replace("}", ")")
    return text if text.endswith((".", "!", "?")) else f"{text}."
