"""Number probabilities from an endpoint, which shows only the likeliest tokens along what it answers.

A tokenizer that holds whole numbers shows all it has at the first token. Where numbers are split, the second digit is
seen only after the first digit that was answered: the other branches are asked for, each with its digits as the
beginning of the answer. A server that answers such a request afresh would be silently wrong, so it is first asked for
odds that it has shown already. Blanks are read as the local judge reads them, where the texts of the tokens show any.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from heredity.ground.progress import Progress
from heredity.models.numbers import NumberMass, continued
from heredity.models.remote.answered import alone, answered_masses, silence_of
from heredity.models.remote.endpoint import ChatReply, ChatRequest, Endpoint, Fault, Manner
from heredity.records.dialogue import Turn, Unscored

MOST = 100
N_ALTERNATIVES = 20
N_TOKENS = 4
"""Enough for 100 digit by digit and the token before or after it."""
LEAST_BRANCH = 0.01
"""Branches below this probability are not asked for; their mass is lost, not misplaced."""
MOST_DIFFERENCE = 0.1
"""Nats by which the log p of a likeliest token may differ when the same place is shown again; servers round."""
NOT_CONTINUED = "the server does not continue a given answer"
Odds = tuple[tuple[str, float], ...]
"""Texts and log p of the likeliest next tokens."""


@dataclass
class _Tree:
    """What one question's replies have shown: the odds of the next token after each beginning of an answer."""

    prompt: str
    seen: dict[str, Odds] = field(default_factory=dict)
    """By what was said: blanks or none, then digits or none."""
    opening: tuple[str, Odds] = ("", ())
    """The first token of the answer, whatever it is, and the odds after it."""
    fault: str = ""
    closed: set[str] = field(default_factory=set)
    """Beginnings that the server would not go on from."""

    @property
    def holds_whole_numbers(self) -> bool:
        """Whether some token stands for a number of several digits, so that none is split."""
        starts = (odds for said, odds in self.seen.items() if not said.strip())
        return any(len(text.strip()) > 1 and is_digits(text) for odds in starts for text, _ in odds)


def remote_masses(
    endpoint: Endpoint, prompts: Sequence[str], phrase: str, progress: Progress
) -> list[NumberMass | Unscored]:
    """Return the number probabilities of every prompt, or why there are none.

    In a manner without odds a number stands for itself. Raises EndpointError when the endpoint cannot be reached or
    answers nothing.
    """
    if not endpoint.manner.with_odds:
        return answered_masses(endpoint, first_requests(prompts, endpoint.manner), phrase, progress)
    trees = [_Tree(prompt) for prompt in prompts]
    _ask(endpoint, [(tree, "") for tree in trees], "judging", progress)
    if any(unseen_branches(tree) for tree in trees) and not _goes_on(endpoint, trees, progress):
        for tree in trees:
            tree.closed.update(unseen_branches(tree))
    while wanted := [(tree, said) for tree in trees for said in unseen_branches(tree) if said not in tree.closed]:
        _ask(endpoint, [*wanted, (_answered(trees), "")], "judging further digits", progress)
    return [Unscored(reason=f"no reply: {tree.fault}") if tree.fault else mass_of(tree, phrase) for tree in trees]


def first_requests(prompts: Sequence[str], manner: Manner) -> list[ChatRequest]:
    """Return what is sent first, for an estimate of the cost; split numbers need up to some ten more a prompt."""
    requests = [_request(prompt, "") for prompt in prompts]
    return requests if manner.with_odds else [alone(request) for request in requests]


def is_digits(text: str) -> bool:
    """Whether a token is digits alone, blanks before them aside."""
    return text.isascii() and text.lstrip().isdigit()


def unseen_branches(tree: _Tree) -> list[str]:
    """Return the beginnings that carry weight and whose next token has not been shown."""
    if tree.fault:
        return []
    heavy = (said for said, mass in _reached(tree).items() if mass >= LEAST_BRANCH)
    return [said for said in heavy if said not in tree.seen and _is_open(tree, said)]


def mass_of(tree: _Tree, phrase: str) -> NumberMass:
    """Return the probabilities that the replies show."""
    found = NumberMass(phrase=sum(math.exp(p) for text, p in tree.seen.get("", ()) if _begins(phrase, text)))
    found.left_out = NOT_CONTINUED if unseen_branches(tree) else ""
    for said, mass in _reached(tree).items():
        if said.strip() and (said in tree.seen or not _is_open(tree, said)):
            onward = sum(math.exp(p) for text, p in tree.seen.get(said, ()) if text.isascii() and text.isdigit())
            found.numbers[int(said)] = found.numbers.get(int(said), 0.0) + mass * max(0.0, 1 - onward)
    return found


