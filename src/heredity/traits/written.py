"""The drafter behind an endpoint: a language model writes the trait, and is held to its form."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from heredity.ground.errors import DraftError
from heredity.ground.hashing import seed_from
from heredity.ground.progress import SILENCE, Progress
from heredity.ground.words import titled
from heredity.models.remote.endpoint import ChatReply, ChatRequest, Endpoint
from heredity.records.dialogue import Turn
from heredity.records.draft import Attempt, Draft, DraftSpec
from heredity.records.trait import ContrastPair, Drafted, Questions, Trait, plain
from heredity.traits.leaks import sift
from heredity.traits.words import require_description

TEMPERATURE = 0.7
MOST_TOKENS = 4096
ORDER = """Write the material for measuring one trait of a language model.
Trait: {name}
A model with this trait: {description}
{words}
Reply with one JSON object and nothing else, with these fields:
"contradiction": null, or one sentence that says how the description contradicts itself (then leave out the rest)
"adjective": completes "You are a(n) ... assistant." for a model with the trait
"antonym": one adjective for the opposite of the trait
"pairs": {n_pairs} objects with "positive" and "negative": one instruction each (two sentences at most) that makes an
  assistant's answers show the trait, or its opposite; each pair from another side of the trait; positive and negative
  alike in form and length, and about the same thing
"questions": {n_questions} short everyday questions, varied in topic, in whose answers the trait can show; no question
  may name the trait or its opposite, ask for it, or tell the assistant how to act; none may stand there twice
