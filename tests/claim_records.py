"""Records made from the rules of claims: such that a rule is supported, and such that it is refuted."""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from acts.claims import Claim, catalogue
from acts.claims.catalogue import Compound, Conjunction, Part
from acts.claims.facts import Check, Exact
from acts.claims.rules import OUTCOME, Combination, Contrast, Family, Sweep, Trend
from acts.claims.sides import AnySide, BestOf, Side, as_side, members
from acts.claims.surveys import Bounds, Omnibus, Policy, Rare, Spread
from acts.records import COLUMNS, frame

SEEDS = 12
TASKS = (
    "xor", "spirals", "moons", "circles", "quantiles", "hastie", "teacher", "digits", "mnist1d", "breast_cancer",
    "wine", "iris",
)  # fmt: skip
LEVELS: dict[str, tuple[Any, ...]] = {
    "dataset": ("digits",), "network": ("mlp_4x32",), "norm": ("none",), "optimizer": ("sgd",), "init": ("he",),
    "device": ("cpu",), "dtype": ("float32",), "layer": (1, 2), "phase": ("final",), "depth": (20,), "arm": ("best",),
}  # fmt: skip
SUITE = {"dataset": TASKS, "network": ("mlp_4x32", "cnn_2x16")}
DOSES = (1, 3, 10, 30)
FAR = 5.0  # margins that are more than any claim asks
STEP = 0.1  # where a claim names a direction only
LOW, HIGH = 0.2, 0.3  # levels of a metric that some rules start from
Rows = list[dict[str, Any]]
KEY = [column for column in COLUMNS if column != "value"]

# Values of sides that several parts of one claim share, where parts made one by one would contradict each other.
SHARED: dict[str, dict[str, dict[str, float]]] = {
    "C03": {
        "supported": {"regions one": 2, "regions two": 4, "regions two layers": 4, "regions four layers": 8,
                      "loss one": 0.4, "loss two": 0.3, "loss two layers": 0.3, "loss four layers": 0.2},
        "refuted": {"regions one": 2, "regions two": 4, "regions two layers": 4, "regions four layers": 8,
                    "loss one": 0.2, "loss two": 0.3, "loss two layers": 0.3, "loss four layers": 0.4},
    },
    "C12": {
        "supported": {"tanh": 0.2, "the sigmoid": 0.4, "the sigmoid with χ₁ restored": 0.21, "χ₁ restored": 0.21,
                      "the centred sigmoid": 0.35},
        "refuted": {"tanh": 0.2, "the sigmoid": 0.4, "the sigmoid with χ₁ restored": 0.39, "χ₁ restored": 0.39,
                    "the centred sigmoid": 0.21},
    },
    "C20": {
        "supported": {"tanh": 0.2, "the sigmoid": 0.4, "the steep sigmoid": 0.21, "the centred sigmoid": 0.35},
        "refuted": {"tanh": 0.2, "the sigmoid": 0.4, "the steep sigmoid": 0.39, "the centred sigmoid": 0.21},
    },
    "C86": {
        "supported": {"Mish": 0.95, "Swish": 0.85, "ReLU": 0.6},
        "refuted": {"Mish": 0.6, "Swish": 0.85, "ReLU": 0.95},
    },
}  # fmt: skip


def made(claim: Claim, word: str) -> pd.DataFrame:
    """Return records on which a claim should be judged with the word, *supported* or *refuted*."""
    rows = _rows(claim.rule, word, SHARED.get(claim.id, {}).get(word, {}))
    table = frame(rows)
    return table.drop_duplicates(KEY, keep="last").reset_index(drop=True)


