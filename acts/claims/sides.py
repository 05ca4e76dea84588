"""Sides: what a rule compares, an activation alone, one under conditions of its own, or the best of several."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from acts import wording

FIXED = (
    "activation", "dataset", "network", "init", "norm", "optimizer", "arm", "split", "phase", "dtype", "device",
    "depth", "layer", "step",
)  # fmt: skip


OWN = ("activation", "arm")


class Model(BaseModel):
    """A frozen model that refuses unknown keys and values of another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Side(Model):
    """An activation under conditions of its own, which go before those that the rule sets for all sides.

    A column that is left out is as in the rule's ``cells``; null asks for rows without it. ``label`` is what sentences
    call it, by default the activation with whatever sets it apart.
    """

    activation: str
    dataset: str | None = None
    network: str | None = None
    init: str | None = None
    norm: str | None = None
    optimizer: str | None = None
    arm: str | None = None
    split: str | None = None
    phase: str | None = None
    dtype: str | None = None
    device: str | None = None
    depth: int | None = None
    layer: int | None = None
    step: int | None = None
    label: str = ""

    @property
    def fixed(self) -> dict[str, Any]:
        """Return the columns that the side fixes, by name."""
        return {column: getattr(self, column) for column in FIXED if column in self.model_fields_set}

    @property
    def name(self) -> str:
        """Return what sentences call the side."""
        if self.label:
            return self.label
        told = [wording.level(column, level) for column, level in self.fixed.items() if column not in OWN]
        parts = [part for part in (self.arm or "").split(";") if "=" in part and not part.startswith("study=")]
        told += [wording.setting(part) for part in parts]
        return f"{self.function} ({', '.join(told)})" if told else self.function

    @property
    def function(self) -> str:
        """Return the label, or else the activation alone in words."""
        return self.label or wording.spoken(self.activation)


class Term(Side):
    """A side with the weight that its values have in a combination."""

    weight: float


class BestOf(Model):
    """Whichever side tuning found best, cell by cell: no run that judges has a part in the choice.

    The lowest mean log, over tuning seeds, of the least smoothed validation ``metric`` over rates and inits; the metric
    is the judged one where none is given.
    """

    best_of: tuple[str | Side, ...] = Field(min_length=2)
    metric: str | None = None
    label: str = ""

    @property
    def name(self) -> str:
        """Return what sentences call the side."""
        return self.label or f"the best of {', '.join(side.name for side in self.members)}"

    @property
    def members(self) -> tuple[Side, ...]:
        """Return the sides among which tuning chooses."""
        return tuple(as_side(side) for side in self.best_of)


def _kind(value: Any) -> str:
    """Return which form of a side a value has, so that a mistake in one is told of that form alone."""
    if isinstance(value, str):
        return "name"
    best = isinstance(value, BestOf) or (isinstance(value, Mapping) and "best_of" in value)
    return "best" if best else "side"


AnySide = Annotated[
    Annotated[str, Tag("name")] | Annotated[Side, Tag("side")] | Annotated[BestOf, Tag("best")], Discriminator(_kind)
]


def as_side(side: "str | Side") -> Side:
    """Return a side that is given by its activation alone as a side."""
    return Side(activation=side) if isinstance(side, str) else side


def members(side: AnySide) -> tuple[Side, ...]:
    """Return the sides that stand behind one: itself, or those among which tuning chooses."""
    return side.members if isinstance(side, BestOf) else (as_side(side),)


def name(side: AnySide) -> str:
    """Return what sentences call a side."""
    return wording.spoken(side) if isinstance(side, str) else side.name