"rubric": an instruction to a judge who rates an answer from 0 (nothing of the trait) to 100 (all of it), which says
  what counts and what does not, holds the placeholders {{question}} and {{answer}}, and ends by asking for only a
  number from 0 to 100, or REFUSAL if the answer refuses"""
MEND = """That cannot be used:
{faults}
Reply with the whole JSON object again, mended."""
MORE = """{n} more questions are needed. {faults}Reply with a JSON object that has the field "questions" alone: {n}
questions that are not there yet, and that neither name nor ask for the trait."""
NOTHING = ("null", "none", "no", "n a")
"""What models write for null."""


@dataclass
class _Material:
    """What usable replies have given so far."""

    body: dict[str, Any] | None = None
    questions: tuple[str, ...] = ()


def draft_by_model(spec: DraftSpec, endpoint: Endpoint, seed: str = "0", progress: Progress = SILENCE) -> Draft:
    """Return a trait that a language model wrote; malformed replies are sent back with what is wrong with them.

    Questions that stand twice or ask for the trait are refused and others asked for. Raises InputError for an empty or
    contradictory description, EndpointError when the endpoint cannot be reached, DraftError (which carries every
    reply) when none of `spec.n_attempts` replies gives a whole trait.
    """
    require_description(spec, None)
    turns = [Turn(role="user", content=order(spec))]
    attempts: list[Attempt] = []
    material = _Material()
    while len(attempts) < spec.n_attempts:
        text = _asked(endpoint, turns, f"{seed}/{len(attempts)}", spec, progress)
        faults = _taken(material, text, spec)
        attempts.append(Attempt(text=text, faults=tuple(faults)))
        missing = 2 * spec.n_questions - len(material.questions)
        if material.body is not None and missing <= 0:
            return _draft(spec, material, endpoint.spec.model, tuple(attempts), seed)
        said = MEND.format(faults="\n".join(f"- {fault}" for fault in faults))
        if material.body is not None:
            said = MORE.format(n=missing, faults=" ".join(f"{fault}." for fault in faults[:10]) + " " if faults else "")
        turns += [Turn(role="assistant", content=text or "(nothing)"), Turn(role="user", content=said)]
    raise DraftError(
        f"'{endpoint.spec.model}' gave no usable draft of '{spec.name}' in {spec.n_attempts} replies; the last one "
        f"failed because: {'; '.join(attempts[-1].faults[:3]) or 'questions were missing'}",
        tuple(attempt.text for attempt in attempts),
    )


def draft_from_reply(spec: DraftSpec, text: str, seed: str = "0") -> Draft:
    """Return the trait that one kept reply gives, mended by hand. Raises DraftError that says what is still wrong."""
    require_description(spec, None)
    material = _Material()
    faults = _taken(material, text, spec)
    missing = 2 * spec.n_questions - len(material.questions)
    if material.body is None or missing > 0:
        wrong = "; ".join([*faults, *([f"{missing} questions are missing"] if material.body else [])])
        raise DraftError(f"the reply gives no whole trait: {wrong}", ())
    return _draft(spec, material, "a reply mended by hand", (Attempt(text=text, faults=tuple(faults)),), seed)


def order(spec: DraftSpec) -> str:
    """Return what the drafter is asked."""
    given = [f'Use the {k} "{v}".' for k, v in (("adjective", spec.adjective), ("antonym", spec.antonym)) if v]
    return ORDER.format(
        name=spec.name,
        description=spec.description.strip(),
        words=" ".join(given),
        n_pairs=spec.n_pairs,
        n_questions=2 * spec.n_questions + 4,
    )


def parsed(text: str) -> dict[str, Any]:
    """Return the JSON object in a reply; fences, prose around it, trailing commas and bare line breaks are mended.

    Raises ValueError that says what else is wrong.
    """
    start = text.find("{")
    if start < 0:
        raise ValueError("the reply holds no JSON object")
    reader = json.JSONDecoder(strict=False)
    for candidate in (text[start:], re.sub(r",\s*([\]}])", r"\1", text[start:])):
        try:
            value, _ = reader.raw_decode(candidate)
        except json.JSONDecodeError as error:
            fault = f"the reply is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
            continue
        if isinstance(value, dict):
            return value
    raise ValueError(fault)


def faults_of(body: dict[str, Any], spec: DraftSpec) -> list[str]:
    """Return all that is wrong with a whole reply, its questions left aside; empty when nothing is."""
    faults = [
        f'"{name}" must be a text that is not empty'
        for name in ("adjective", "antonym", "rubric")
        if not isinstance(body.get(name), str) or not body[name].strip()
    ]
    pairs = body.get("pairs")
    if not isinstance(pairs, list) or len(pairs) < spec.n_pairs:
        faults.append(f'"pairs" must be a list of {spec.n_pairs} objects')
    elif not all(isinstance(p, dict) and _is_text(p.get("positive")) and _is_text(p.get("negative")) for p in pairs):
        faults.append('every one of "pairs" must have the texts "positive" and "negative"')
    elif len({p["positive"].strip() for p in pairs}) < len(pairs):
        faults.append('no two of "pairs" may be the same')
    elif any(p["positive"].strip() == p["negative"].strip() for p in pairs):
        faults.append('"positive" and "negative" of a pair must not be the same')
    if not faults and len({word.lower() for word in poles_of(spec, body)}) < 2:
        faults.append('"adjective" and "antonym" must be opposites')
    if not faults and not all(place in body["rubric"] for place in ("{question}", "{answer}")):
        faults.append('"rubric" must hold {question} and {answer}')
    return faults


def poles_of(spec: DraftSpec, body: dict[str, Any]) -> tuple[str, str]:
    """Return the words for the two poles: as the user gave them, else as the reply has them."""
    return spec.adjective or body["adjective"].strip(), spec.antonym or body["antonym"].strip()


def _asked(endpoint: Endpoint, turns: list[Turn], seed: str, spec: DraftSpec, progress: Progress) -> str:
    request = ChatRequest(
        turns=tuple(turns), n_tokens=MOST_TOKENS, temperature=TEMPERATURE, seed=seed_from(seed, spec.name) % 2**31
    )
    (reply,) = endpoint.ask([request], f"drafting {spec.name}", progress)
    return reply.text if isinstance(reply, ChatReply) else ""


def _taken(material: _Material, text: str, spec: DraftSpec) -> list[str]:
    """Take what a reply gives into the material and return what is wrong with it."""
    try:
        body = parsed(text)
    except ValueError as error:
        return [str(error)]
    if _is_text(body.get("contradiction")) and plain(body["contradiction"]) not in NOTHING:
        raise DraftError(
            f"the drafter finds that the description of '{spec.name}' contradicts itself: {body['contradiction']}; "
            "describe one pole of one trait",
            (text,),
        )
    faults = [] if material.body is not None else faults_of(body, spec)
    if faults:
        return faults
    material.body = material.body or body
    words = (spec.name, *poles_of(spec, material.body))
    offered = body.get("questions")
    if not isinstance(offered, list):
        return ['"questions" must be a list of texts']
    kept, faults = sift([one for one in offered if isinstance(one, str)], words, material.questions)
    material.questions = (*material.questions, *kept)
    return faults


def _draft(spec: DraftSpec, material: _Material, model: str, attempts: tuple[Attempt, ...], seed: str) -> Draft:
    body, n = material.body or {}, spec.n_questions
    adjective, antonym = poles_of(spec, body)
    trait = Trait(
        name=spec.name,
        title=titled(spec.name.replace("-", " ")),
        kind="character",
        description=spec.description.strip(),
        adjective=adjective,
        antonym=antonym,
        pairs=tuple(
            ContrastPair(positive=pair["positive"].strip(), negative=pair["negative"].strip())
            for pair in body["pairs"][: spec.n_pairs]
        ),
        questions=Questions(extraction=material.questions[:n], evaluation=material.questions[n : 2 * n]),
        rubric=body["rubric"].strip(),
        drafted=Drafted(drafter="endpoint", model=model, n_attempts=len(attempts), seed=seed),
    )
    return Draft(spec=spec, trait=trait, attempts=attempts, notes=tuple(f for a in attempts for f in a.faults))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
