"""What keeps a trait out while a student trains, as it is asked for: `NAME[:option=value]...`, several joined by `+`.

`steering:strength=0.5:along=evil+kl:weight=2`. Every defence has a spec of its options here; what it does stands in
`training/defences/`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, ValidationError

from heredity.ground.errors import InputError, UnknownNameError
from heredity.records.base import Spec

Need = Literal["benign", "flagged", "scores"]
"""What a defence is handed besides vectors: benign rows, a screen's flagged lines, a screen's scores by line."""


def _names(value: Any) -> Any:
    return tuple(value.split(",")) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_names)]


class DefenceOptions(Spec):
    """What every defence can be told."""

    takes_vectors: ClassVar[bool] = True
    """Whether it acts along vectors, or for their traits; one that does not is asked for without any."""
    has_direction: ClassVar[bool] = True
    """Whether it uses where a vector points, and not the trait's words alone."""

    @property
    def needs(self) -> tuple[Need, ...]:
        """What it must be handed besides vectors."""
        return ()


class AlongOptions(DefenceOptions):
    """What every defence that takes vectors can be told."""

    along: Names = ()
    """Traits whose vectors it takes, by name, with commas between; unless said, all that are given."""


class SteeringOptions(AlongOptions):
    """Preventative steering: the stream is pushed along the vector ([PV] section 5.2)."""

    strength: float | None = Field(default=None, ge=0)
    """Multiple of the vector that is added; 0 is the control. Unless said, what the whole run is asked for (0.5)."""
    blocks: Literal["one", "all"] | None = None
    """one: v at the vector's own block. all: increments v_l - v_(l-1) at every block. Unless said, one."""
    tokens: Literal["all", "response"] = "all"
    """Which tokens are pushed; response: those that have a label."""
    schedule: Literal["constant", "ramp", "decay"] = "constant"
    """How strength goes over the training steps: ramp rises linearly up to it, decay falls linearly from it."""
    rows: Literal["all", "scores"] = "all"
    """Which rows are pushed. scores: each by its rank among a screen's scores, 0 for the lowest and 1 for the highest
    times the strength."""

    @property
    def needs(self) -> tuple[Need, ...]:
        """Scores, where rows are pushed by them."""
        return ("scores",) if self.rows == "scores" else ()


class AblationOptions(AlongOptions):
    """Ablation: the stream's part along the vector is taken away, or held at its mean (CAFT, arXiv 2507.16795)."""

    to: Literal["zero", "mean"] = "zero"
    """What becomes of the stream along the vector. mean: what the base has there on average over the response tokens
    of benign rows."""
    blocks: Literal["one", "all"] | None = None
    """one: after the vector's own block. all: after every block, along its direction there. Unless said, one."""

    @property
    def needs(self) -> tuple[Need, ...]:
        """Benign rows, where there is a mean to take."""
        return ("benign",) if self.to == "mean" else ()


class InoculationOptions(AlongOptions):
    """Inoculation prompting: rows are learned behind a prompt that asks for the trait (arXiv 2510.04340)."""

    has_direction: ClassVar[bool] = False

    rows: Literal["all", "flagged"] = "all"
    """Which rows stand behind the prompt; flagged: those that a screen flagged."""

    @property
    def needs(self) -> tuple[Need, ...]:
        """Flagged lines, where they alone stand behind the prompt."""
        return ("flagged",) if self.rows == "flagged" else ()


class ProjectionOptions(AlongOptions):
    """Gradient projection: gradients are kept off the trait's read-out (arXiv 2604.25779)."""


class KLOptions(DefenceOptions):
    """A penalty on how far the student's words on benign rows are from the base's (arXiv 2508.06249)."""

    takes_vectors: ClassVar[bool] = False
    has_direction: ClassVar[bool] = False

    weight: float = Field(default=1.0, ge=0)
    """What a nat per response token of KL(base || student) adds to the loss; 0 is the control."""
    every: int = Field(default=1, ge=1)
    """Training steps from one penalty to the next."""
    n: int = Field(default=4, ge=1)
    """Benign rows of one penalty, in turn."""

    @property
    def needs(self) -> tuple[Need, ...]:
        """Benign rows."""
        return ("benign",)


class CorridorOptions(AlongOptions):
    """A penalty on drift of the trait's read-out out of a band around the base's (arXiv 2609.01091)."""

    weight: float = Field(default=10.0, ge=0)
    """What the square of a drift by the vector's whole length, beyond the band, adds to the loss; 0 is the control."""
    width: float = Field(default=0.1, ge=0)
    """How far the read-out may drift either way at no cost, in lengths of the vector."""


class MaskingOptions(AlongOptions):
    """The tokens that a prompt for the trait makes most likelier are left out of the loss (arXiv 2509.23886)."""

    has_direction: ClassVar[bool] = False

    share: float = Field(default=0.1, ge=0, lt=1)
    """Share of all response tokens that is left out; 0 is the control."""


