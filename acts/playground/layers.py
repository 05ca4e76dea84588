"""Layers: how lengths and gradients travel through deep random networks of two functions, by init, with the theory."""

from collections.abc import Sequence
from html import escape

import ipywidgets as widgets
import numpy as np

from acts import theory
from acts.activations import Activation
from acts.figures.table import number
from acts.playground import charts, offers, signals
from acts.playground.charts import Panel, Stroke
from acts.playground.later import Later
from acts.playground.pick import INNER, PROSE, WIDTH, WRITTEN, Pick
from acts.playground.signals import Flow
from acts.theory import Init
from acts.wording import word

BY_HAND = "by hand"
BINS = np.linspace(-4, 4, 61)
LEAST, MOST = (-1.0, 1.0), (-30.0, 30.0)  # decades that an axis shows


class Layers(widgets.VBox):
    """Two functions, an init and a depth; ``chart`` shows their signals, ``told`` the numbers of the last layer."""

    def __init__(self, config: str, shown: Sequence[str]) -> None:
        offered = offers.functions(config)
        self._settled = Later(self._draw, 0.05)
        self.picks = [
            Pick(offered, start, name=name, changed=self._settled, needed=name == "first")
            for name, start in zip(("first", "second"), shown, strict=True)
        ]
        how = {"layout": {"width": INNER}, "style": WRITTEN}
        inits = [*((word(rule), rule) for rule in theory.RULES), (BY_HAND, BY_HAND)]
        self.init = widgets.Dropdown(options=inits, value="he", description="init", **how)
        self.sigma_w = widgets.FloatSlider(1.4, min=0.2, max=3.0, step=0.02, description="σ_w", **how)
        self.sigma_b = widgets.FloatSlider(0.0, min=0.0, max=1.0, step=0.02, description="σ_b", **how)
        self.depth = widgets.IntSlider(30, 2, 100, description="layers", **how)
        self.width = widgets.IntSlider(64, 8, 256, 8, description="units", **how)
        self.seed = widgets.BoundedIntText(0, 0, 9999, description="seed", **how)
        self.chart, self.told = widgets.HTML(), widgets.HTML()
        moved = (self.init, self.sigma_w, self.sigma_b, self.depth, self.width, self.seed)
        for one in moved:
            one.observe(lambda _: self._moved(), "value")
        boxes = [widgets.VBox(part, layout={"width": WIDTH}) for part in (moved[:3], moved[3:])]
        row = widgets.HBox([*self.picks, *boxes], layout={"flex_flow": "row wrap"})
        super().__init__([row, self.chart, self.told])
        self._moved()
        self._draw()

    def _moved(self) -> None:
        by_hand = "" if self.init.value == BY_HAND else "none"
        self.sigma_w.layout.display = self.sigma_b.layout.display = by_hand
        self._settled()

    def start(self, activation: Activation) -> Init:
        """Return the init that the controls ask for; ValueError where the function has none of that name."""
        if self.init.value == BY_HAND:
            return Init(BY_HAND, self.sigma_w.value, self.sigma_b.value)
        return theory.init(activation, self.init.value)

    def _draw(self) -> None:
        found: list[tuple[Activation, Flow]] = []
        said = []
        for pick in self.picks:
            one = pick.activation
            said += [escape(pick.fault)] if pick.fault else []
            try:
                found += [] if one is None else [(one, self._flow(one))]
            except (ValueError, ArithmeticError) as error:
                said.append(escape(" ".join(str(error).split())))
        if found:
            self.chart.value = drawn(found)
        self.told.value = f'<p class="{PROSE}">{". ".join([*said, *(told(one, flow) for one, flow in found)])}.</p>'

    def _flow(self, activation: Activation) -> Flow:
        size = {"depth": self.depth.value, "width": self.width.value, "seed": self.seed.value}
        with np.errstate(all="ignore"):
            return signals.flow(activation, self.start(activation), **size)


def depth(config: str = "cpu", *, shown: Sequence[str] = ("relu", "tanh")) -> Layers:
    """Return two functions and how signals and gradients travel through random networks of theirs.

    Raises ParamsError for an unknown configuration.
    """
    return Layers(config, shown)


def drawn(found: Sequence[tuple[Activation, Flow]]) -> str:
    """Return lengths, gradients and the last layer's pre-activations as HTML; theory is thick and pale below."""
    strokes = charts.strokes([one for one, _ in found])
    flows = [flow for _, flow in found]
    deep = flows[0].length.shape[1]
    panels = [
        _by_layer("log₁₀ length q", deep, [(one.length, one.length_theory) for one in flows], strokes),
        _by_layer("log₁₀ gradient², last = 0", deep, [(one.gradient, one.gradient_theory) for one in flows], strokes),
        _inside(flows, strokes),
    ]
    names = " and ".join(one.name for one in strokes)
    return charts.page(panels, alt=f"Lengths, gradients and pre-activations by layer in random networks of {names}.")


def _by_layer(
    title: str, deep: int, values: Sequence[tuple[np.ndarray, np.ndarray]], strokes: Sequence[Stroke]
) -> Panel:
    """Return thin lines, one a network, over a broad pale one, the theory."""
    limits = charts.reach([part for pair in values for part in pair], least=LEAST, most=MOST)
    panel = Panel(title, "layer", (1.0, float(deep)), limits)
    panel.level(0.0)
    layers = np.arange(1, deep + 1)
    for (measured, expected), stroke in zip(values, strokes, strict=True):
        panel.line(layers[: len(expected)], expected, stroke, width=6.0, opacity=0.3, plain=True)
        for network in measured:
            panel.line(layers, network, stroke, width=1.2)
        known = np.flatnonzero(np.isfinite(measured[0]))
        panel.name(stroke, float(measured[0, known[-1]]) if known.size else float("nan"))
    return panel


def _inside(flows: Sequence[Flow], strokes: Sequence[Stroke]) -> Panel:
    panel = Panel("pre-activations, last layer", "", (BINS[0], BINS[-1]), (0.0, 0.8))
    for flow, stroke in zip(flows, strokes, strict=True):
        values = flow.inside[max(flow.inside)]
        heights = np.histogram(values[np.isfinite(values)], BINS)[0] / (max(len(values), 1) * (BINS[1] - BINS[0]))
        panel.steps(BINS, heights, stroke)
    return panel


def told(activation: Activation, flow: Flow) -> str:
    """Return what became of a function's signal and gradient, in words."""
    deep = flow.length.shape[1]
    length, gradient = _power(flow.length[:, -1]), _power(flow.gradient[:, 0])
    theory_length = flow.length_theory[-1:] if len(flow.length_theory) == deep else np.array([np.nan])
    return (
        f"{escape(activation.label)}: q = {length} in layer {deep} (theory {_power(theory_length)}), and the squared "
        f"gradient of layer 1 is {gradient} times that of layer {deep} (theory {_power(flow.gradient_theory[:1])})"
    )


def _power(exponents: np.ndarray) -> str:
    """Return ten to the mean of exponents as text."""
    mean = float(np.mean(exponents))
    if not np.isfinite(mean):
        return "beyond the numbers"
    return number(10.0**mean, 2) if abs(mean) < 300 else f"10^{mean:.0f}"
