"""Sections of comparisons that measure functions themselves: what they cost, and how exactly they are computed."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from acts.params.sections import UNIQUE, Activations, Count, Network, Section, Seeds, each_once

Batches = Annotated[tuple[Count, ...], AfterValidator(each_once), Field(json_schema_extra=UNIQUE)]
Size = Annotated[int, Field(ge=1, le=2**30)]
Elements = Annotated[tuple[Size, ...], AfterValidator(each_once), Field(json_schema_extra=UNIQUE)]
Dtype = Literal["float32", "bfloat16", "float16", "float64"]
Dtypes = Annotated[tuple[Dtype, ...], AfterValidator(each_once), Field(json_schema_extra=UNIQUE)]


def perceptron(network: str) -> str:
    """Return the name of a network whose whole step can be timed; raises ValueError for one that is no mlp."""
    if not network.startswith("mlp_"):
        raise ValueError("only the step of an mlp is timed, as mlp_4x256")
    return network


class Cost(Section):
    """Time and memory in fresh processes; ``seconds`` is for every size and dtype, and every network and batch.

    ``steps`` are the perceptrons whose whole training step is timed, each with its batches; ``compiled`` are the
    functions that are also timed as torch.compile makes them, over ``compiled_sizes``.
    """

    activations: tuple[str, ...]
    processes: Seeds
    sizes: Elements
    dtypes: Dtypes
    steps: Annotated[dict[Annotated[Network, AfterValidator(perceptron)], Batches], Field(min_length=1)]
    compiled: tuple[str, ...] = ()
    compiled_sizes: Elements = (65536,)
    seconds: Annotated[float, Field(gt=0, le=60)] = 0.25


class Precision(Section):
    """Values and derivatives held against the formula, at about so many ``points`` for each activation."""

    activations: Activations
    points: Annotated[int, Field(ge=24, le=100_000)]
