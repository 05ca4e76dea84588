"""Rules of primary contrasts, which measured records decide: contrasts, sweeps, combinations, trends.

Every number in a rule is fixed before the run. ``cells`` says which rows count: a scalar is equality, a list says which
levels are wanted (those that a configuration does not run are left out and named), of a column in ``over`` also
``{without: […]}`` which are not; ``step: last`` is the last step.
``over`` names the columns of which every combination is one primary contrast. ``caveat`` closes the sentence: what the
claim's own measure asks for and this rule does not cover. Within a compound, a rule with ``refutes: false`` can only
support: where it is refuted the whole is no more than inconclusive.
"""

from math import log
from typing import Any, Literal

from pydantic import Field, model_validator

from acts.claims.sides import AnySide, Model, Side, Term, members

OUTCOME = "outcome"  # error where classes are told apart, loss elsewhere
Margin = float | dict[Literal["error", "loss"], float]


def by_metric(margin: Margin, metric: str) -> dict[str, float]:
    """Return a margin by metric: the one of a rule's metric, or those of the outcomes."""
    return {str(name): size for name, size in margin.items()} if isinstance(margin, dict) else {metric: margin}


class Judged(Model):
    """What every rule has that measured records decide."""

    experiment: str
    cells: dict[str, Any] = Field({})
    caveat: str = ""
    refutes: bool = True


class Family(Judged):
    """What rules of primary contrasts share: a metric, a direction, a margin, and the cells that make the family.

    ``better`` is the direction in which the claim is right. On a log scale differences are logs of ratios and the
    margin is a share; on the scale ``margins`` they are divided by the margin's own log, which may differ between error
    and loss, so that tasks can be set side by side. ``magnitude`` compares absolute values; ``per_layer`` divides by
    the depth − 1 steps between the first and the last layer. ``unit`` reads after a positive effect ("% less loss
    area"). The metric ``outcome`` is the error where a task has one and the loss elsewhere. ``most`` is supported by at
    least ``at_least`` contrasts after Holm where none is reversed; ``among`` by one, and refuted where all refute it.
    ``different`` is a difference beyond the margin, whichever way. ``by_task`` takes a combination as
    the replicate, as ``mean`` does, under another quantifier: a contrast a rival. ``as_recorded`` leaves a run that
    diverged the value that was recorded of it, where that is the worst there is already, as a share of 1.
    """

    metric: str
    over: tuple[str, ...] = ("dataset", "network", "optimizer")
    scale: Literal["log", "linear", "margins"] = "linear"
    better: Literal["lower", "higher"] = "lower"
    magnitude: bool = False
    per_layer: bool = False
    quantifier: Literal["everywhere", "somewhere", "among", "mean", "most"] = "everywhere"
    at_least: int | None = Field(None, ge=1)
    by_task: bool = False
    as_recorded: bool = False
    degree: Literal["better", "greatly", "little", "alternative", "no_difference", "different"] = "better"
    margin: Margin
    unit: str

    @model_validator(mode="after")
    def _sensible(self) -> "Family":
        for margin in self.margins.values():
            if self.scale != "linear" and not 0 <= margin < 1:
                raise ValueError(f"a margin on a log scale is a share between 0 and 1, not {margin:g}")
            if margin < 0:
                raise ValueError(f"a margin is at least 0, not {margin:g}")
            if margin == 0 and self.scale == "margins":
                raise ValueError("a margin that is a unit is above 0")
            if margin == 0 and self.degree in ("greatly", "little", "no_difference", "different"):
                raise ValueError(f"the degree {self.degree!r} needs a margin above 0")
        if isinstance(self.margin, dict) and self.scale != "margins":
            raise ValueError("a margin for error and one for loss need the scale 'margins'")
        if self.metric == OUTCOME and self.scale != "margins":
            raise ValueError("the metric 'outcome' needs the scale 'margins'")
        if (self.quantifier == "most") != (self.at_least is not None):
            raise ValueError("the quantifier 'most', and it alone, needs at_least")
        return self

    @model_validator(mode="after")
    def _open(self) -> "Family":
        for side in self.compared:
            for member in members(side):
                if both := set(member.fixed) & set(self.over):
                    raise ValueError(f"{member.name} fixes {min(both)}, which 'over' keeps open")
        return self

    @property
    def compared(self) -> tuple[AnySide, ...]:
        """Return the sides whose values the rule takes."""
        return ()

    @property
    def tasks(self) -> bool:
        """Return whether the replicate is a combination of ``over``, a task, and not a seed."""
        return self.by_task or self.quantifier == "mean"

    @property
    def margins(self) -> dict[str, float]:
        """Return the margin by metric."""
        return by_metric(self.margin, self.metric)

    @property
    def threshold(self) -> float:
        """Return the margin in units of the differences: on a log scale that of a value smaller by that share."""
        if self.scale == "margins":
            return 1.0
        assert isinstance(self.margin, float)
        return -log(1 - self.margin) if self.scale == "log" else self.margin

    @property
    def shown_margin(self) -> float:
        """Return the margin in the unit of the effect."""
        if self.scale == "margins":
            return 1.0
        assert isinstance(self.margin, float)
        return 100 * self.margin if self.scale == "log" else self.margin


class Contrast(Family):
    """A paired comparison of side ``a`` with each ``b``, one primary contrast per combination of ``over``.

    The quantifier ``mean`` takes a combination as the replicate (a task), not the seed.
    """

    kind: Literal["contrast"]
    a: AnySide
    b: tuple[AnySide, ...] = Field(min_length=1)

    @property
    def compared(self) -> tuple[AnySide, ...]:
        """Return the sides whose values the rule takes."""
        return (self.a, *self.b)


class Sweep(Family):
    """One side against a fixed number, one primary contrast per combination of ``over``."""

    kind: Literal["sweep"]
    a: AnySide
    bound: float = 0.0

    @property
    def compared(self) -> tuple[AnySide, ...]:
        """Return the sides whose values the rule takes."""
        return (self.a,)

    @model_validator(mode="after")
    def _linear(self) -> "Sweep":
        if self.scale != "linear" or self.quantifier == "mean":
            raise ValueError("a sweep is judged cell by cell on the linear scale")
        return self


class Combination(Family):
    """One weighted sum of sides, paired by seed, above 0: values are oriented first, so that larger is better.

    "x closes at least half of the gap from base to goal" has weights 1 for x, −½ for base and −½ for goal. ``label`` is
    what sentences call the sum.
    """

    kind: Literal["combination"]
    terms: tuple[Term, ...] = Field(min_length=2)
    label: str = ""

    @property
    def compared(self) -> tuple[AnySide, ...]:
        """Return the sides whose values the rule takes."""
        return self.terms


class Trend(Family):
    """Spearman's correlation, seed by seed, of a metric with a factor that the arm spells (``dose=10``), or a column.

    ``along`` names the factor; ``arm`` in ``a`` or ``cells`` holds a ``*`` in its place (``study=dose;dose=*``).
    ``better`` says whether the claim is of a rise (higher) or a fall (lower). A seed whose values are all equal has 0.
    """

    kind: Literal["trend"]
    a: str | Side
    along: str
    unit: str = "rank correlation (Spearman's ρ)"

    @property
    def compared(self) -> tuple[AnySide, ...]:
        """Return the sides whose values the rule takes."""
        return (self.a,)

    @model_validator(mode="after")
    def _plain(self) -> "Trend":
        if self.scale != "linear":
            raise ValueError("a trend is of ranks, which have no other scale than the linear one")
        return self