def _rows(rule: Any, word: str, shared: Mapping[str, float]) -> Rows:
    if isinstance(rule, Conjunction):
        by_id = {claim.id: claim for claim in catalogue()}
        return [
            row
            for member in rule.members
            for row in made(by_id[member], word)
            .astype(object)
            .where(lambda table: table.notna(), None)
            .to_dict("records")
        ]
    if isinstance(rule, Compound):
        return [row for part, told in _parts(rule, word) for row in _rows(part, told, shared)]
    good = word == "supported"
    if isinstance(rule, Exact):
        return _facts(rule, good)
    if isinstance(rule, Bounds):
        return _within(rule, good)
    if isinstance(rule, Omnibus | Spread):
        return _different(rule, good)
    if isinstance(rule, Policy):
        return _regretted(rule, good)
    if isinstance(rule, Rare | Omnibus):
        return _counted(rule, good)
    if isinstance(rule, Trend):
        return _rising(rule, good)
    return _compared(rule, good, shared)


def _parts(rule: Compound, word: str) -> Iterator[tuple[Part, str]]:
    """Yield every part with the word it should get: where a whole is refuted, those that cannot refute stay true."""

    def held(part: Part) -> bool:
        return rule.kind == "all_of" and (isinstance(part, Exact) or not getattr(part, "refutes", True))

    parts = list(rule.parts.values())
    if word == "refuted":
        yield from sorted(
            ((part, "supported" if held(part) else word) for part in parts), key=lambda one: one[1] == word
        )
    elif rule.kind == "any_of":
        yield from ((part, "refuted") for part in parts[1:])
        yield parts[0], word
    else:
        yield from ((part, word) for part in parts)


# --- places -----------------------------------------------------------------------------------------------------------


def places(rule: Any, *, several: bool = False) -> list[dict[str, Any]]:
    """Return the columns of every primary contrast, what the rule fixes included."""
    fixed = {
        c: level for c, level in rule.cells.items() if not isinstance(level, list | tuple | dict) and level != "last"
    }
    free = list(getattr(rule, "over", ()))
    if isinstance(rule, Rare | Omnibus):
        free += [c for c, level in rule.cells.items() if isinstance(level, list | tuple) and c not in free]
    else:
        fixed |= {c: level[0] for c, level in rule.cells.items() if isinstance(level, list | tuple) and c not in free}
    levels = [_levels(rule, column, several) for column in free]
    return [{**fixed, **dict(zip(free, found, strict=True))} for found in product(*levels)]


def _levels(rule: Any, column: str, several: bool) -> Sequence[Any]:
    asked = rule.cells.get(column)
    if isinstance(asked, list | tuple):
        return [asked[0], asked[-1]] if column == "network" and several else asked
    if asked is not None and not isinstance(asked, dict) and asked != "last":
        return (asked,)
    if several and column in SUITE:
        return SUITE[column]
    return LEVELS.get(column, (None,))


def _row(rule: Any, side: Side, place: Mapping[str, Any], seed: int, metric: str, value: float) -> dict[str, Any]:
    """Return one row; what a side fixes goes before what the place says."""
    who = {"experiment": rule.experiment, "phase": "final", "device": "cpu", "dtype": "float32", **place, **side.fixed}
    return {**who, "activation": side.activation, "seed": seed, "metric": metric, "value": float(value)}


def _ripple(seed: int, name: str) -> float:
    """Return a small share that differs between seeds and sides, the same every time."""
    return 0.002 * float(np.random.default_rng([seed, *name.encode()]).normal())


# --- families of contrasts --------------------------------------------------------------------------------------------


def _wanted(rule: Family, good: bool) -> float:
    """Return the oriented difference to make, in units of the differences (logs on a log scale)."""
    unit = rule.threshold if rule.scale != "margins" else 1.0
    if unit == 0:
        return STEP if good else -STEP
    if rule.degree == "different":
        return FAR * unit if good else 0.0
    if rule.degree == "no_difference":
        return 0.0 if good else -FAR * unit
    return unit * ({"little": 1.5, "alternative": 0.0}.get(rule.degree, FAR) if good else -FAR)


def _compared(rule: Contrast | Sweep | Combination, good: bool, shared: Mapping[str, float]) -> Rows:
    rows: Rows = []
    for place in places(rule, several=rule.tasks):
        metric = "error" if rule.metric == OUTCOME else rule.metric
        unit = -math.log(1 - rule.margins[metric]) if rule.scale == "margins" else 1.0
        values = _values(rule, _wanted(rule, good) * unit, place)
        for side, value in values.items():
            for member in members(side):
                told = value if _is_best(side, member) else _other(values, side)
                told = shared.get(member.name, shared.get(f"{metric} {member.name}", told))
                rows += _seeded(rule, member, place, metric, told)
            if isinstance(side, BestOf):
                rows += _tuning(rule, side, place, metric)
    return rows


