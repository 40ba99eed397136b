"""Number probabilities from an endpoint, which shows only the likeliest tokens along what it answers.

A tokenizer that holds whole numbers shows all it has at the first token. Where numbers are split, the second digit is
seen only after the first digit that was answered: the other branches are asked for, each with its digits as the
beginning of the answer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from heredity.ground.progress import Progress
from heredity.models.endpoint import ChatReply, ChatRequest, Endpoint, Fault
from heredity.models.numbers import NumberMass, continued
from heredity.records.dialogue import Turn, Unscored

MOST = 100
N_ALTERNATIVES = 20
N_TOKENS = 4
"""Enough for 100 digit by digit and the token after it."""
LEAST_BRANCH = 0.01
"""Branches below this probability are not asked for; their mass is lost, not misplaced."""
Odds = tuple[tuple[str, float], ...]
"""Texts and log p of the likeliest next tokens."""


@dataclass
class _Tree:
    """What one question's replies have shown: the odds of the next token after each digit string."""

    prompt: str
    seen: dict[str, Odds] = field(default_factory=dict)
    fault: str = ""
    closed: set[str] = field(default_factory=set)
    """Branches that the server would not go on from."""

    @property
    def holds_whole_numbers(self) -> bool:
        """Whether some token stands for a number of several digits, so that none is split."""
        return any(len(text.strip()) > 1 and is_digits(text) for text, _ in self.seen.get("", ()))


def remote_masses(
    endpoint: Endpoint, prompts: Sequence[str], phrase: str, progress: Progress
) -> list[NumberMass | Unscored]:
    """Return the number probabilities of every prompt, or why there are none.

    Raises EndpointError when the endpoint cannot be reached or answers nothing.
    """
    trees = [_Tree(prompt) for prompt in prompts]
    _ask(endpoint, [(tree, "") for tree in trees], "judging", progress)
    while True:
        wanted = [(tree, digits) for tree in trees for digits in unseen_branches(tree)]
        if not wanted:
            break
        # a question that was answered goes along: a server that refuses to continue answers is not one that is down
        answered = next((tree, "") for tree in trees if not tree.fault)
        _ask(endpoint, [*wanted, answered], "judging further digits", progress)
    return [Unscored(reason=f"no reply: {tree.fault}") if tree.fault else mass_of(tree, phrase) for tree in trees]


def first_requests(prompts: Sequence[str]) -> list[ChatRequest]:
    """Return what is sent first, for an estimate of the cost; split numbers need up to some ten more a prompt."""
    return [_request(prompt, "") for prompt in prompts]


def is_digits(text: str) -> bool:
    """Whether a token is digits alone, blanks around them aside."""
    return text.strip().isascii() and text.strip().isdigit()


def unseen_branches(tree: _Tree) -> list[str]:
    """Return the digit strings that carry weight and whose next token has not been shown."""
    if tree.fault or tree.holds_whole_numbers:
        return []
    reached = _reached(tree)
    return [
        digits
        for digits, mass in reached.items()
        if digits
        and mass >= LEAST_BRANCH
        and digits not in tree.seen
        and digits not in tree.closed
        and _can_grow(digits)
    ]


def mass_of(tree: _Tree, phrase: str) -> NumberMass:
    """Return the probabilities that the replies show."""
    found = NumberMass(phrase=sum(math.exp(p) for text, p in tree.seen.get("", ()) if _begins(phrase, text)))
    for digits, mass in _reached(tree).items():
        if not digits:
            continue
        onward = sum(math.exp(p) for text, p in tree.seen.get(digits, ()) if is_digits(text))
        if digits in tree.seen or tree.holds_whole_numbers or not _can_grow(digits):
            found.numbers[int(digits)] = found.numbers.get(int(digits), 0.0) + mass * max(0.0, 1 - onward)
    return found


def _reached(tree: _Tree) -> dict[str, float]:
    """Return the probability of each digit string that the seen odds lead to, shorter strings first."""
    reached = {"": 1.0}
    for length in range(len(str(MOST))):
        for digits in [d for d in reached if len(d) == length and d in tree.seen]:
            for text, log_p in tree.seen[digits]:
                whole = continued(digits, text.strip(), MOST) if is_digits(text) else None
                if whole is not None:
                    reached[whole] = reached.get(whole, 0.0) + reached[digits] * math.exp(log_p)
    return reached


def _ask(endpoint: Endpoint, wanted: Sequence[tuple[_Tree, str]], label: str, progress: Progress) -> None:
    requests = [_request(tree.prompt, digits) for tree, digits in wanted]
    for (tree, digits), reply in zip(wanted, endpoint.ask(requests, label, progress), strict=True):
        if isinstance(reply, Fault):
            tree.closed.add(digits)
            tree.fault = reply.reason if not digits else tree.fault
        else:
            _note(tree, digits, reply)


def _request(prompt: str, digits: str) -> ChatRequest:
    turns = [Turn(role="user", content=prompt)]
    if digits:
        turns.append(Turn(role="assistant", content=digits))
    return ChatRequest(turns=tuple(turns), n_tokens=N_TOKENS, n_alternatives=N_ALTERNATIVES, is_prefill=bool(digits))


def _note(tree: _Tree, digits: str, reply: ChatReply) -> None:
    """Write down the odds along a reply, as far as it goes on in digits."""
    if not reply.tokens:
        tree.closed.add(digits)
        tree.fault = tree.fault or ("" if digits else "the server sends no token probabilities (logprobs)")
        return
    for choice in reply.tokens:
        tree.seen.setdefault(digits, choice.alternatives)
        whole = continued(digits, choice.token.strip(), MOST) if is_digits(choice.token) else None
        if whole is None:
            break
        digits = whole
    else:
        # the reply ended with a number: where it had room for more, the end itself was the next token
        if len(reply.tokens) < N_TOKENS:
            tree.seen.setdefault(digits, ())


def _begins(phrase: str, text: str) -> bool:
    """Whether a token can be the beginning of the phrase."""
    return len(text.strip()) > 1 and phrase.startswith(text.strip())


def _can_grow(digits: str) -> bool:
    return any(continued(digits, digit, MOST) is not None for digit in "0123456789")
