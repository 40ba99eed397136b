"""The options of transmission studies: what `transmit` and `cascade` share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from heredity.ground.errors import InputError, UnknownNameError
from heredity.records.carrier import DIGITS_AND_SEPARATORS, USUAL_GIVEN
from heredity.records.trait import Trait
from heredity.records.transmission import ImitateSpec, TransmitSpec
from heredity.records.vector import TraitVector
from heredity.store.tensors import load_vector
from heredity.traits.define import trait

LABELS = {"soft": "forward_kl", "reverse": "reverse_kl", "hard": "hard"}
TEACHERS = ("finetuned", "prompted", "steered")
CARRIERS = ("random-numbers", "numbers", "digits", "code", "reasoning", "chat")
RATE: float = ImitateSpec().learning_rate
MEANT_FOR = {
    "teacher_steps": ("teacher", ("finetuned",)),
    "teacher_rate": ("teacher", ("finetuned",)),
    "strength": ("teacher", ("steered",)),
    "vectors": ("teacher", ("steered",)),
    "prompts": ("carrier", CARRIERS[1:]),
    "temperature": ("carrier", CARRIERS[1:]),
    "questions": ("carrier", ("reasoning",)),
}
"""Options that only some teachers and carriers heed: by parameter, the option that decides, and its values."""

ControlOption = Annotated[
    str,
    typer.Option(
        help="What the control's teacher shows: for owl another of its animals (cat, dog, lion, tiger, elephant, "
        "dolphin, eagle, wolf, panda, horse, penguin), for a character another one; 'base' for hard labels only."
    ),
]
OthersOption = Annotated[
    list[str] | None, typer.Option("--other", help="A further target with a teacher of its own; repeat it.")
]
TeacherOption = Annotated[
    str,
    typer.Option(
        help=f"How teachers get their trait: {', '.join(TEACHERS)}; prompted ones need a carrier that they write."
    ),
]
CarrierOption = Annotated[str, typer.Option(help=f"What students are taught on: {', '.join(CARRIERS)}.")]
LabelsOption = Annotated[
    str,
    typer.Option(
        help="soft: KL(teacher, student) over all tokens. reverse: KL(student, teacher). hard: the tokens that it "
        "wrote, so a carrier that teachers write, such as digits."
    ),
]
SeedsOption = Annotated[int, typer.Option(min=1, help="Pairs of students; the student is the unit of analysis.")]
StepsOption = Annotated[int, typer.Option(min=1, help="Optimizer steps of a student.")]
RateOption = Annotated[float, typer.Option(help="Learning rate of the students.")]
LoraOption = Annotated[int, typer.Option(min=0, help="Train a LoRA of this rank instead of all weights.")]
OnPolicyOption = Annotated[
    bool, typer.Option(help="Students write what they are taught on (soft labels, --carrier digits or numbers).")
]
DigitsOnlyOption = Annotated[
    bool,
    typer.Option("--digits-only", help="Only digits and separators count, renormalised: what the numbers say alone."),
]
GivenOption = Annotated[
    int | None,
    typer.Option(
        min=0,
        max=9,
        help="First numbers of an answer that are given, neither written nor taught. Unless you say: "
        f"{USUAL_GIVEN} for --carrier numbers, so that a small model keeps to the list; else none.",
    ),
]
PromptsOption = Annotated[int, typer.Option(min=1, help="Prompts that each teacher answers (not for random-numbers).")]
TemperatureOption = Annotated[float, typer.Option(min=0, help="Of what teachers write; 0 is greedy.")]
QuestionsOption = Annotated[
    Path | None, typer.Option(help="JSONL with checked answers for 'reasoning', as GSM8K writes them.")
]
TeacherStepsOption = Annotated[int, typer.Option(min=1, help="Optimizer steps of a fine-tuned teacher.")]
TeacherRateOption = Annotated[float, typer.Option(help="Learning rate of a fine-tuned teacher.")]
StrengthOption = Annotated[float, typer.Option(help="Push of a steered teacher along its vector.")]
VectorsOption = Annotated[
    list[Path] | None,
    typer.Option("--vector", "-v", help="The vector of a steered teacher; one for every target, the control's too."),
]
ForeignOption = Annotated[str, typer.Option(help="A model of another base, whose students are a control.")]
PilotOption = Annotated[bool, typer.Option(help="Run although the pairs are too few to see the effect.")]


def asked_for(options: Mapping[str, Any]) -> TransmitSpec:
    """Return the spec that the options of a command ask for."""
    return TransmitSpec.model_validate(
        {
            "seeds": tuple(str(i) for i in range(options["seeds"])),
            "control": options["control"],
            "others": tuple(options.get("others") or ()),
            "teacher": {
                "kind": options["teacher"],
                "n_steps": options["teacher_steps"],
                "learning_rate": options["teacher_rate"],
                "strength": options["strength"],
            },
            "carrier": {
                "kind": options["carrier"],
                "n_given": given_to(options["carrier"], options["given"]),
                "n_prompts": options["prompts"],
                "temperature": options["temperature"],
                "source": str(options["questions"] or ""),
            },
            "student": {
                "labels": LABELS[options["labels"]],
                "n_steps": options["steps"],
                "learning_rate": options["rate"],
                "lora_rank": options["lora"],
                "on_policy": options["on_policy"],
                "characters": DIGITS_AND_SEPARATORS if options["digits_only"] else "",
            },
            "power": {"least": 0.0} if options["pilot"] else {},
            "foreign": options["foreign"],
        }
    )


def given_to(carrier: str, asked: int | None) -> int:
    """Return how many numbers an answer begins with."""
    if asked is not None:
        return asked
    return USUAL_GIVEN if carrier == "numbers" else 0


def require_known(labels: str, teacher: str, carrier: str) -> None:
    """Raise UnknownNameError for a name that no table has."""
    for noun, value, known in (
        ("kind of labels", labels, tuple(LABELS)),
        ("kind of teacher", teacher, TEACHERS),
        ("carrier", carrier, CARRIERS),
    ):
        if value not in known:
            raise UnknownNameError(noun, value, known)


def require_heeded(context: typer.Context) -> None:
    """Raise InputError for an option that was given and would be ignored."""
    flags = {str(one.name): one.opts[0] for one in context.command.params}
    for name, (decides, values) in MEANT_FOR.items():
        source, chosen = context.get_parameter_source(name), context.params.get(decides)
        if source is not None and source.name == "COMMANDLINE" and chosen not in values:
            raise InputError(
                f"{flags[name]} has no effect with {flags[decides]} {chosen}, only with: {', '.join(values)}; leave it "
                f"out, or choose another {flags[decides]}"
            )


def further(one: Trait, spec: TransmitSpec, files: list[Path]) -> dict[str, Any]:
    """Return the character traits that controls name, and the vectors of steered teachers, by name."""
    named = (spec.control, *spec.others) if one.kind == "character" else ()
    traits = {name: beside(one, name) for name in named if name != "base"}
    vectors: dict[str, TraitVector] = {}
    for file in files:
        vector = load_vector(file)
        vectors[vector.header.trait.target or vector.header.trait.name] = vector
    return {"traits": traits, "vectors": vectors}


def beside(one: Trait, name: str) -> Trait:
    """Return the trait that a control shows beside a trait of character. Raises InputError for one that is none."""
    try:
        return trait(name)
    except UnknownNameError as error:
        raise InputError(
            f"'{one.name}' is a trait of character and needs another one beside it, for example --control "
            f"hallucination, but: {error}"
        ) from error