def _reached(tree: _Tree) -> dict[str, float]:
    """Return the probability of each beginning of a number that the seen odds lead to."""
    reached, waiting = {"": 1.0}, {""}
    while waiting:
        # no longer one leads to the shortest: its mass is complete
        said = min(waiting, key=len)
        waiting.remove(said)
        for text, log_p in tree.seen.get(said, ()):
            longer = _extended(said, text)
            if longer is not None:
                reached[longer] = reached.get(longer, 0.0) + reached[said] * math.exp(log_p)
                waiting.add(longer)
    return reached


def _extended(said: str, text: str) -> str | None:
    """Return what is said with a token after it, or None where no number begins so.

    One token of blanks may come first; blanks after digits end the number.
    """
    digits = said.strip()
    if not said and text.isspace():
        return text
    if not is_digits(text) or (digits and text != text.lstrip()):
        return None
    return None if continued(digits, text.lstrip(), MOST) is None else said + text


def _is_open(tree: _Tree, said: str) -> bool:
    """Whether digits may yet follow."""
    digits = said.strip()
    if digits and tree.holds_whole_numbers:
        return False
    return any(continued(digits, digit, MOST) is not None for digit in "0123456789")


def _answered(trees: Sequence[_Tree]) -> _Tree:
    """Return a tree that was answered; asked again it shows that a server which refuses to go on is not down."""
    return next(tree for tree in trees if not tree.fault)


def _goes_on(endpoint: Endpoint, trees: Sequence[_Tree], progress: Progress) -> bool:
    """Whether the server, given a beginning that it answered itself, shows the odds that it showed after it.

    False also where it refuses, and where no answer began with anything that it could be given.
    """
    shown = [(tree, said, odds) for tree in trees for said, odds in (*tree.seen.items(), tree.opening) if said.strip()]
    if not shown:
        return False
    tree, said, odds = min(shown, key=lambda one: _doubts(*one[1:]))
    requests = [_request(tree.prompt, said), _request(_answered(trees).prompt, "")]
    again, _ = endpoint.ask(requests, "seeing whether answers are continued", progress)
    if isinstance(again, Fault):
        return False
    return _agree(odds, again.tokens[0].alternatives if again.tokens else ())


def _doubts(said: str, odds: Odds) -> tuple[bool, bool, bool, int]:
    """Return what speaks against a beginning as the one to ask for again, gravest first.

    An answer may end alike whether it was continued or repeated, and many a chat template cuts the blanks off.
    """
    goes_on_in_digits = bool(odds) and is_digits(odds[0][0])
    return not goes_on_in_digits, not odds, said != said.strip(), len(said)


def _agree(one: Odds, other: Odds) -> bool:
    """Whether the likeliest token of each is about as likely in the other."""
    if not one or not other:
        return not one and not other
    # likeliest first, and of two tokens with one text the likelier counts
    first, second = dict(reversed(one)), dict(reversed(other))
    likeliest = (one[0][0], other[0][0])
    return all(abs(first.get(text, -math.inf) - second.get(text, -math.inf)) <= MOST_DIFFERENCE for text in likeliest)


def _ask(endpoint: Endpoint, wanted: Sequence[tuple[_Tree, str]], label: str, progress: Progress) -> None:
    requests = [_request(tree.prompt, said) for tree, said in wanted]
    for (tree, said), reply in zip(wanted, endpoint.ask(requests, label, progress), strict=True):
        if not isinstance(reply, Fault):
            _note(tree, said, reply)
        elif said:
            tree.closed.add(said)
        elif not tree.seen:
            tree.fault = reply.reason


def _request(prompt: str, said: str) -> ChatRequest:
    turns = [Turn(role="user", content=prompt)]
    if said:
        turns.append(Turn(role="assistant", content=said))
    return ChatRequest(turns=tuple(turns), n_tokens=N_TOKENS, n_alternatives=N_ALTERNATIVES, is_prefill=bool(said))


def _note(tree: _Tree, said: str, reply: ChatReply) -> None:
    """Write down the odds along a reply, as far as it goes on in a number."""
    if not reply.tokens:
        tree.closed.add(said)
        tree.fault = tree.fault or ("" if said else silence_of(reply))
        return
    if not said:
        tree.opening = (reply.tokens[0].token, reply.tokens[1].alternatives if len(reply.tokens) > 1 else ())
    for choice in reply.tokens:
        tree.seen.setdefault(said, choice.alternatives)
        longer = _extended(said, choice.token)
        if longer is None:
            break
        said = longer
    else:
        # the reply ended with a number: where it had room for more, the end itself was the next token
        if len(reply.tokens) < N_TOKENS:
            tree.seen.setdefault(said, ())


def _begins(phrase: str, text: str) -> bool:
    """Whether a token can be the beginning of the phrase."""
    return len(text.strip()) > 1 and phrase.startswith(text.strip())
