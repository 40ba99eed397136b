"""heredity bake: a steered model that needs no hooks."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from heredity.cli.console import say
from heredity.cli.options import ModelOption, OutOption
from heredity.cli.work import writable
from heredity.ground.errors import InputError
from heredity.records.baking import BakedVector
from heredity.report.write import told
from heredity.store.tensors import load_vector


def bake_command(
    context: typer.Context,
    vectors: Annotated[
        list[Path], typer.Argument(metavar="VECTOR", help="Vectors saved by heredity.", show_default=False)
    ],
    strength: Annotated[
        float, typer.Option("--strength", help="Multiple of each vector; below 0 pushes away.", show_default=False)
    ],
    model: ModelOption = "smollm2-135m",
    all_blocks: Annotated[
        bool, typer.Option("--all-blocks", help="Push increments at every block instead of the vector at one.")
    ] = False,
    out: OutOption = "heredity-out/baked",  # type: ignore[assignment]
) -> None:
    """Write a model that its own weights steer, so that any engine runs it at full speed.

    The push goes into biases of the MLPs, in float32. The logits are compared with those of the model steered by
    hooks, and nothing is written unless they agree. OUT is a folder that --model takes; its heredity.json says what
    was baked. Models of the Llama, GPT-2 and GPT-NeoX kinds can be baked; others: heredity vector export --to FILE.gguf
    """
    if not math.isfinite(strength):
        raise InputError(f"a strength of {strength} is no number to push by; give one such as 1 or -0.5")
    given = [load_vector(path) for path in vectors]
    from heredity.models.bake import bake, require_free, save_baked
    from heredity.models.load import load
    from heredity.training.defences.steer import pushes_of

    folder, shared = require_free(Path(out)), context.obj
    writable(folder.parent)
    # float32 also where bfloat16 is faster: the result is kept, and should lose nothing of the weights
    dtype = "float32" if shared.dtype == "auto" else shared.dtype
    network = load(model, shared.device, dtype, shared.trust_remote_code)
    for vector in given:
        vector.require_model(network.name, network.fingerprint)
    pushes = [pushes_of(vector, strength, all_blocks) for vector in given]
    parts = [
        BakedVector(
            trait=vector.header.trait.name,
            vector_id=vector.header.id,
            blocks=tuple(push.block for push in pushed),
            strength=strength,
        )
        for vector, pushed in zip(given, pushes, strict=True)
    ]
    about = save_baked(bake(network, [push for pushed in pushes for push in pushed]), parts, folder)
    say(about, f"{told(about)}\nwritten to {folder}", context.obj.as_json)
