"""The section of the comparison ``mechanisms``: studies of why activations differ, each with its networks and steps."""

from collections.abc import Collection, Iterator
from itertools import product
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from acts.params.probes import Probes
from acts.params.sections import (
    UNIQUE,
    Count,
    Growths,
    Networks,
    Optimizer,
    Optimizers,
    Place,
    Rates,
    Section,
    Seeds,
    WordOrWords,
    each_once,
)

Word = Literal["centring", "slope", "gradient", "zero", "mixed", "saturation", "rectified", "killed", "fit", "narrow"]
Init = Literal["torch_default", "lecun", "he", "stable", "critical", "chi"]
Inits = Annotated[tuple[Init, ...], AfterValidator(each_once), Field(json_schema_extra=UNIQUE)]
Dtypes = Annotated[
    tuple[Literal["float32", "float64", "bfloat16"], ...], AfterValidator(each_once), Field(json_schema_extra=UNIQUE)
]


class Study(Section):
    """One study on every data set and network named; its activations and arms are its own.

    ``inits`` and ``dtypes`` are the study's and the configuration's where none are named.
    """

    study: Word
    datasets: WordOrWords
    networks: Networks
    optimizers: Optimizers
    inits: Inits | None = None
    dtypes: Dtypes | None = None
    steps: Count
    batch: Count
    rates: dict[Optimizer, Rates]

    @model_validator(mode="after")
    def _rates_given(self) -> "Study":
        """Raise ValueError if an optimizer is asked for without rates to try."""
        for optimizer in self.optimizers:
            if optimizer not in self.rates:
                raise ValueError(f"rates has no grid for the optimizer {optimizer!r}")
        return self

    def cells(self) -> Iterator[tuple[str, str, Optimizer]]:
        """Yield data set, network and optimizer of everything that is asked for."""
        yield from product(self.datasets, self.networks, self.optimizers)


class Mechanisms(Section):
    """Studies of why activations differ, which tune every arm alike, and probes of networks.

    ``growths`` is how often a grid of rates may grow at its edge, ``evaluations`` how often a loss is looked at.
    """

    seeds: Seeds
    growths: Growths = 2
    evaluations: Count = 10
    studies: tuple[Study, ...] = ()
    probes: Probes | None = None

    @model_validator(mode="after")
    def _apart(self) -> "Mechanisms":
        """Raise ValueError for two studies that records could not tell apart."""
        known: set[tuple[str, ...]] = set()
        for study in self.studies:
            for dataset, network, optimizer in study.cells():
                told = (study.study, dataset, network, optimizer)
                if told in known:
                    raise ValueError(f"the study {study.study!r} of {network} on {dataset} stands twice")
                known.add(told)
        return self

    def mentions(self, noun: Literal["activations", "datasets"]) -> Iterator[tuple[Place, str]]:
        """Yield every activation or data set that is named here, with its place; studies name no activation."""
        for number, study in enumerate(self.studies if noun == "datasets" else ()):
            places = ((("studies", number, "datasets", position), name) for position, name in enumerate(study.datasets))
            yield from places
        if self.probes is not None:
            yield from ((("probes", *place), name) for place, name in self.probes.mentions(noun))

    def joined(self, names: Collection[str]) -> Self:  # noqa: ARG002 - the section's signature
        """Return the section as it is: a study compares the functions that its mechanism is about."""
        return self
