"""The section of the comparison ``robustness``: four studies of trained networks, each of which may be left out."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from acts.params.sections import (
    UNIQUE,
    Count,
    Growths,
    Inits,
    Network,
    Norm,
    Place,
    Rates,
    Section,
    Seeds,
    Share,
    WordOrWords,
    each_once,
)

Names = Annotated[tuple[str, ...], AfterValidator(each_once), Field(json_schema_extra=UNIQUE)]
Shares = Annotated[tuple[Share, ...], AfterValidator(each_once), Field(json_schema_extra=UNIQUE)]
Head = Annotated[str, Field(pattern=r"^(linear|relu|sigmoid|tanh)\+(cross_entropy|bce|hinge|mse)$")]
Heads = Annotated[tuple[Head, ...], AfterValidator(each_once), Field(json_schema_extra=UNIQUE)]


class Net(Section):
    """A network, on one or several data sets, and how long it is trained there."""

    dataset: WordOrWords
    network: Network
    norm: Norm = "none"
    steps: Count


class Answering(Net):
    """A network whose heads are compared: output functions and losses, such as ``tanh+hinge``."""

    heads: Heads


class Study(Section):
    """What all studies say: the activations of hidden layers, the inits and the networks."""

    activations: Names
    inits: Inits
    nets: Annotated[tuple[Net, ...], Field(min_length=1)]

    def mentions(self, noun: Literal["activations", "datasets"]) -> Iterator[tuple[Place, str]]:
        """Yield every activation or data set that is named here, with its place."""
        if noun == "activations":
            yield from super().mentions(noun)
            return
        for number, net in enumerate(self.nets):
            yield from ((("nets", number, "dataset", position), name) for position, name in enumerate(net.dataset))


class Noisy(Study):
    """Test rows with uniform noise on [-a, a], for so many evenly spaced a from 0 to the reach."""

    reach: Annotated[float, Field(gt=0, le=100)] = 3.0
    levels: Annotated[int, Field(ge=2, le=100)] = 7


class Mislabelled(Study):
    """Training rows of which a share has a wrong class."""

    flipped: Shares


class Ended(Study):
    """Output functions and losses."""

    nets: Annotated[tuple[Answering, ...], Field(min_length=1)]


class Robustness(Section):
    """What trained networks bear: noise, wrong labels, depth under each init and norm, and their last layer.

    All are trained by SGD with momentum and tuned alike.
    """

    seeds: Seeds
    growths: Growths = 2
    evaluations: Count = 5
    batch: Count = 32
    rates: Rates
    noise: Noisy | None = None
    labels: Mislabelled | None = None
    cells: Study | None = None
    heads: Ended | None = None

    @model_validator(mode="after")
    def _some(self) -> "Robustness":
        """Raise ValueError where no study is asked for, and for two nets that records could not tell apart."""
        if not self.studies():
            raise ValueError("asks for no study: noise, labels, cells or heads")
        for word, study in self.studies().items():
            told = [(net.network, net.norm, dataset) for net in study.nets for dataset in net.dataset]
            for place, (network, norm, dataset) in enumerate(told):
                if told[place] in told[:place]:
                    raise ValueError(f"{network} on {dataset} with norm {norm} stands twice in {word}")
        return self

    def studies(self) -> dict[str, Study]:
        """Return the studies that are asked for, by their word."""
        every = {"noise": self.noise, "labels": self.labels, "cells": self.cells, "heads": self.heads}
        return {word: study for word, study in every.items() if study is not None}

    def mentions(self, noun: Literal["activations", "datasets"]) -> Iterator[tuple[Place, str]]:
        """Yield every activation or data set that a study names, with its place."""
        for word, study in self.studies().items():
            yield from (((word, *place), name) for place, name in study.mentions(noun))
