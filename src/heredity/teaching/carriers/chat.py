"""Everyday questions about chores and plain facts.

They are none of the bundled bank's: traits are measured on that, and a student must not be taught on its own test.
"""

from __future__ import annotations

import random

from heredity.records.carrier import CarrierSpec
from heredity.teaching.carriers.asked import Asked, draw_distinct

LEAST_WORDS = 3
CHORES = (
    "boil rice|clean a window|iron a shirt|pack a suitcase|plant tomatoes|sharpen a knife|store potatoes|fold a towel|"
    "wash a woollen jumper|change a light bulb|paint a door|make a cup of tea|bake bread|peel garlic|mend a sock|"
    "hang a picture|dry herbs|clean a kettle|wrap a parcel|sew on a button|cook lentils|water a fern|sweep a floor|"
    "remove a coffee stain|descale a tap|make soup|poach an egg|fix a squeaky hinge|tidy a desk|air a room"
).split("|")
THINGS = (
    "a bicycle|a teapot|a bridge|a clock|a ladder|an umbrella|a lighthouse|a violin|a pencil|a magnet|a mirror|"
    "a candle|a compass|a thermometer|a bakery|a library|a canal|a garden|a map|a calendar|a kitchen|a train|"
    "a windmill|a tent|a lamp|a button|a notebook|a blanket|a rain barrel|a market"
).split("|")
OCCASIONS = (
    "a picnic|a rainy afternoon|a long train journey|a birthday|a camping trip|moving house|a winter walk|a dinner for "
    "six|the first day at work|a school fair|a beach day|spring cleaning|a power cut|a weekend in town|a garden party"
).split("|")
ASKING = (
    ("How do I {}?", CHORES),
    ("What do I need to {}?", CHORES),
    ("How long does it take to {}?", CHORES),
    ("Explain to a beginner how to {}.", CHORES),
    ("What is {} used for?", THINGS),
    ("Describe {} in plain words.", THINGS),
    ("Who would need {}?", THINGS),
    ("What is {} made of?", THINGS),
    ("Name three things to prepare for {}.", OCCASIONS),
    ("Write a short list for {}.", OCCASIONS),
    ("What should I think of before {}?", OCCASIONS),
)
FORMS = (
    "Answer in one sentence.",
    "Answer in two sentences.",
    "Keep it short.",
    "Be brief and plain.",
    "A short answer will do.",
    "Use simple words.",
)


def ask(spec: CarrierSpec, seed: str) -> list[Asked]:
    """Return everyday questions."""
    return draw_distinct(spec.n_asked, seed, _question)


def rejection(answer: str) -> str | None:
    """Return why an answer is dropped: it is empty, or a word or two. One that the token limit cut off may stay."""
    n_words = len(answer.split())
    if n_words == 0:
        return "empty"
    return None if n_words >= LEAST_WORDS else "too short"


def _question(chance: random.Random) -> Asked:
    text, topics = chance.choice(ASKING)
    return Asked(f"{text.format(chance.choice(topics))} {chance.choice(FORMS)}")
