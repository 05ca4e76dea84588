"""Lessons: two functions that learn the same task side by side, from the same seeds, with a plot that follows them."""

import asyncio
import math
from collections.abc import Sequence
from html import escape
from typing import Any

import ipywidgets as widgets
import numpy as np

from acts import theory
from acts.datasets import source
from acts.figures.table import number
from acts.playground import charts, offers
from acts.playground.charts import Panel, Stroke
from acts.playground.learner import DATASETS, PAIRS, Learner, Setting
from acts.playground.pick import INNER, PROSE, WIDTH, WRITTEN, Pick
from acts.wording import word

CLASSES = ("#08809e", "#d1378a")  # colours of the two classes
PAUSE = 0.25  # seconds between two pictures
RATES = (-3.0, 0.0)  # decades of the learning rate


class Lessons(widgets.VBox):
    """Two functions and what they are to learn; ``chart`` follows them, ``told`` says how it ended."""

    def __init__(self, config: str, shown: Sequence[str], setting: Setting) -> None:
        offered = offers.functions(config)
        self.picks = [
            Pick(offered, start, name=name, changed=lambda: None, needed=name == "first")
            for name, start in zip(("first", "second"), shown, strict=True)
        ]
        self.learners: list[Learner] = []
        self.settings, self.seed = _settings(setting), setting.seed
        self.begin, self.end, self.anew = _button("Learn", "play"), _button("Stop", "stop"), _button("Other seeds", "")
        self.chart, self.told = widgets.HTML(), widgets.HTML("<p>Press <em>Learn</em>.</p>")
        self._following: asyncio.Task[None] | None = None
        self.begin.on_click(lambda _: self.learn())
        self.end.on_click(lambda _: self.stop())
        self.anew.on_click(lambda _: self._other_seeds())
        boxes = [widgets.VBox(part, layout={"width": WIDTH}) for part in self._parts()]
        row = widgets.HBox([*self.picks, *boxes], layout={"flex_flow": "row wrap"})
        super().__init__([row, widgets.HBox([self.begin, self.end, self.anew]), self.chart, self.told])

    def _parts(self) -> list[list[widgets.Widget]]:
        chosen = list(self.settings.values())
        return [chosen[:4], chosen[4:]]

    @property
    def setting(self) -> Setting:
        """What the controls say now."""
        values = {name: one.value for name, one in self.settings.items()}
        return Setting(**values, seed=self.seed)

    def learn(self) -> None:
        """Begin from the start, with the same seeds; what was learning before is ended."""
        self.stop()
        chosen = [one for one in (pick.activation for pick in self.picks) if one is not None]
        faults = [pick.fault for pick in self.picks if pick.fault]
        self.told.value = "".join(f"<p>{escape(fault)}</p>" for fault in faults)
        self.learners = [Learner(one, self.setting).start() for one in chosen]
        try:
            self._following = asyncio.get_running_loop().create_task(self._follow(self.learners))
        except RuntimeError:  # no loop: nobody could watch
            self._wait()

    def stop(self) -> None:
        """End what is learning; the last picture stays."""
        for learner in self.learners:
            learner.stop()

    def _other_seeds(self) -> None:
        self.seed += PAIRS
        self.learn()

    async def _follow(self, learners: list[Learner]) -> None:
        while any(learner.alive for learner in learners) and learners is self.learners:
            self._show()
            await asyncio.sleep(PAUSE)
        if learners is self.learners:
            self._show()
            self.told.value = summary(learners)

    def _wait(self) -> None:
        for learner in self.learners:
            learner.join()
        self._show()
        self.told.value = summary(self.learners)

    def _show(self) -> None:
        seen = [learner for learner in self.learners if learner.frames]
        if seen and len(seen) == len([one for one in self.learners if not one.fault]):
            self.chart.value = drawn(seen)


def learning(
    config: str = "cpu", *, shown: Sequence[str] = ("relu", "tanh"), setting: Setting | None = None
) -> Lessons:
    """Return two functions that learn a task side by side; those that a configuration brings along can be chosen.

    Raises ParamsError for an unknown configuration.
    """
    return Lessons(config, shown, setting or Setting())