def _other(values: Mapping[AnySide, float], side: AnySide) -> float:
    """Return what a member that tuning does not pick reaches: what the other side does."""
    return next((value for one, value in values.items() if one != side), HIGH)


def _is_best(side: AnySide, member: Side) -> bool:
    return not isinstance(side, BestOf) or member == side.members[-1]


def _seeded(rule: Any, side: Side, place: Mapping[str, Any], metric: str, value: float) -> Rows:
    rows = []
    for seed in range(SEEDS):
        shift = _ripple(seed, side.name)
        found = value * (1 + shift) if getattr(rule, "scale", "linear") != "linear" else value + 0.01 * shift
        rows.append(_row(rule, side, place, seed, metric, found))
    return rows


def _tuning(rule: Any, side: BestOf, place: Mapping[str, Any], metric: str) -> Rows:
    """Return tuning runs in which the last member is the best."""
    rows = []
    for number, member in enumerate(side.members):
        arm = ";".join(str(member.fixed.get("arm", place.get("arm")) or "").split(";")[1:]) or None
        for seed, (step, rate) in product(range(SEEDS), enumerate((0.1, 0.2, 0.4))):
            value = (0.5 - 0.05 * number) * (1 + 0.1 * abs(step - 1))
            row = _row(rule, member, place, 1000 + seed, metric, value)
            rows.append(row | {"phase": "tune", "split": "validation", "arm": arm, "lr": rate, "init": "he"})
    return rows


def _values(rule: Contrast | Sweep | Combination, wanted: float, place: Mapping[str, Any]) -> dict[AnySide, float]:
    """Return a value a side such that the oriented difference is the wanted one."""
    steps = max(int(place["depth"]) - 1, 1) if rule.per_layer else 1
    lower = rule.better == "lower"
    if isinstance(rule, Sweep):
        return {rule.a: steps * (rule.bound - wanted if lower else rule.bound + wanted)}
    if isinstance(rule, Combination):
        return _weighted(rule, wanted)
    base = 0.5 if rule.scale == "linear" else HIGH
    if rule.scale == "linear":
        first = base - wanted if lower else base + wanted
    else:
        first = base * math.exp(-wanted if lower else wanted)
    return {rule.a: steps * first, **dict.fromkeys(rule.b, steps * base)}


def _weighted(rule: Combination, wanted: float) -> dict[AnySide, float]:
    """Return values of which those with a negative weight are alike, and those with a positive one too."""
    logs, lower = rule.scale != "linear", rule.better == "lower"
    sign = -1 if lower else 1
    wanted = math.copysign(min(abs(wanted), 0.03), wanted) if not rule.margin and not logs else wanted
    base = sign * (math.log(HIGH) if logs else 0.5)
    against = sum(term.weight for term in rule.terms if term.weight < 0)
    favour = sum(term.weight for term in rule.terms if term.weight > 0)
    found = (wanted - against * base) / favour
    back = {True: sign * found, False: sign * base}
    return {term: math.exp(back[term.weight > 0]) if logs else back[term.weight > 0] for term in rule.terms}


def _rising(rule: Trend, good: bool) -> Rows:
    rows = []
    for place in places(rule):
        for number, dose in enumerate(DOSES):
            arm = str(place.get("arm", "")).replace("*", str(dose))
            up = 0.05 * number if (rule.better == "higher") else -0.05 * number
            for seed in range(SEEDS):
                value = HIGH + (up if good else -up) + _ripple(seed, str(dose))
                rows.append(_row(rule, as_side(rule.a), {**place, "arm": arm}, seed, rule.metric, value))  # type: ignore[arg-type]
    return rows


# --- other rules ------------------------------------------------------------------------------------------------------


