"""The schema of a configuration: strict about types, frozen, and closed to keys it does not know."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    PrivateAttr,
    model_validator,
)

Place = tuple[int | str, ...]


def _unique(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a list's items if there are some and none stands twice, else raise ValueError."""
    if not values:
        raise ValueError("the list is empty")
    for position, value in enumerate(values):
        if value in values[:position]:
            raise ValueError(f"{value!r} stands twice in the list")
    return values


def _all_or_names(value: Any) -> Any:
    """Return ``"all"`` or a tuple of activation names, else raise ValueError."""
    if value == "all":
        return value
    if not isinstance(value, tuple) or not all(isinstance(item, str) for item in value):
        raise ValueError("should be 'all' or a list of activation names")
    return _unique(value)


UNIQUE: dict[str, Any] = {"minItems": 1, "uniqueItems": True}  # what _unique asks, for editors
Activations = Annotated[
    Literal["all"] | tuple[str, ...],
    PlainValidator(
        _all_or_names,
        json_schema_input_type=Literal["all"] | Annotated[tuple[str, ...], Field(json_schema_extra=UNIQUE)],
    ),
]
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Network = Annotated[
    str,
    Field(pattern=r"^(mlp|resmlp|cnn|rnn|gru|transformer|autoencoder)_[1-9][0-9]{0,3}x[1-9][0-9]{0,4}$"),
]
Norm = Literal["none", "batch", "layer"]
Schedule = Literal["constant", "cosine", "warmup_cosine"]
Notebook = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]{0,63}$")]
Init = Literal["torch_default", "lecun", "he", "stable", "critical"]
Optimizer = Literal["sgd", "adam", "adamw"]
Rate = Annotated[float, Field(gt=0, le=1e4)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Seeds = Annotated[int, Field(ge=1, le=1000)]
Depth = Annotated[int, Field(ge=1, le=10_000)]
Width = Annotated[int, Field(ge=1, le=65_536)]
Growths = Annotated[int, Field(ge=0, le=20)]
Share = Annotated[float, Field(ge=0, lt=1)]
# Where to compute: here, worker processes of this machine, or a Dask scheduler by its address or by the file it wrote.
_HOST = r"(\[[0-9a-fA-F:.]+\]|[^\s/:@\[\]]+):[0-9]{1,5}"
ENGINE = rf"^(serial|local|(tcp|tls)://{_HOST}|scheduler-file:[^\x00-\x1f]+|[^\x00-\x1f:]+\.json)$"
Engine = Annotated[str, Field(max_length=1000, pattern=ENGINE)]
Title = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]+$")]

Words = Annotated[tuple[Word, ...], AfterValidator(_unique), Field(json_schema_extra=UNIQUE)]
Networks = Annotated[tuple[Network, ...], AfterValidator(_unique), Field(json_schema_extra=UNIQUE)]
Optimizers = Annotated[tuple[Optimizer, ...], AfterValidator(_unique), Field(json_schema_extra=UNIQUE)]
Inits = Annotated[tuple[Init, ...], AfterValidator(_unique), Field(json_schema_extra=UNIQUE)]
Rates = Annotated[tuple[Rate, ...], AfterValidator(_unique), Field(json_schema_extra=UNIQUE)]
Depths = Annotated[tuple[Depth, ...], AfterValidator(_unique), Field(json_schema_extra=UNIQUE)]
Notebooks = Annotated[tuple[Notebook, ...], AfterValidator(_unique), Field(json_schema_extra=UNIQUE)]


def _listed(value: Any) -> Any:
    """Return a single word as a list of it."""
    return (value,) if isinstance(value, str) else value


WordOrWords = Annotated[Words, BeforeValidator(_listed, json_schema_input_type=Word | Words)]


class Section(BaseModel):
    """A frozen mapping of known keys, strict about types, without infinities."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    def mentions(self, noun: Literal["activations", "datasets"]) -> Iterator[tuple[Place, str]]:
        """Yield every activation or data set that is named here, with its place; "all" names none."""
        named = getattr(self, noun, ())
        yield from () if named == "all" else (((noun, position), name) for position, name in enumerate(named))


class Formulas(Section):
    """What is computed from formulas alone: ``points`` of every curve on [-span, span]."""

    activations: Activations = "all"
    points: Annotated[int, Field(ge=3, le=10_001)] = 241
    span: Annotated[float, Field(gt=0, le=1000)] = 6.0


class GradientFlow(Section):
    """Signal norms through networks at initialisation; one seed is one network."""

    activations: Activations
    inits: Inits
    depths: Depths
    width: Width
    seeds: Seeds


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
    convergence: Convergence | None = None
    generalization: Generalization | None = None

    def words(self) -> list[str]:
        """Return the words of the comparisons that are asked for, in the order of the schema."""
        return [word for word in type(self).model_fields if getattr(self, word) is not None]


class Params(Section):
    """One configuration; ``name`` is the file's name without ending, ``text`` what the file says."""

    title: Title
    device: Literal["cpu", "cuda", "auto"] = "cpu"
    dtype: Literal["float32", "float64"] = "float32"
    engine: Engine = "local"
    workers: Annotated[int, Field(ge=1, le=256)] = 2
    experiments: Experiments
    notebooks: Notebooks
    _name: str = PrivateAttr(default="unnamed")
    _text: str = PrivateAttr(default="")
    _file: str = PrivateAttr(default="params")
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