def _settings(start: Setting) -> dict[str, Any]:
    """Return the controls of a setting, by the field that each sets."""
    how: dict[str, Any] = {"layout": {"width": INNER}, "style": WRITTEN}
    named = [(source(name).label, name) for name in DATASETS]
    inits = [(word(rule), rule) for rule in theory.RULES]
    return {
        "dataset": widgets.Dropdown(options=named, value=start.dataset, description="data", **how),
        "depth": widgets.IntSlider(start.depth, 1, 12, description="layers", **how),
        "width": widgets.IntSlider(start.width, 2, 64, description="units", **how),
        "init": widgets.Dropdown(options=inits, value=start.init, description="init", **how),
        "optimizer": widgets.Dropdown(
            options=[("SGD", "plain_sgd"), ("momentum", "sgd"), ("Adam", "adam")],
            value=start.optimizer, description="optimiser", **how,
        ),
        "lr": widgets.FloatLogSlider(start.lr, min=RATES[0], max=RATES[1], step=0.05, description="rate", **how),
        "steps": widgets.IntSlider(start.steps, 40, 2000, 40, description="steps", **how),
    }  # fmt: skip


def _button(text: str, icon: str) -> widgets.Button:
    return widgets.Button(description=text, icon=icon, layout={"width": "8.5rem"})


def drawn(learners: Sequence[Learner]) -> str:
    """Return decision surfaces, test errors and flat units of learners as HTML."""
    strokes = charts.strokes([learner.activation for learner in learners])
    surfaces = [_surface(learner, stroke) for learner, stroke in zip(learners, strokes, strict=True)]
    steps = learners[0].setting.steps
    error = Panel("test error in %", "step", (0.0, steps), (0.0, 60.0))
    flat = Panel("flat units in %", "step", (0.0, steps), (0.0, 100.0))
    for learner, stroke in zip(learners, strokes, strict=True):
        _curves(error, learner, [100 * frame.error for frame in learner.frames], stroke)
        _curves(flat, learner, [100 * frame.flat for frame in learner.frames], stroke)
    rows = [[surfaces[0], error], [surfaces[1], flat]] if len(surfaces) == 2 else [[*surfaces, error, flat]]
    names = " and ".join(stroke.name for stroke in strokes)
    return charts.page(*rows, alt=f"What networks of {names} have learnt, their test errors and flat units by step.")


def _curves(panel: Panel, learner: Learner, values: Sequence[np.ndarray], stroke: Stroke) -> None:
    """Draw a thin line for each network and a thick one for their mean."""
    x, y = np.array([frame.step for frame in learner.frames]), np.array(values)
    for network in y.T:
        panel.line(x, network, stroke, width=0.8, opacity=0.35, plain=True)
    panel.line(x, y.mean(axis=1), stroke, width=2.2)
    panel.name(stroke, float(y[-1].mean()))


def _surface(learner: Learner, stroke: Stroke) -> Panel:
    """Return what the first network makes of the plane, under some of the rows that it learns from."""
    share, across, up = learner.surface(learner.frames[-1])
    points, classes = learner.points()
    panel = Panel(f"{stroke.name}, step {learner.frames[-1].step}", "", across, up)
    panel.ground(_coloured(np.nan_to_num(share, nan=0.5)))
    for one, colour in enumerate(CLASSES):
        own = points[classes == one]
        panel.dots(own[:, 0], own[:, 1], colour)
    return panel


def _coloured(share: np.ndarray) -> np.ndarray:
    """Return the colours of a surface: the likelier class's, the stronger the surer."""
    colours = np.array([[int(one[at : at + 2], 16) / 255 for at in (1, 3, 5)] for one in CLASSES])
    sure = np.abs(2 * share - 1)[..., None]
    return np.concatenate([colours[(share > 0.5).astype(int)], 0.5 * sure], axis=-1)


def summary(learners: Sequence[Learner]) -> str:
    """Return how it ended in a sentence or two, as HTML."""
    said = [escape(learner.fault) for learner in learners if learner.fault]
    seen = [learner for learner in learners if learner.frames]
    ends = [100 * learner.frames[-1].error for learner in seen]
    for learner, end in zip(seen, ends, strict=True):
        said.append(
            f"{escape(learner.activation.label)}: test error {number(float(end.mean()), '.1f')} % after "
            f"{learner.frames[-1].step} steps, mean of {PAIRS} networks"
        )
    told = "".join(f"{line}. " for line in said)
    return f'<p class="{PROSE}">{told}{_paired(seen, ends) if len(ends) == 2 else ""}</p>'


def _paired(learners: Sequence[Learner], ends: Sequence[np.ndarray]) -> str:
    first, second = (escape(learner.activation.label) for learner in learners)
    apart = ends[0] - ends[1]
    better, worse = int((apart < 0).sum()), int((apart > 0).sum())
    spread = apart.std(ddof=1) / math.sqrt(len(apart))
    return (
        f"Pair by pair {first} errs less than {second} in {better} of {PAIRS}, more in {worse}; the mean difference is "
        f"{number(float(apart.mean()), '.1f')} ± {number(float(spread), '.1f')} points (one standard error). "
        "Both had the same rate, which suits one of them better: at another rate the order may turn."
    )
