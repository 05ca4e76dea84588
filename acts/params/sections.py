"""Sections: what every part of a configuration is made of, its types and the rules that they keep."""

from collections.abc import Collection, Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
)

Place = tuple[int | str, ...]


def each_once(values: tuple[Any, ...]) -> tuple[Any, ...]:
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
    return each_once(value)


UNIQUE: dict[str, Any] = {"minItems": 1, "uniqueItems": True}  # what each_once asks, for editors
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
Optimizer = Literal["sgd", "plain_sgd", "adam", "adamw"]
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

Words = Annotated[tuple[Word, ...], AfterValidator(each_once), Field(json_schema_extra=UNIQUE)]
Networks = Annotated[tuple[Network, ...], AfterValidator(each_once), Field(json_schema_extra=UNIQUE)]
Optimizers = Annotated[tuple[Optimizer, ...], AfterValidator(each_once), Field(json_schema_extra=UNIQUE)]
Inits = Annotated[tuple[Init, ...], AfterValidator(each_once), Field(json_schema_extra=UNIQUE)]
Rates = Annotated[tuple[Rate, ...], AfterValidator(each_once), Field(json_schema_extra=UNIQUE)]
Depths = Annotated[tuple[Depth, ...], AfterValidator(each_once), Field(json_schema_extra=UNIQUE)]
Notebooks = Annotated[tuple[Notebook, ...], AfterValidator(each_once), Field(json_schema_extra=UNIQUE)]


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

    def joined(self, names: Collection[str]) -> Self:
        """Return the section with activations added to every list of activations in it; "all" is all anyway."""
        return self.model_copy(update={field: _joined(field, value, names) for field, value in self})

    def without(self, names: Collection[str], *, every: Collection[str]) -> Self:
        """Return the section with activations taken out of every list; ``every`` is what "all" stands for."""
        return self.model_copy(update={field: _without(field, value, names, every) for field, value in self})


def _without(field: str, value: Any, names: Collection[str], every: Collection[str]) -> Any:
    """Return a field's value without the names where it lists activations."""
    if isinstance(value, Section):
        return value.without(names, every=every)
    if field in ("activations", "compiled") and (value == "all" or isinstance(value, tuple)):
        return tuple(name for name in (every if value == "all" else value) if name.partition("(")[0] not in names)
    return tuple(_without("", item, names, every) for item in value) if isinstance(value, tuple) else value


def _joined(field: str, value: Any, names: Collection[str]) -> Any:
    """Return a field's value with the names added where it lists activations."""
    if isinstance(value, Section):
        return value.joined(names)
    if isinstance(value, tuple) and field == "activations":
        return (*value, *(name for name in names if name not in value))
    if isinstance(value, tuple):
        return tuple(_joined("", item, names) for item in value)
    return value
