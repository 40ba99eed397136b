"""Make what lies in the package of the embedded model: the bundled traits' vectors, and how it answers by itself.

    python -m replications.library

Every trait that has a usable contrast gets its vector, with its evidence, in `src/heredity/traits/vectors/`, and the
digests of all of them in `index.json`; its answers to everyday questions, and their readings, which rows are set
beside, stand in `src/heredity/traits/manner/`. Answers are kept in `--out`: a stopped run goes on.
"""

from __future__ import annotations

import json
from typing import Any

from heredity.ground.files import write_text
from heredity.models.load import load
from heredity.records.vector import ExtractSpec
from heredity.screening.manner import manner_of, usual_answers
from heredity.screening.space import blocks_at
from heredity.store.known_manner import PLACE, keep_answers, keep_manner
from heredity.store.known_vectors import BUNDLED
from heredity.store.tensors import save_vector
from heredity.studies.extraction import extract_many
from heredity.traits import define
from replications.kit import parser, provenance, running

SEED = "0"
"""The one that is used unless another is asked for."""


def main() -> None:
    """Make all vectors and write them into the package."""
    arguments = parser(__doc__, "heredity-out/library").parse_args()
    traits = [define.trait(name) for name in define.bundled_names()]
    with running() as progress:
        model = load()
        done = extract_many(traits, model, arguments.out, ExtractSpec(), SEED, progress=progress)
        made_by = provenance(model)
        blocks = blocks_at(model.n_blocks)
        answers = keep_answers(usual_answers(model, progress), model.fingerprint, PLACE)
        keep_manner(manner_of(model, blocks, answers, progress), model.fingerprint, blocks, PLACE)
    vectors: dict[str, Any] = {}
    for vector in done.vectors:
        header = vector.header
        save_vector(vector, BUNDLED / f"{header.trait.name}.safetensors")
        vectors[header.trait.name] = {
            "trait": header.trait.id,
            "directions": header.directions_digest,
            "block": header.block,
            "heldout_auc": header.heldout_auc.value,
        }
    index = {**made_by, "fingerprint": model.fingerprint, "vectors": vectors, "failed": done.failed}
    write_text(BUNDLED / "index.json", json.dumps(index, indent=1))
    print(f"{len(vectors)} vectors in {BUNDLED}; {len(done.failed)} traits without one")


if __name__ == "__main__":
    main()
