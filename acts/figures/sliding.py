"""Sliding: what a page needs to move a figure of functions, in plain JSON values, from records and the catalogue."""

import itertools
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from acts import records as door
from acts.figures import naming, palette

EXPERIMENT = "formulas"
BOUNDS = ("infimum", "minimum_x", "lipschitz")
SCALES = ("sigma_w", "sigma_b")
NODES = 16  # of a Gauss–Legendre rule on each panel of the line
DASHES = 4


def functions(records: pd.DataFrame, catalogue: pd.DataFrame) -> list[dict[str, Any]]:
    """Return every function that has a tree: its words, colour, formula, sliders, and the tables that they run over.

    A table is flat, the last slider's levels fastest; a number that does not exist is None, infinity the text ``inf``.
    """
    slid = _slid(records)
    scales = _scales(slid)
    return [
        _words(catalogue, name) | {"tree": json.loads(tree)} | _sliders(slid.get(name, {}), parameters, scales)
        for name, tree, parameters in _trees(catalogue)
    ]


def scales(records: pd.DataFrame) -> list[float]:
    """Return the scales of the input that the tables know, rising."""
    return _scales(_slid(records))


def followed(records: pd.DataFrame, catalogue: pd.DataFrame) -> list[dict[str, Any]]:
    """Return every function that has a tree, with value and slope alone, and the inits that follow from it."""
    own = {init: _inits(records, init) for init in ("stable", "critical")}
    return [
        _words(catalogue, name)
        | {"tree": _shorter(json.loads(tree)), "others": parameters}
        | {init: found[name] for init, found in own.items() if name in found}
        for name, tree, parameters in _trees(catalogue)
    ]


