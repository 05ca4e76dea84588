"""The section of the comparison ``gradient_flow``: signals at initialisation, and which depths can be trained."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from acts.params.sections import (
    UNIQUE,
    Activations,
    Count,
    Depths,
    Inits,
    Place,
    Rate,
    Section,
    Seeds,
    Width,
    Word,
    each_once,
)

Sigma = Annotated[float, Field(gt=0, le=100)]
Sigmas = Annotated[tuple[Sigma, ...], AfterValidator(each_once), Field(json_schema_extra=UNIQUE)]
Widths = Annotated[tuple[Width, ...], AfterValidator(each_once), Field(json_schema_extra=UNIQUE)]


class Trainability(Section):
    """Networks trained by SGD on a grid of weight scales and depths, at a rate of ``rate`` over the depth.

    ``sigma_b`` is the scale of the biases by activation.
    """

    sigma_b: dict[str, Annotated[float, Field(ge=0, le=100)]] = Field(min_length=1)
    sigma_w: Sigmas
    depths: Depths
    width: Width
    dataset: Word
    steps: Count
    batch: Count
    rate: Rate

    def mentions(self, noun: Literal["activations", "datasets"]) -> Iterator[tuple[Place, str]]:
        """Yield every activation or data set that is named here, with its place."""
        if noun == "datasets":
            yield ("dataset",), self.dataset
        else:
            yield from ((("sigma_b", name), name) for name in self.sigma_b)


class GradientFlow(Section):
    """Signal norms through networks at initialisation; one seed is one network.

    Theory is given for ``width``; networks of ``more_widths`` are measured too. ``trainability`` asks for trained ones.
    """

    activations: Activations
    inits: Inits
    depths: Depths
    width: Width
    more_widths: Widths | None = None
    seeds: Seeds
    trainability: Trainability | None = None

    def mentions(self, noun: Literal["activations", "datasets"]) -> Iterator[tuple[Place, str]]:
        """Yield every activation or data set that is named here, with its place; "all" names none."""
        yield from super().mentions(noun)
        if self.trainability:
            yield from ((("trainability", *place), name) for place, name in self.trainability.mentions(noun))
