"""The section of a configuration for dead units."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from acts.params.sections import (
    UNIQUE,
    Count,
    Growths,
    Network,
    Optimizer,
    Optimizers,
    Place,
    Rates,
    Section,
    Seeds,
    Words,
    each_once,
)

Names = Annotated[tuple[str, ...], AfterValidator(each_once), Field(json_schema_extra=UNIQUE)]
Bias = Annotated[float, Field(ge=-100, le=100)]
Biases = Annotated[tuple[Bias, ...], AfterValidator(each_once), Field(json_schema_extra=UNIQUE)]
Small = Annotated[int, Field(ge=1, le=64)]
Smalls = Annotated[tuple[Small, ...], AfterValidator(each_once), Field(json_schema_extra=UNIQUE)]


class Doses(Section):
    """Every activation at multiples of ReLU's tuned rate, from shifted hidden biases."""

    activations: Names
    datasets: Words
    optimizers: Optimizers
    doses: Rates
    biases: Biases


class Sparsity(Section):
    """How many outputs are zero, and their effective rank, at ReLU's tuned rate."""

    activations: Names
    datasets: Words
    optimizers: Optimizers


class Rescues(Section):
    """What is tried against dying: other functions, and for ReLU a lower rate, BatchNorm or a start bias of 0.1."""

    activations: Names
    datasets: Words
    optimizers: Optimizers


class Recycling(Section):
    """Dead units of ReLU that begin anew, against as many live ones and none."""

    datasets: Words
    optimizers: Optimizers


class Born(Section):
    """Random ReLU networks that are dead from the start: widths, the most layers, and how many networks."""

    widths: Smalls
    layers: Annotated[int, Field(ge=3, le=200)]
    networks: Count


class DeadUnits(Section):
    """Death and revival of units; runs take ``steps`` rounded up to whole epochs, and at least so many ``epochs``."""

    network: Network
    seeds: Seeds
    steps: Count
    epochs: Count
    batch: Count
    evaluations: Count
    rates: dict[Optimizer, Rates]
    growths: Growths = 2
    dose: Doses | None = None
    sparsity: Sparsity | None = None
    rescue: Rescues | None = None
    recycle: Recycling | None = None
    born: Born | None = None

    @model_validator(mode="after")
    def _rates_given(self) -> "DeadUnits":
        """Raise ValueError if an optimizer is asked for without rates to try."""
        for study in self.trained():
            for optimizer in study.optimizers:
                if optimizer not in self.rates:
                    raise ValueError(f"rates has no grid for the optimizer {optimizer!r}")
        return self

    def trained(self) -> Iterator[Doses | Sparsity | Rescues | Recycling]:
        """Yield the studies that train, those that are asked for."""
        yield from (study for study in (self.dose, self.sparsity, self.rescue, self.recycle) if study is not None)

    def mentions(self, noun: Literal["activations", "datasets"]) -> Iterator[tuple[Place, str]]:
        """Yield every activation or data set that a study names, with its place."""
        for word in ("dose", "sparsity", "rescue", "recycle"):
            study = getattr(self, word)
            named = study.mentions(noun) if study is not None else ()
            yield from (((word, *place), name) for place, name in named)
