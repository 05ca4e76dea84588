"""The schema of a configuration: strict about types, frozen, and closed to keys it does not know."""

import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, model_validator

from acts.params.dead_units import DeadUnits
from acts.params.gradient_flow import GradientFlow
from acts.params.measured import Cost, Precision
from acts.params.mechanisms import Mechanisms
from acts.params.own import YOURS, Name, OwnFormula, PythonFile, installed
from acts.params.plugins import digest, registered_in
from acts.params.plugins import files as files_of
from acts.params.replications import Replications
from acts.params.robustness import Robustness
from acts.params.sections import (
    Activations,
    Count,
    Engine,
    Growths,
    Inits,
    Network,
    Networks,
    Norm,
    Notebooks,
    Optimizer,
    Optimizers,
    Place,
    Rates,
    Schedule,
    Section,
    Seeds,
    Share,
    Title,
    WordOrWords,
    Words,
)


class Formulas(Section):
    """What is computed from formulas alone: ``points`` of every curve on [-span, span]."""

    activations: Activations = "all"
    points: Annotated[int, Field(ge=3, le=10_001)] = 241
    span: Annotated[float, Field(gt=0, le=1000)] = 6.0


class Convergence(Section):
    """Training with a learning rate tuned for every arm; ``growths`` is how often a grid may grow at its edge."""

    activations: Activations
    datasets: Words
    networks: Networks
    optimizers: Optimizers
    inits: Inits
    seeds: Seeds
    steps: Count
    batch: Count
    evaluations: Count
    rates: dict[Optimizer, Rates]
    growths: Growths = 2

    @model_validator(mode="after")
    def _rates_given(self) -> "Convergence":
        """Raise ValueError if an optimizer is asked for without rates to try."""
        for optimizer in self.optimizers:
            if optimizer not in self.rates:
                raise ValueError(f"rates has no grid for the optimizer {optimizer!r}")
        return self


class Task(Section):
    """One task of the tournament: who learns what on which network, and how; of several data sets, a task on each.

    ``inits`` are those of the tournament where a task names none.
    """

    dataset: WordOrWords
    network: Network
    norm: Norm = "none"
    activations: Activations
    optimizer: Optimizer
    schedule: Schedule = "constant"
    dropout: Share = 0.0
    decay: Annotated[float, Field(ge=0, le=10)] = 0.0
    steps: Count
    batch: Count
    rates: Rates
    inits: Inits | None = None


class Generalization(Section):
    """The tournament: tasks that count each once, every arm with its own learning rate and init on each of them."""

    seeds: Seeds
    inits: Inits
    growths: Growths = 2
    evaluations: Count = 5
    tasks: Annotated[tuple[Task, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _apart(self) -> "Generalization":
        """Raise ValueError for two tasks that records could not tell apart."""
        known: set[str] = set()
        for task in self.tasks:
            for dataset in task.dataset:
                told = f"{task.network} on {dataset} with {task.optimizer} and norm {task.norm}"
                if told in known:
                    raise ValueError(f"{told} stands twice among the tasks")
                known.add(told)
        return self

    def mentions(self, noun: Literal["activations", "datasets"]) -> Iterator[tuple[Place, str]]:
        """Yield every activation or data set that a task names, with its place."""
        for number, task in enumerate(self.tasks):
            named = task.mentions(noun)
            if noun == "datasets":
                named = ((("dataset", position), name) for position, name in enumerate(task.dataset))
            yield from ((("tasks", number, *place), name) for place, name in named)


class Experiments(Section):
    """The comparisons of a configuration, each under its one word; a comparison left out is not run."""

    formulas: Formulas | None = None
    gradient_flow: GradientFlow | None = None
    dead_units: DeadUnits | None = None
    convergence: Convergence | None = None
    generalization: Generalization | None = None
    robustness: Robustness | None = None
    replications: Replications | None = None
    mechanisms: Mechanisms | None = None
    cost: Cost | None = None
    precision: Precision | None = None

    def words(self) -> list[str]:
        """Return the words of the comparisons that are asked for, in the order of the schema."""
        return [word for word in type(self).model_fields if getattr(self, word) is not None]


class Params(Section):
    """One configuration; ``name`` is the file's name without ending, ``text`` what the file says.

    ``formulas`` and ``plugins`` bring along activations, which join every comparison that lists some.
    """

    title: Title
    device: Literal["cpu", "cuda", "auto"] = "cpu"
    dtype: Literal["float32", "float64"] = "float32"
    engine: Engine = "local"
    workers: Annotated[int, Field(ge=1, le=256)] = 2
    formulas: dict[Name, OwnFormula] = Field(default_factory=dict)
    plugins: tuple[PythonFile, ...] = ()
    experiments: Experiments
    notebooks: Notebooks
    _name: str = PrivateAttr(default="unnamed")
    _text: str = PrivateAttr(default="")
    _file: str = PrivateAttr(default="params")
    _folder: Path = PrivateAttr(default_factory=Path)
    _lines: dict[tuple[int | str, ...], int] = PrivateAttr(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the name of the configuration, also the name of its folder under ``reports/``."""
        return self._name

    @property
    def text(self) -> str:
        """Return the file as it was read, for the provenance; empty when made in Python."""
        return self._text

    def line(self, *place: int | str) -> str:
        """Return the file and line on which a key or an item stands, as messages begin."""
        while place and place not in self._lines:
            place = place[:-1]
        return f"{self._file}:{self._lines.get(place, 1)}"

    def on(self, device: str) -> "Params":
        """Return the same configuration with its device settled."""
        return self.model_copy(update={"device": device})

    @property
    def own(self) -> dict[str, Any]:
        """Return the activations that it brings along, as values that JSON holds; empty where it brings none."""
        formulas = {name: formula.plain() for name, formula in self.formulas.items()}
        files = [{"path": str(self._folder / path), "sha256": digest(self._folder / path)} for path in self.plugins]
        return {key: value for key, value in (("formulas", formulas), ("plugins", files)) if value}

    def plugin_files(self) -> list[str]:
        """Return the paths of its Python files as it names them, and of those that they import, from its folder."""
        found = list(self.plugins)
        for path in self.plugins:
            found += [os.path.relpath(other, self._folder) for other in files_of(self._folder / path)[1:]]
        return list(dict.fromkeys(found))

    def own_names(self) -> list[str]:
        """Return the names of the activations that it, and installed packages, bring along."""
        files = [name for path in self.plugins for name in registered_in(self._folder / path)]
        return list(dict.fromkeys([*self.formulas, *files, *installed()]))

    @property
    def chapters(self) -> tuple[str, ...]:
        """Return the notebooks of the report in order: those listed, and last one on what it brings along."""
        return tuple(dict.fromkeys([*self.notebooks, *([YOURS] if self.own_names() else [])]))

    def lacking(self, names: Collection[str], *, every: Collection[str]) -> "Params":
        """Return the same configuration, whose comparisons do not list some names; ``every`` is what "all" means."""
        return self.model_copy(update={"experiments": self.experiments.without(names, every=every)})

    def with_own(self) -> "Params":
        """Return the same configuration, whose comparisons list what it brings along too."""
        return self.model_copy(update={"experiments": self.experiments.joined(self.own_names())})
