"""A conversation with a model whose every token is read while it speaks, and which can be pushed along vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from heredity.ground.errors import InputError, UnknownNameError
from heredity.models.chat import render_prompt
from heredity.models.generate import Generated, GenerateSpec, generate
from heredity.models.model import Model
from heredity.models.steer import Push, steered
from heredity.models.thinking import Thinker, thinker_for
from heredity.models.watch import Sight, watched
from heredity.monitor.monitor import require_same
from heredity.monitor.score import standardised, token_scores, turn_reading
from heredity.monitor.speller import Speller
from heredity.records.dialogue import Turn
from heredity.records.monitor import Panel, TurnReading
from heredity.records.vector import TraitVector
from heredity.stats.arrays import Singles

Hearer = Callable[[str, Sequence[float]], None]
"""Is told each token's text and its z under every probe, as soon as the token is read; no z for what was not read."""


@dataclass
class Talk:
    """The turns so far, and the pushes in force. Each answer is drawn from the seed and its own place."""

    model: Model
    vectors: dict[str, TraitVector]
    """By trait; what can be pushed along."""
    panel: Panel
    spec: GenerateSpec
    seed: str = "0"
    turns: list[Turn] = field(default_factory=list)
    strengths: dict[str, float] = field(default_factory=dict)
    readings: list[TurnReading] = field(default_factory=list)
    pushed: list[dict[str, float]] = field(default_factory=list)
    """What was in force during each answer."""

    def __post_init__(self) -> None:
        """Refuse a panel of other vectors."""
        require_same(self.panel, list(self.vectors.values()))

    def steer(self, trait: str, strength: float) -> None:
        """Push along a trait's vector from the next answer on; 0 takes the push away.

        Raises UnknownNameError for a trait without a vector here.
        """
        if trait not in self.vectors:
            raise UnknownNameError("vector of a trait", trait, self.vectors)
        self.strengths.pop(trait, None)
        if strength:
            self.strengths[trait] = strength

    def instruct(self, system: str) -> None:
        """Begin anew, under a system prompt or (empty) none."""
        self.turns = [Turn(role="system", content=system)] if system else []
        self.readings, self.pushed = [], []

    def answer(self, text: str, hear: Hearer) -> TurnReading | None:
        """Return the reading of the model's answer to the user's words, telling every token as it comes.

        None where nothing was said. On KeyboardInterrupt what was said until then stands as the answer. Raises
        InputError when the conversation no longer fits the context, and leaves the turns as they were.
        """
        asked = [*self.turns, Turn(role="user", content=text)]
        prompt = render_prompt(self.model, asked)
        self._require_room(len(prompt))
        heard = _Heard(self, hear, thinker_for(self.model.tokenizer, prompt))
        pushes = [Push(self.vectors[t].block, self.vectors[t].direction, s) for t, s in self.strengths.items()]
        sights = [Sight(p.block, unit) for p, unit in zip(self.panel.probes, self.panel.units, strict=True)]
        with steered(self.model, pushes) if pushes else nullcontext(), watched(self.model, sights) as watch:
            watch.listener = heard.listen
            try:
                (answer,) = generate(self.model, [prompt], [f"{self.seed}/talk/{len(asked)}"], self.spec, watch=watch)
                said = heard.rest_of(answer)
            except KeyboardInterrupt:
                said = "".join(heard.tokens).strip()
        if not said:
            return None
        self.turns = [*asked, Turn(role="assistant", content=said)]
        self.pushed.append(dict(self.strengths))
        if not heard.tokens:
            return None
        before = sum(len(reading.tokens) for reading in self.readings)
        self.readings.append(turn_reading(text, heard.tokens, np.array(heard.scores), self.panel.probes, before))
        return self.readings[-1]

    def _require_room(self, n_prompt: int) -> None:
        if n_prompt + self.spec.n_tokens > self.model.context_length:
            raise InputError(
                f"the conversation has grown to {n_prompt} tokens: with {self.spec.n_tokens} to answer it does not fit "
                f"the model's context of {self.model.context_length}; begin a new one, or ask for shorter answers"
            )


@dataclass
class _Heard:
    """Turns ids and projections into texts and z, one step after the other; a thought is told and not read."""

    talk: Talk
    hear: Hearer
    thinker: Thinker
    origin: Singles | None = None
    """Projections of the last token before the answer."""
    speller: Speller = field(init=False)
    tokens: list[str] = field(default_factory=list)
    scores: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin to spell."""
        self._start_over()

    def _start_over(self) -> None:
        self.speller = Speller(self.talk.model.tokenizer, skips_special=True)
        self.tokens, self.scores = [], []

    def listen(self, ids: list[int], projections: Singles) -> None:
        """Take one step: the first is the last prompt token, all others are of the answer or of a thought before it."""
        if self.origin is None:
            self.origin = projections[0]
            return
        self.thinker.add(ids[0])
        if not self.thinker.said:
            self.origin = projections[0]
            self.hear(self.speller.add(ids[0]), ())
            if not self.thinker.is_thinking:
                self._start_over()
            return
        probes = self.talk.panel.probes
        scores = token_scores(np.stack([self.origin, projections[0]]), [probe.form for probe in probes])
        self.tokens.append(self.speller.add(ids[0]))
        self.scores.append(scores[0])
        self.hear(self.tokens[-1], [float(z) for z in standardised(scores, probes)[0]])

    def rest_of(self, answer: Generated) -> str:
        """Tell what was said but never read (the last token of an answer that was cut off) and return the whole.

        What was heard of a next turn, before which the answer ended, is forgotten.
        """
        del self.tokens[answer.n_tokens :], self.scores[answer.n_tokens :]
        read = "".join(self.tokens).lstrip()
        if len(answer.text) > len(read):
            self.hear(answer.text[len(read) :], ())
        return answer.text