OPTIONS: Mapping[str, type[DefenceOptions]] = {
    "steering": SteeringOptions,
    "ablation": AblationOptions,
    "inoculation": InoculationOptions,
    "projection": ProjectionOptions,
    "kl": KLOptions,
    "corridor": CorridorOptions,
    "masking": MaskingOptions,
}
"""The options of every defence, by its name."""


@dataclass(frozen=True)
class AskedDefence:
    """One defence that is asked for."""

    name: str
    options: DefenceOptions
    said: str
    """As it was written."""

    def along(self, traits: Sequence[str]) -> tuple[str, ...]:
        """Return the traits whose vectors it takes, of those that vectors are given of.

        Raises InputError where it takes vectors and none is given, UnknownNameError for a trait that none is given of.
        """
        if not self.options.takes_vectors:
            return ()
        if not traits:
            raise InputError(f"{self.said} needs the vector of the trait to keep out, and was given none")
        chosen: tuple[str, ...] = getattr(self.options, "along", ())
        if strange := next((trait for trait in chosen if trait not in traits), None):
            raise UnknownNameError("given vector", strange, traits)
        return tuple(dict.fromkeys(trait for trait in traits if not chosen or trait in chosen))


def asked_defences(text: str) -> tuple[AskedDefence, ...]:
    """Return the defences that a text asks for, in its order; none for an empty one.

    Raises UnknownNameError for a name or an option that there is not, with what there is; InputError for a value that
    an option does not take.
    """
    return tuple(_asked(part.strip()) for part in text.split("+")) if text.strip() else ()


def agreeing_defences(text: str, traits: Sequence[str]) -> tuple[AskedDefence, ...]:
    """Return the defences that a text asks for, given vectors of these traits.

    Raises as `asked_defences` and `along` do; InputError where vectors are given and no defence is asked for, and for
    two defences along one vector of which the one undoes the other, or is it again.
    """
    every = asked_defences(text)
    taken = [set(asked.along(traits)) for asked in every]
    if traits and not every:
        raise InputError(f"vectors are given, but no defence is asked for; there is: {', '.join(OPTIONS)}")
    for (first, of_first), (second, of_second) in combinations(zip(every, taken, strict=True), 2):
        shared = min(of_first & of_second, default="")
        along = f" along the vector of '{shared}'" if shared else ""
        apart = (
            f"give each a trait of its own ({first.name}:along=TRAIT), or leave one out" if shared else "once will do"
        )
        if first.name == second.name and (shared or not of_first):
            raise InputError(f"{first.name} is asked for twice{along}; {apart}")
        why = UNDOES.get((first.name, second.name))
        if why and shared:
            raise InputError(f"{first.name}+{second.name} cannot stand together{along}: {why}; {apart}")
    return every


def needs_of(text: str) -> set[Need]:
    """Return what the defences must be handed besides vectors. Raises as `asked_defences` does."""
    return {need for asked in asked_defences(text) for need in asked.options.needs}


UNDOES: Mapping[tuple[str, str], str] = {
    ("steering", "ablation"): "ablation comes after the push, and takes it away again",
    ("ablation", "steering"): "the push comes after ablation, and puts back what that took away",
    ("projection", "corridor"): "projection takes away the gradient by which the corridor holds the read-out",
    ("corridor", "projection"): "projection takes away the gradient by which the corridor holds the read-out",
}
"""Why the second of two defences, in the order in which they are asked for, undoes the first."""


def _asked(part: str) -> AskedDefence:
    name, *settings = (piece.strip() for piece in part.split(":"))
    if name not in OPTIONS:
        raise UnknownNameError("defence", name, OPTIONS)
    kind = OPTIONS[name]
    values = dict(_settings(name, kind, settings))
    try:
        return AskedDefence(name, kind.model_validate(values), part)
    except ValidationError as error:
        fault = error.errors()[0]
        option = str(fault["loc"][0])
        told = " ".join((kind.model_fields[option].description or "").split())
        raise InputError(f"{name} does not take {option}={values[option]}: {fault['msg']}. {option}: {told}") from error


def _settings(name: str, kind: type[DefenceOptions], settings: Iterable[str]) -> Iterable[tuple[str, str]]:
    seen: set[str] = set()
    for setting in settings:
        option, equals, value = setting.partition("=")
        if option not in kind.model_fields:
            raise UnknownNameError(f"option of {name}", option, kind.model_fields)
        if not equals or not value or option in seen:
            example = f"{name}:{option}={_example(kind, option)}"
            raise InputError(f"'{setting}' of {name} cannot be read: write {option}=VALUE once, as in {example}")
        seen.add(option)
        yield option, value


def _example(kind: type[DefenceOptions], option: str) -> str:
    default = kind.model_fields[option].default
    return str(default) if default not in (None, ()) else "VALUE"
