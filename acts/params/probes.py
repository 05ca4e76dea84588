"""The part of a configuration that asks for probes of networks; each study may be left out."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from acts.params.sections import (
    UNIQUE,
    Count,
    Inits,
    Network,
    Networks,
    Optimizer,
    Place,
    Rates,
    Section,
    WordOrWords,
    Words,
    each_once,
)

Names = Annotated[tuple[str, ...], AfterValidator(each_once), Field(json_schema_extra=UNIQUE)]


class Sized(Section):
    """Networks of about as many weights each, on one or several data sets."""

    dataset: WordOrWords
    networks: Networks


class Regions(Section):
    """Linear pieces between test rows, of networks as they start."""

    activations: Names
    inits: Inits
    nets: Annotated[tuple[Sized, ...], Field(min_length=1)]

    def mentions(self, noun: Literal["activations", "datasets"]) -> Iterator[tuple[Place, str]]:
        """Yield every activation or data set that is named here, with its place."""
        yield from _of_parts(self, noun, "nets", self.nets)


class Narrow(Section):
    """What layers of several widths tell of so many inputs."""

    activations: Names
    inputs: Count
    networks: Networks


class Negative(Section):
    """Signs of gradients and directions of steps, of networks as they start."""

    activations: Names
    inits: Inits
    datasets: Words
    networks: Networks


class LinearTask(Section):
    """A network on one or several data sets, and how it is trained."""

    dataset: WordOrWords
    network: Network
    optimizer: Optimizer
    steps: Count
    batch: Count
    rates: Rates


class Linear(Section):
    """Nonlinear networks at the training loss of a linear one; ``looks`` is how often that is looked at."""

    activations: Names
    inits: Inits
    looks: Count
    tasks: Annotated[tuple[LinearTask, ...], Field(min_length=1)]

    def mentions(self, noun: Literal["activations", "datasets"]) -> Iterator[tuple[Place, str]]:
        """Yield every activation or data set that is named here, with its place."""
        yield from _of_parts(self, noun, "tasks", self.tasks)


class Probes(Section):
    """The studies that read networks instead of only scoring them."""

    regions: Regions | None = None
    narrow: Narrow | None = None
    negative: Negative | None = None
    linear: Linear | None = None

    def mentions(self, noun: Literal["activations", "datasets"]) -> Iterator[tuple[Place, str]]:
        """Yield every activation or data set that a study names, with its place."""
        for name in type(self).model_fields:
            study = getattr(self, name)
            yield from (((name, *place), word) for place, word in (study.mentions(noun) if study else ()))


def _of_parts(
    section: Section, noun: Literal["activations", "datasets"], name: str, parts: tuple[Sized | LinearTask, ...]
) -> Iterator[tuple[Place, str]]:
    """Yield the activations that a section names, or the data sets that its parts do."""
    if noun == "activations":
        yield from Section.mentions(section, noun)
        return
    for number, part in enumerate(parts):
        yield from (((name, number, "dataset", place), word) for place, word in enumerate(part.dataset))