def rule() -> dict[str, list[float]]:
    """Return the nodes and weights of a Gauss–Legendre rule on [−1, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    return {"nodes": nodes.tolist(), "weights": weights.tolist()}


def variances(records: pd.DataFrame) -> dict[str, float]:
    """Return the σ_w of each init that no function chooses, read off the factors χ that it gives."""
    rows = door.where(records, experiment=EXPERIMENT, phase="exact", metric="chi", arm=None, depth=None, layer=None)
    slope = door.where(records, experiment=EXPERIMENT, phase="exact", metric="slope_second", arm=None, init=None)
    first = slope[slope["value"] > 0].iloc[:1]
    own = rows[rows["activation"].isin(first["activation"])].dropna(subset=["init"])
    found = {row.init: math.sqrt(row.value / first["value"].iloc[0]) for row in own.itertuples()}
    return {init: found[init] for init in ("torch_default", "lecun", "he") if init in found}


def dashes() -> list[str]:
    """Return the dashes that tell members of a family apart, as SVG writes them."""
    styles = [palette.dash(rank) for rank in range(DASHES)]
    return ["" if isinstance(style, str) else " ".join(f"{2 * part:g}" for part in style[1]) for style in styles]


def chosen(found: Sequence[Mapping[str, Any]], wanted: Iterable[str]) -> list[int]:
    """Return the places of the wanted functions, the first functions where none of them is there."""
    names = [one["name"] for one in found]
    return [names.index(name) for name in wanted if name in names] or list(range(min(3, len(names))))


def _trees(catalogue: pd.DataFrame) -> list[tuple[str, str, dict[str, float]]]:
    """Return name, tree and parameters of every function that has a tree, by family."""
    if "tree" not in catalogue:
        return []
    rows = catalogue.dropna(subset=["tree"]).set_index("name")
    found = []
    for name in naming.ordered(catalogue, rows.index):
        text = rows.loc[name, "parameters"]
        parameters = json.loads(text) if isinstance(text, str) and text else {}
        found.append((name, str(rows.loc[name, "tree"]), parameters))
    return found


def _words(catalogue: pd.DataFrame, name: str) -> dict[str, Any]:
    latex = catalogue.loc[catalogue["name"] == name, "latex"].iloc[0]
    own = naming.own(catalogue)
    grey = bool(own) and name not in own
    return {
        "name": name,
        "label": naming.label(catalogue, name),
        "family": naming.family(catalogue, name),
        "colour": palette.GREY if grey else naming.colour(catalogue, name),
        "latex": latex if isinstance(latex, str) else "",
        **({"own": True} if name in own else {}),
    }


def _slid(records: pd.DataFrame) -> dict[str, dict[str, dict[str, float]]]:
    """Return activation → arm → metric → value of what sliders run over; scales stand in the arm with parameters."""
    rows = door.where(records, experiment=EXPERIMENT, phase="exact", metric=[*BOUNDS, *SCALES])
    rows = rows[rows["init"].isna() | (rows["init"] == "stable")]
    found: dict[str, dict[str, dict[str, float]]] = {}
    arms = rows["arm"].fillna("").astype(str)
    for activation, arm, metric, value in zip(rows["activation"], arms, rows["metric"], rows["value"], strict=True):
        found.setdefault(activation, {}).setdefault(arm, {})[metric] = value
    return found


def _read(arm: str) -> dict[str, float]:
    return {name: float(value) for name, value in (part.split("=") for part in arm.split(";") if part)}


def _scales(slid: Mapping[str, Mapping[str, Any]]) -> list[float]:
    found = {_read(arm)["scale"] for arms in slid.values() for arm in arms if "scale=" in arm}
    return sorted(found) or [1.0]


def _sliders(
    arms: Mapping[str, Mapping[str, float]], parameters: Mapping[str, float], scales: Sequence[float]
) -> dict[str, Any]:
    """Return the sliders of a function, what its other parameters are, and its tables."""
    known = {tuple(sorted(_read(arm).items())): row for arm, row in arms.items()}
    levels = {
        name: sorted({place[name] for place in map(_read, arms) if name in place} or {parameters[name]})
        for name in parameters
    }
    free = {name: own for name, own in levels.items() if len(own) > 1}
    letters = [
        {"name": name, "label": naming.greek(name), "levels": own, "start": _nearest(own, parameters[name])}
        for name, own in free.items()
    ]
    places = [dict(zip(free, place, strict=True)) for place in itertools.product(*free.values())]
    table: dict[str, list[Any]] = {metric: [_at(known, place, metric) for place in places] for metric in BOUNDS}
    for metric in SCALES:
        at_one = [_at(known, place, metric) for place in places]
        table[metric] = [
            [_at(known, place | {"scale": scale}, metric) or (one if scale == 1 else None) for scale in scales]
            for place, one in zip(places, at_one, strict=True)
        ]
    return {"letters": letters, "others": {n: v for n, v in parameters.items() if n not in free}, "table": table}


def _nearest(levels: Sequence[float], wanted: float) -> int:
    return min(range(len(levels)), key=lambda place: abs(levels[place] - wanted))


def _at(known: Mapping[Any, Mapping[str, float]], place: Mapping[str, float], metric: str) -> float | str | None:
    """Return one number of a table, six digits of it."""
    value = known.get(tuple(sorted(place.items())), {}).get(metric)
    if value is None or math.isnan(value):
        return None
    return float(f"{value:.6g}") if math.isfinite(value) else ("inf" if value > 0 else "-inf")


def _inits(records: pd.DataFrame, init: str) -> dict[str, list[float]]:
    """Return σ_w, σ_b and q of an init that follows from the function, by activation."""
    metrics = ["sigma_w", "sigma_b", "q"]
    rows = door.where(records, experiment=EXPERIMENT, phase="exact", init=init, metric=metrics, arm=None)
    wide = rows.pivot(index="activation", columns="metric", values="value")
    return {str(name): [float(row[metric]) for metric in metrics] for name, row in wide.dropna().iterrows()}


def _shorter(tree: dict[str, Any]) -> dict[str, Any]:
    """Return a tree without its second derivative, whose steps come last."""
    outputs = tree["outputs"][:2]
    return {"steps": tree["steps"][: max(outputs) + 1], "outputs": outputs}
