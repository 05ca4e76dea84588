"""The section of the comparison ``replications``: published settings as data, with the figures that were reported."""

from collections.abc import Collection, Iterator
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from acts.params.sections import (
    UNIQUE,
    Count,
    Init,
    Networks,
    Norm,
    Optimizer,
    Place,
    Rate,
    Section,
    Seeds,
    Share,
    Word,
    each_once,
)

Names = Annotated[tuple[str, ...], AfterValidator(each_once), Field(json_schema_extra=UNIQUE)]
Shares = Annotated[tuple[Share, ...], AfterValidator(each_once), Field(json_schema_extra=UNIQUE)]
Tried = Annotated[tuple[Rate, ...], AfterValidator(each_once), Field(json_schema_extra=UNIQUE)]
Figures = Annotated[tuple[float, ...], Field(min_length=1)]


class Published(Section):
    """One published setting under a word of ours, its source by its key in the bibliography.

    Of several rates each seed takes the one with the lowest loss on validation rows. ``reported`` holds the published
    figures of ``metric`` on ``split``, an activation a list, in the order of networks and, inside each, of dropout.
    With a ``reach``, test rows are given uniform noise up to it.
    """

    word: Word
    source: Word
    dataset: Word
    networks: Networks
    norm: Norm = "none"
    activations: Names
    init: Init
    optimizer: Optimizer
    rates: Tried
    dropout: Shares = (0.0,)
    batch: Count
    steps: Count
    reach: Annotated[float, Field(gt=0, le=100)] | None = None
    metric: Literal["loss", "accuracy"]
    split: Literal["train", "test"]
    reported: dict[str, Figures] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _complete(self) -> "Published":
        """Raise ValueError for reported figures of another number than there are cells, or of somebody not trained."""
        cells = len(self.networks) * len(self.dropout)
        for name, figures in self.reported.items():
            if name not in self.activations:
                raise ValueError(f"reported has {name!r}, which is not among the activations")
            if len(figures) != cells:
                raise ValueError(f"reported has {len(figures)} figures for {name!r}; the setting has {cells} cells")
        return self


class Replications(Section):
    """Published results rerun with paired seeds."""

    seeds: Seeds
    settings: Annotated[tuple[Published, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _apart(self) -> "Replications":
        """Raise ValueError for two settings of one word."""
        each_once(tuple(setting.word for setting in self.settings))
        return self

    def mentions(self, noun: Literal["activations", "datasets"]) -> Iterator[tuple[Place, str]]:
        """Yield every activation or data set that a setting names, with its place."""
        for number, setting in enumerate(self.settings):
            if noun == "datasets":
                yield ("settings", number, "dataset"), setting.dataset
            else:
                yield from ((("settings", number, *place), name) for place, name in setting.mentions(noun))

    def joined(self, names: Collection[str]) -> Self:  # noqa: ARG002 - the section's signature
        """Return the section as it is: published settings speak of the functions that were published."""
        return self
