"""What a configuration brings along of activations: formulas, a line each, and Python files that register some."""

import sys
from importlib.metadata import entry_points
from typing import Annotated, Any

from pydantic import Field, StringConstraints, model_validator

from acts.params.sections import Section

GROUP = "acts.activations"  # entry points of installed packages; the name of each is the activation's
Letter = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,39}$")]
PythonFile = Annotated[str, Field(max_length=1000, pattern=r"^[^\x00-\x1f\x7f:;=|*?\[\]~]+\.py$")]  # make reads it too
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
OWN_KEYS = ("formula", "label")
YOURS = "12_yours"  # the notebook on what a configuration brings along


class Parameter(Section):
    """A letter of a formula: the number it starts at, and whether networks learn it."""

    init: float
    learn: bool = False


class OwnFormula(Section):
    """An activation by its formula in x: text, or ``formula``, ``label`` and, under its letter, each parameter.

    A parameter is a number, or ``{init: 1.0, learn: true}``.
    """

    formula: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    label: str = ""
    parameters: dict[Letter, Parameter] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _parted(cls, given: Any) -> Any:
        """Return the short form, or the letters beside the formula, as the fields that they stand for."""
        if isinstance(given, str):
            return {"formula": given}
        if not isinstance(given, dict) or "parameters" in given:
            return given
        fields = {key: value for key, value in given.items() if key in OWN_KEYS}
        letters = {key: value for key, value in given.items() if key not in OWN_KEYS}
        return {**fields, "parameters": {key: _parameter(value) for key, value in letters.items()}}

    def plain(self) -> dict[str, Any]:
        """Return it as values that JSON holds."""
        return {
            "formula": self.formula,
            "label": self.label,
            "parameters": {letter: parameter.init for letter, parameter in self.parameters.items()},
            "learn": [letter for letter, parameter in self.parameters.items() if parameter.learn],
        }


def _parameter(value: Any) -> Any:
    """Return a bare number as the start of a parameter that is not learnt."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return {"init": float(value)} if number else _floated(value)


def _floated(value: Any) -> Any:
    if isinstance(value, dict) and isinstance(value.get("init"), int) and not isinstance(value["init"], bool):
        return {**value, "init": float(value["init"])}
    return value


def installed() -> list[str]:
    """Return the names of activations that installed packages bring along.

    Nothing is loaded here; where the activations are loaded already, a package that could not be is left out.
    """
    left_out = getattr(sys.modules.get("acts.activations.installed"), "LEFT_OUT", ())
    return sorted({point.name for point in entry_points(group=GROUP)} - set(left_out))
