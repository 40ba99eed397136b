"""A draft in words: what a person should look at first."""

from __future__ import annotations

from heredity.records.draft import Draft


def told(draft: Draft) -> str:
    """Return what a person should look at first."""
    trait, drafted = draft.trait, draft.trait.drafted
    by = "by rule" if drafted is None or drafted.drafter == "template" else f"by {drafted.model}"
    lines = [
        f"{trait.title}, drafted {by}: {trait.adjective} against {trait.antonym}, {len(trait.pairs)} pairs, "
        f"{len(trait.questions.extraction)} + {len(trait.questions.evaluation)} questions",
        f"  +  {trait.system_prompt(0, 'positive')}",
        f"  -  {trait.system_prompt(0, 'negative')}",
        *(f"  ?  {question}" for question in trait.questions.extraction[:3]),
        *(f"  note: {note}" for note in draft.notes[:6]),
    ]
    return "\n".join(lines)
