"""Rules that measured records decide: paired contrasts, sweeps against a number, bounds, and an omnibus test.

Every number in a rule is fixed before the run. ``cells`` says which rows count: a scalar is equality, a list says which
levels are wanted (those that a configuration does not run are left out and named); ``step: last`` is the last step.
``over`` names the columns of which every combination is one primary contrast. ``caveat`` closes the sentence: what the
claim's own measure asks for and this rule does not cover.
"""

from math import log
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Model(BaseModel):
    """A frozen model that refuses unknown keys and values of another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _Family(Model):
    """What contrasts and sweeps share: one arm, a direction, a margin, and the cells that make the family.

    ``better`` is the direction in which the claim is right. On a log scale differences are logs of ratios and the
    margin is a share; ``magnitude`` compares absolute values; ``per_layer`` divides by the depth − 1 steps between
    the first and the last layer. ``unit`` reads after a positive effect ("% less loss area").
    """

    experiment: str
    metric: str
    a: str
    cells: dict[str, Any] = {}
    over: tuple[str, ...] = ("dataset", "network", "optimizer")
    scale: Literal["log", "linear"] = "linear"
    better: Literal["lower", "higher"] = "lower"
    magnitude: bool = False
    per_layer: bool = False
    quantifier: Literal["everywhere", "somewhere", "mean"] = "everywhere"
    degree: Literal["better", "greatly", "little", "alternative", "no_difference"] = "better"
    margin: float = Field(ge=0)
    unit: str
    caveat: str = ""

    @model_validator(mode="after")
    def _sensible(self) -> "_Family":
        if self.scale == "log" and not 0 < self.margin < 1:
            raise ValueError(f"a margin on a log scale is a share between 0 and 1, not {self.margin:g}")
        if self.margin == 0 and self.degree in ("greatly", "little", "no_difference"):
            raise ValueError(f"the degree {self.degree!r} needs a margin above 0")
        return self

    @property
    def threshold(self) -> float:
        """Return the margin in units of the differences: on a log scale that of a value smaller by that share."""
        return -log(1 - self.margin) if self.scale == "log" else self.margin

    @property
    def shown_margin(self) -> float:
        """Return the margin in the unit of the effect."""
        return 100 * self.margin if self.scale == "log" else self.margin


class Contrast(_Family):
    """A paired comparison of arm ``a`` with each ``b``, one primary contrast per combination of ``over``.

    The quantifier ``mean`` takes a combination as the replicate (a task), not the seed.
    """

    kind: Literal["contrast"]
    b: tuple[str, ...] = Field(min_length=1)


class Sweep(_Family):
    """One arm against a fixed number, one primary contrast per combination of ``over``."""

    kind: Literal["sweep"]
    bound: float = 0.0

    @model_validator(mode="after")
    def _linear(self) -> "Sweep":
        if self.scale == "log" or self.quantifier == "mean":
            raise ValueError("a sweep is judged cell by cell on the linear scale")
        return self


class Range(Model):
    """Where a metric must lie, strictly between ``low`` and ``high``; beyond a ``far`` bound the claim is wrong."""

    metric: str
    low: float | None = None
    high: float | None = None
    far_low: float | None = None
    far_high: float | None = None

    @property
    def below(self) -> float | None:
        """Return the bound under which the claim is wrong."""
        return self.low if self.far_low is None else self.far_low

    @property
    def above(self) -> float | None:
        """Return the bound over which the claim is wrong."""
        return self.high if self.far_high is None else self.far_high

    @model_validator(mode="after")
    def _ordered(self) -> "Range":
        if self.low is None and self.high is None:
            raise ValueError(f"{self.metric} has neither a low nor a high bound")
        return self


class Formula(Model):
    """A case that the formula alone decides: a metric of ``formulas`` that is at most so much; ``when`` in words."""

    metric: str
    at_most: float
    when: str


class Bounds(Model):
    """Metrics of one activation that must lie within ranges at every combination of ``over``.

    ``case`` is the column that the claim leaves open: where its levels disagree the claim is true if. ``cases`` says in
    words what each level means; ``formula`` adds a case that needs no measurement.
    """

    kind: Literal["bounds"]
    experiment: str
    activation: str
    ranges: tuple[Range, ...] = Field(min_length=1)
    cells: dict[str, Any] = {}
    over: tuple[str, ...] = ("init", "layer")
    case: str = "init"
    cases: dict[str, str] = {}
    formula: Formula | None = None
    unit: str = ""
    caveat: str = ""

    @model_validator(mode="after")
    def _has_case(self) -> "Bounds":
        if self.case not in self.over:
            raise ValueError(f"the case {self.case!r} is not among the columns {', '.join(self.over)}")
        return self


class Omnibus(Model):
    """Does the choice among activations matter: ω² between arms within blocks, once without and once with extremes.

    ``matters`` is the share of variance that the interval must exceed in every test, ``negligible`` the one below which
    an interval refutes.
    """

    kind: Literal["omnibus"]
    experiment: str
    metrics: tuple[str, ...] = Field(min_length=1)
    activations: tuple[str, ...] = Field(min_length=2)
    extremes: tuple[str, ...] = ()
    cells: dict[str, Any] = {}
    blocks: tuple[str, ...] = ("dataset", "network", "optimizer", "seed")
    matters: float = Field(gt=0, lt=1)
    negligible: float = Field(gt=0, lt=1)
    unit: str = "share of variance (ω²)"
    caveat: str = ""
