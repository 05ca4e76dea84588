"""Shapes: functions to choose and to slide, with their slopes, what they make of Gaussian input, and what follows."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from html import escape

import ipywidgets as widgets
import numpy as np
import pandas as pd
from scipy.special import ndtri

from acts import elementwise, properties, theory
from acts.activations import Activation
from acts.figures.table import Table, number
from acts.playground import charts, offers
from acts.playground.charts import Panel, Stroke
from acts.playground.later import Later
from acts.playground.pick import NONE, PROSE, Pick

X = np.linspace(-5, 5, 401)
Z = ndtri((np.arange(4000) + 0.5) / 4000)  # a standard normal sample without chance
BINS = np.linspace(-3, 3, 91)
COLUMNS = {
    "name": "Function", "minimum": "Minimum", "range": "Range", "lipschitz": "sup |f′|", "monotone": "Monotone",
    "mean": "E f(z)", "second": "E f(z)²", "sigma_w": "stable σ_w", "sigma_b": "stable σ_b",
}  # fmt: skip


class Shapes(widgets.VBox):
    """Up to three functions side by side; ``chart`` and ``facts`` are what a reader sees of them."""

    def __init__(self, config: str, shown: Sequence[str]) -> None:
        offered = offers.functions(config)
        starts = [*shown, NONE, NONE, NONE][:3]
        self.picks = [
            Pick(offered, start, name=f"function {place}", changed=self._moved, needed=place == 1)
            for place, start in enumerate(starts, 1)
        ]
        self.chart, self.facts = widgets.HTML(), widgets.HTML()
        self._remembered: dict[tuple[object, ...], dict[str, str]] = {}
        self._settled = Later(self._tell)
        super().__init__([widgets.HBox(self.picks, layout={"flex_flow": "row wrap"}), self.chart, self.facts])
        self._draw()
        self._tell()

    @property
    def chosen(self) -> list[Activation]:
        """The functions that are picked now."""
        return [one for one in (pick.activation for pick in self.picks) if one is not None]

    def _moved(self) -> None:
        self._draw()
        self._settled()

    def _draw(self) -> None:
        if chosen := self.chosen:
            self.chart.value = drawn(chosen)

    def _tell(self) -> None:
        rows = [self._known(one) for one in self.chosen]
        faults = "".join(f"<p>{escape(pick.fault)}</p>" for pick in self.picks if pick.fault)
        page = f'<div class="{PROSE}" style="width:max-content;max-width:100%">{table(rows).to_html()}</div>'
        self.facts.value = faults + page

    def _known(self, activation: Activation) -> dict[str, str]:
        """Return the facts of a function, which are computed once for a formula and its numbers."""
        key = (activation.name, activation.formula, *activation.parameters.items())
        if key not in self._remembered:
            self._remembered[key] = facts(activation)
        return self._remembered[key]


def curves(config: str = "cpu", *, shown: Sequence[str] = ("swish", "relu")) -> Shapes:
    """Return functions to choose and to slide; those that a configuration brings along are among them.

    Raises ParamsError for an unknown configuration.
    """
    return Shapes(config, shown)


def drawn(chosen: Sequence[Activation]) -> str:
    """Return functions, their slopes and the distribution of f(z), z standard normal, as HTML."""
    views, strokes = [elementwise.of(one) for one in chosen], charts.strokes(chosen)
    with np.errstate(all="ignore"):
        panels = [
            _lines("f(x)", [view(X) for view in views], strokes, most=(-4.0, 6.0)),
            _lines("f′(x)", [view.slope(X) for view in views], strokes, most=(-3.0, 3.0)),
            _spread([view(Z) for view in views], strokes),
        ]
    return charts.page(panels, alt=f"Curves, slopes and outputs of {', '.join(one.name for one in strokes)}.")


def _lines(title: str, values: Sequence[np.ndarray], strokes: Sequence[Stroke], *, most: tuple[float, float]) -> Panel:
    panel = Panel(title, "x", (X[0], X[-1]), charts.reach(values, least=(-0.2, 1.1), most=most))
    panel.level(0.0)
    for one, y in zip(strokes, values, strict=True):
        panel.line(X, y, one)
        panel.name(one, y[-1])
    return panel


def _spread(values: Sequence[np.ndarray], strokes: Sequence[Stroke]) -> Panel:
    """Return how outputs are distributed; where a bar is cut off, a kink or a plateau holds many of them."""
    panel = Panel("density of f(z), z ~ N(0, 1)", "f(z)", (BINS[0], BINS[-1]), (0.0, 1.6))
    for one, y in zip(strokes, values, strict=True):
        counts = np.histogram(y, BINS)[0] / (len(Z) * (BINS[1] - BINS[0]))
        panel.steps(BINS, counts, one)
    return panel


def table(rows: Sequence[Mapping[str, str]]) -> Table:
    """Return the facts of functions as a table, a function a row."""
    numbers = [name for name in COLUMNS if name not in ("name", "monotone")]
    return Table(pd.DataFrame(list(rows), columns=list(COLUMNS), dtype=object), COLUMNS, numbers=numbers)


def facts(activation: Activation) -> dict[str, str]:
    """Return the facts of a function in words; what it does not have is left out."""
    told: dict[str, str] = {"name": activation.label}
    for part in (_of_formula, _of_gauss, _of_init):
        with suppress(ValueError, ArithmeticError), np.errstate(all="ignore"):
            told |= part(activation)
    return told


def _of_formula(activation: Activation) -> dict[str, str]:
    found = properties.of(activation)
    lowest = "none" if found.minimum is None else f"{number(found.minimum[1])} at {number(found.minimum[0])}"
    return {
        "minimum": lowest,
        "range": f"{number(found.range[0])} … {number(found.range[1])}",
        "lipschitz": number(found.lipschitz),
        "monotone": "yes" if found.monotone else "no",
    }


def _of_gauss(activation: Activation) -> dict[str, str]:
    found = theory.moments(activation)
    return {"mean": number(found.mean), "second": number(found.second)}


def _of_init(activation: Activation) -> dict[str, str]:
    found = theory.stable_init(activation)
    return {"sigma_w": number(found.sigma_w), "sigma_b": number(found.sigma_b)}
