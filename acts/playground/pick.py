"""Pick: one function to choose, with a slider for each of its parameters, or a formula to type."""

from collections.abc import Callable, Mapping

import ipywidgets as widgets

from acts.activations import Activation, get
from acts.playground import offers
from acts.wording import greek

NONE = ""
WIDTH, INNER = "14.5rem", "14rem"  # of a column of controls, and of a control
PROSE = "jp-RenderedHTMLCommon"  # how JupyterLab calls text and tables of a notebook, and sets them
WRITTEN = {"description_width": "4.6rem"}
OTHER = "a formula of your own …"


class Pick(widgets.VBox):
    """A menu of functions over the sliders of the chosen one's parameters; ``changed`` is called after every move.

    ``activation`` is what was picked, None where nothing is; ``fault`` says in one line what is wrong with a formula.
    """

    def __init__(
        self, offered: Mapping[str, str], start: str, *, name: str, changed: Callable[[], None], needed: bool = True
    ) -> None:
        options = [*([] if needed else [("–", NONE)]), *offered.items(), (OTHER, offers.FORMULA)]
        self.menu = widgets.Dropdown(
            options=options, value=start, description=name, layout={"width": INNER}, style=WRITTEN
        )
        self.text = widgets.Text(
            value=offers.TYPED, description="f(x) =", continuous_update=False, layout={"width": INNER}, style=WRITTEN
        )
        self.sliders: dict[str, widgets.FloatSlider] = {}
        self.fault, self._changed = "", changed
        super().__init__(layout={"width": WIDTH, "overflow": "hidden"})
        self.menu.observe(self._chosen, "value")
        self.text.observe(self._chosen, "value")
        self._set_out()

    @property
    def activation(self) -> Activation | None:
        """The function at what its sliders say; None, and a ``fault``, where there is none."""
        self.fault = ""
        values = {name: slider.value for name, slider in self.sliders.items()}
        try:
            if self.menu.value == offers.FORMULA:
                return offers.typed(self.text.value, values)
            if self.menu.value == NONE:
                return None
            found = get(self.menu.value)
            moved = {name: value for name, value in values.items() if value != found.parameters[name]}
            return found.variant(**moved) if moved else found
        except (ValueError, ArithmeticError) as error:
            self.fault = " ".join(str(error).split())
            return None

    def _chosen(self, _: object) -> None:
        self._set_out()
        self._changed()

    def _set_out(self) -> None:
        """Give the chosen function its sliders."""
        by_formula = self.menu.value == offers.FORMULA
        self.sliders = self._of_letters() if by_formula else self._of_parameters()
        for slider in self.sliders.values():
            slider.observe(lambda _: self._changed(), "value")
        self.children = (self.menu, *([self.text] if by_formula else []), *self.sliders.values())

    def _of_letters(self) -> dict[str, widgets.FloatSlider]:
        return {letter: _slider(letter, 1.0, (-4.0, 4.0)) for letter in offers.letters_of(self.text.value)}

    def _of_parameters(self) -> dict[str, widgets.FloatSlider]:
        if self.menu.value == NONE:
            return {}
        found = get(self.menu.value)
        return {name: _slider(name, found.parameters[name], span) for name, span in offers.spans(found).items()}


def _slider(name: str, start: float, span: tuple[float, float]) -> widgets.FloatSlider:
    low, high = min(*span, start), max(*span, start)
    return widgets.FloatSlider(
        value=start, min=low, max=high, step=(high - low) / 200, description=greek(name), readout_format=".3g",
        layout={"width": INNER}, style=WRITTEN,
    )  # fmt: skip
