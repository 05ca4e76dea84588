"""Facts: what an exact rule compares, numbers that follow from formulas, looked up in the records."""

from typing import Any, Literal

from pydantic import Field, model_validator

from acts import nearest
from acts.claims.sides import Model


class Fact(Model):
    """Where one number stands in the records; a column that is left out is null there.

    An ``optional`` fact may be absent, as a minimum that is not attained: only sentences use it.
    """

    activation: str
    metric: str
    experiment: str = "formulas"
    arm: str | None = None
    init: str | None = None
    network: str | None = None
    depth: int | None = None
    layer: int | None = None
    optional: bool = False


class Check(Model):
    """One comparison ``left op right``; a side is the name of a fact or a number, ``within`` the tolerance of ==."""

    left: str | float
    op: Literal["<", "<=", ">", ">=", "==", "!="]
    right: str | float
    within: float = 0.0

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        """Read the short form ``[left, op, right]`` or ``[left, op, right, within]``."""
        if isinstance(value, list) and len(value) in (3, 4):
            return dict(zip(("left", "op", "right", "within"), value, strict=False))
        return value


class Derived(Model):
    """A number made of two others: ``left`` minus or over ``right``."""

    left: str
    op: Literal["minus", "over"]
    right: str

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        """Read the short form ``[left, op, right]``."""
        if isinstance(value, list) and len(value) == 3:
            return dict(zip(("left", "op", "right"), value, strict=True))
        return value


class Case(Model):
    """A common situation in which the claim is tested; it holds there when every check does."""

    when: str = ""
    checks: tuple[Check, ...] = Field(min_length=1)


class Elsewhere(Model):
    """A fact counted over every activation in the records: does the same hold of the other functions?"""

    metric: str
    op: Literal["<", "<=", ">", ">=", "==", "!="]
    value: float
    arm: str | None = None
    init: str | None = None
    depth: int | None = None


class Exact(Model):
    """A claim that mathematics decides.

    ``quoted`` are numbers that the claim or the rule itself states, ``effect`` the one that the ledger shows.
    ``all``: refuted by one case that fails; ``some`` ("may", "cannot avoid"): supported by one case that holds;
    ``unstated``: the claim leaves a quantity open, so cases that disagree make it *true if*.
    """

    kind: Literal["exact"]
    facts: dict[str, Fact]
    quoted: dict[str, float] = Field({})
    derived: dict[str, Derived] = Field({})
    quantifier: Literal["all", "some", "unstated"] = "all"
    cases: tuple[Case, ...] = Field(min_length=1)
    effect: str
    unit: str = ""
    elsewhere: Elsewhere | None = None
    refutes: bool = True

    @property
    def experiment(self) -> str:
        """Return the comparison that takes the facts."""
        return "formulas"

    @model_validator(mode="after")
    def _named(self) -> "Exact":
        known = {*self.facts, *self.quoted, *self.derived}
        sides = [side for case in self.cases for check in case.checks for side in (check.left, check.right)]
        sides += [side for made in self.derived.values() for side in (made.left, made.right)]
        for name in [self.effect, *(side for side in sides if isinstance(side, str))]:
            if name not in known:
                raise ValueError(nearest.unknown("fact", name, sorted(known)))
        return self
