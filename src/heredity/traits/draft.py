"""The verb: from a name and one sentence to a trait."""

from __future__ import annotations

from heredity.ground.progress import SILENCE, Progress
from heredity.models.remote.endpoint import Endpoint
from heredity.records.draft import Draft, DraftSpec
from heredity.traits.template import draft_by_template
from heredity.traits.written import draft_by_model


def draft(spec: DraftSpec, endpoint: Endpoint | None = None, seed: str = "0", progress: Progress = SILENCE) -> Draft:
    """Return a trait written by the model behind an endpoint, or without one made by rule, always the same.

    Raises InputError for an empty or contradictory description, DraftError when the model gives no usable trait,
    EndpointError when it cannot be reached.
    """
    if endpoint is None:
        return draft_by_template(spec, seed)
    return draft_by_model(spec, endpoint, seed, progress)
