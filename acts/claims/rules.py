"""Rules that measured records decide: contrasts, combinations, sweeps, trends, bounds, rarities, policies, spreads.

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
ELSEWHERE = "elsewhere"  # the policy of taking what is best on the other families of tasks
Margin = float | dict[Literal["error", "loss"], float]


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
        given = self.margin
        return {str(k): m for k, m in given.items()} if isinstance(given, dict) else {self.metric: given}

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
        given = self.margin
        return {str(k): m for k, m in given.items()} if isinstance(given, dict) else {self.metric: given}

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