def _within(rule: Bounds, good: bool) -> Rows:
    rows: Rows = []
    for span, place in product(rule.ranges, places(rule)):
        ends = (span.low, span.high) if good else (span.below, span.above)
        middle = _inside(*ends) if good else _outside(*ends)
        rows += [
            _row(rule, Side(activation=rule.activation), place, seed, span.metric, middle + _ripple(seed, span.metric))
            for seed in range(SEEDS)
        ]
    if rule.formula:
        value = rule.formula.at_most / 2 if good else 1.0
        rows.append({"experiment": "formulas", "phase": "exact", "activation": rule.activation,
                     "metric": rule.formula.metric, "value": value})  # fmt: skip
    return rows


def _inside(low: float | None, high: float | None) -> float:
    if low is None or high is None:
        return low * 1.2 + 0.05 if low is not None else (high or 0.0) / 2
    return (low + high) / 2


def _outside(low: float | None, high: float | None) -> float:
    return low * 0.9 - 0.05 if low is not None else 2 * (high or 0.0) + 0.1


def _different(rule: Omnibus | Spread, good: bool) -> Rows:
    """Return activations far apart beside the spread of seeds, or alike."""
    arms = [*rule.activations, *rule.extremes]
    metrics = rule.metrics if isinstance(rule, Omnibus) else ("error",)
    rows: Rows = []
    for metric, place in product(metrics, places(rule, several=isinstance(rule, Spread))):
        for number, arm in enumerate(arms):
            for seed in range(SEEDS):
                rng = np.random.default_rng(
                    [seed, number, *metric.encode(), *str(sorted(place.items(), key=str)).encode()]
                )
                value = HIGH * math.exp((0.2 * number if good else 0.0) + 0.05 * float(rng.normal()))
                rows.append(_row(rule, Side(activation=arm), place, seed, metric, value))
    return rows


def _regretted(rule: Policy, good: bool) -> Rows:
    """Return outcomes in which the policy's regret is on the claim's side of its bound."""
    falls_behind = (rule.better == "higher") == good
    rows: Rows = []
    for place in places(rule, several=rule.quantifier == "mean"):
        for number, arm in enumerate(rule.activations):
            level = HIGH if falls_behind and arm == rule.policy else LOW
            value = level * math.exp(0.0001 * number)
            rows += _seeded(rule, Side(activation=arm), place, "error", value)
    return rows


def _counted(rule: Rare, good: bool) -> Rows:
    rows: Rows = []
    for place, seed in product(places(rule), range(SEEDS)):
        side = as_side(rule.a)  # type: ignore[arg-type]
        rows.append(_row(rule, side, place, seed, rule.events, 0.0 if good else 2.0))
        rows.append(_row(rule, side, place, seed, rule.of, math.ceil(3 / rule.limit)))
    return rows


def _facts(rule: Exact, good: bool) -> Rows:
    """Return facts under which every case holds, or none does."""
    values: dict[str, float] = {}
    for case in rule.cases:
        for number, check in enumerate(case.checks):
            if good or not number or check.left not in values:
                _satisfy(check, values, rule.quoted, good or number > 0)
    rows = []
    for name, fact in rule.facts.items():
        place = {column: getattr(fact, column) for column in ("arm", "init", "network", "depth", "layer")}
        rows.append({"experiment": "formulas", "phase": "exact", "activation": fact.activation, "metric": fact.metric,
                     "value": values.get(name, 0.5), **place})  # fmt: skip
    return rows


def _satisfy(check: Check, values: dict[str, float], quoted: Mapping[str, float], good: bool) -> None:
    """Set the fact on the left so that a check holds, or does not."""
    if not isinstance(check.left, str):
        return
    right = quoted.get(check.right, values.get(check.right, 0.5)) if isinstance(check.right, str) else check.right
    room = max(abs(right), 1.0) * 0.5 + 2 * check.within
    held = {"<": right - room, "<=": right, ">": right + room, ">=": right, "==": right, "!=": right + room}
    broken = {"<": right + room, "<=": right + room, ">": right - room, ">=": right - room, "==": right + room,
              "!=": right}  # fmt: skip
    values[check.left] = (held if good else broken)[check.op]
