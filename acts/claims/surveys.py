"""Rules without primary contrasts, which measured records decide: bounds, the choice, rarities, spreads, policies."""

from typing import Literal

from pydantic import Field, model_validator

from acts.claims.rules import OUTCOME, Judged, Margin, by_metric
from acts.claims.sides import Model, Side

ELSEWHERE = "elsewhere"  # the policy of taking what is best on the other families of tasks


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


class Bounds(Judged):
    """Metrics of one activation that must lie within ranges at every combination of ``over``.

    ``case`` is the column that the claim leaves open: where its levels disagree the claim is true if. ``cases`` says in
    words what each level means; ``formula`` adds a case that needs no measurement.
    """

    kind: Literal["bounds"]
    activation: str
    ranges: tuple[Range, ...] = Field(min_length=1)
    over: tuple[str, ...] = ("init", "layer")
    case: str = "init"
    cases: dict[str, str] = Field({})
    formula: Formula | None = None
    unit: str = ""

    @model_validator(mode="after")
    def _has_case(self) -> "Bounds":
        if self.case not in self.over:
            raise ValueError(f"the case {self.case!r} is not among the columns {', '.join(self.over)}")
        return self


class Omnibus(Judged):
    """Does the choice among activations matter: ω² between arms within blocks, once without and once with extremes.

    ``matters`` is the share of variance that the interval must exceed in every test, ``negligible`` the one below which
    an interval refutes.
    """

    kind: Literal["omnibus"]
    metrics: tuple[str, ...] = Field(min_length=1)
    activations: tuple[str, ...] = Field(min_length=2)
    extremes: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ("dataset", "network", "optimizer", "seed")
    matters: float = Field(gt=0, lt=1)
    negligible: float = Field(gt=0, lt=1)
    unit: str = "share of variance (ω²)"


class Rare(Judged):
    """Events so rare that none is seen: ``events`` of the ``of`` units of each network, counted over all of them.

    Supported where there is none and 3/n, the 95 % bound on the share of units, lies below ``limit``. Refuted where the
    lower Clopper–Pearson bound on the share of seeds with any event exceeds ``tolerated``: units of one network are no
    independent draws.
    """

    kind: Literal["rare"]
    a: str | Side
    events: str
    of: str
    limit: float = Field(gt=0, lt=1)
    tolerated: float = Field(ge=0, lt=1)
    unit: str = "share of units"


class Spread(Judged):
    """How far activations differ beside seeds: the ratio of their standard deviations, task by task.

    Supported where the ratio surely lies above ``beyond`` on more than half of the tasks, refuted where it lies below
    ``below`` on more than half, of at least so many ``tasks``. ``extremes`` are told beside and decide nothing.
    """

    kind: Literal["spread"]
    metric: str = OUTCOME
    activations: tuple[str, ...] = Field(min_length=3)
    extremes: tuple[str, ...] = ()
    over: tuple[str, ...] = ("dataset", "network", "norm", "optimizer")
    beyond: float = Field(gt=0)
    below: float = Field(gt=0)
    tasks: int = Field(12, ge=2)
    unit: str = "sd between activations ÷ sd between seeds"


class Policy(Judged):
    """The regret of a fixed policy against an oracle among ``activations`` that picks on the other half of the seeds.

    ``policy`` is an activation, or ``elsewhere``: what is best on the tasks of all other families. In margins of the
    outcome; the claim is that the regret is below ``bound`` (``better: lower``) or above it (``higher``). ``mean``
    takes tasks as replicates, the other quantifiers judge seeds cell by cell. ``beside`` are policies that
    are told and decide nothing.
    """

    kind: Literal["policy"]
    metric: str = OUTCOME
    policy: str
    beside: tuple[str, ...] = ()
    activations: tuple[str, ...] = Field(min_length=2)
    over: tuple[str, ...] = ("dataset", "network", "norm", "optimizer")
    margin: Margin
    bound: float = Field(1.0, gt=0)
    better: Literal["lower", "higher"] = "lower"
    quantifier: Literal["everywhere", "somewhere", "among", "mean"] = "mean"
    unit: str = "margins of regret"

    @property
    def margins(self) -> dict[str, float]:
        """Return the margin by metric."""
        return by_metric(self.margin, self.metric)

    @property
    def shown_margin(self) -> float:
        """Return the bound in the unit of the effect."""
        return self.bound

    @model_validator(mode="after")
    def _known(self) -> "Policy":
        for name in (self.policy, *self.beside):
            if name not in (*self.activations, ELSEWHERE):
                raise ValueError(f"the policy {name!r} is neither among the activations nor {ELSEWHERE!r}")
        if not all(0 < margin < 1 for margin in self.margins.values()):
            raise ValueError("a margin of an outcome is a share between 0 and 1")
        return self
