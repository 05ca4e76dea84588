"""The schema of a configuration in words: the keys of each section, as docs/configurations.md lists them."""

from collections.abc import Iterator
from typing import Any, get_args

from acts.params import Params
from acts.params import sections as words

Row = tuple[str, str, str]  # key, what may stand there, default
Schema = dict[str, Any]
KNOWN = {
    get_args(words.Init): "init", (*get_args(words.Init), "chi"): "init or chi", get_args(words.Optimizer): "optimizer",
    get_args(words.Norm): "norm",
}  # fmt: skip
PATTERNS = {
    "^(mlp|resmlp": "network", "^(linear|relu": "head", "^[a-z][a-z0-9_]{0,63}$": "word", "^(serial|local": "engine",
    "^[a-z0-9][a-z0-9_]": "notebook", "^[A-Za-z][A-Za-z0-9_]": "LETTER", "^[a-z][a-z0-9_]{0,39}$": "NAME",
    "^[^\\x00-\\x1f\\x7f:;": "Python file", "^[^\\x00": "one line",
}  # fmt: skip
ACTIVATIONS = ("activations", "compiled")


def sections() -> dict[str, list[Row]]:
    """Return the keys of every section by its place in the file; the empty place is the whole file."""
    schema = Params.model_json_schema()
    models = schema.pop("$defs")
    return {place: rows(model, models) for place, model in walked("", schema, models)}


def walked(place: str, model: Schema, models: dict[str, Schema]) -> Iterator[tuple[str, Schema]]:
    """Yield a section and those inside it, each with its place."""
    yield place, model
    for key, told in model["properties"].items():
        found, below = inner(told, models)
        if found:
            yield from walked(".".join(filter(None, [place, key, below])), found, models)


def inner(told: Schema, models: dict[str, Schema]) -> tuple[Schema | None, str]:
    """Return the section that a key holds, or a list or mapping of some, and what its keys are called."""
    if "$ref" in told:
        return resolved(told, models), ""
    for one in told.get("anyOf", []):
        found, below = inner(one, models)
        if found:
            return found, below
    if "items" in told:
        return inner(told["items"], models)
    for pattern, values in told.get("patternProperties", {}).items():
        return inner(values, models)[0], plain({"type": "string", "pattern": pattern})
    return None, ""


def resolved(told: Schema, models: dict[str, Schema]) -> Schema | None:
    model = models[told["$ref"].rpartition("/")[2]]
    return model if "properties" in model else None


def rows(model: Schema, models: dict[str, Schema]) -> list[Row]:
    """Return the keys of one section."""
    asked = model.get("required", [])
    return [
        (key, form(key, told, models), "" if key in asked else written(told.get("default")))
        for key, told in model["properties"].items()
    ]


def written(value: Any) -> str:
    """Return a default as YAML has it; a part that may be left out has none."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(written(one) for one in value)}]"
    if value is None or value in ({}, ""):
        return "left out"
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def form(key: str, told: Schema, models: dict[str, Schema]) -> str:
    """Return what may stand behind a key."""
    if "$ref" in told:
        return "section" if resolved(told, models) else form(key, models[told["$ref"].rpartition("/")[2]], models)
    if "anyOf" in told:
        return " or ".join(form(key, one, models) for one in told["anyOf"] if one.get("type") != "null")
    if "const" in told or "enum" in told:
        choice = tuple(told.get("enum", [told.get("const")]))
        return KNOWN.get(choice) or ", ".join(f"`{one}`" for one in choice)
    if told["type"] == "array":
        return f"list of {many(form(key, told['items'], models))}"
    if told["type"] == "object":
        return mapping(key, told, models)
    return "activation" if key in ACTIVATIONS else plain(told)


def mapping(key: str, told: Schema, models: dict[str, Schema]) -> str:
    """Return what keys and values a mapping has."""
    for pattern, values in told.get("patternProperties", {}).items():
        return f"{plain({'type': 'string', 'pattern': pattern})}: {form(key, values, models)}"
    keys = form(key, told["propertyNames"], models) if "propertyNames" in told else "activation"
    return f"{keys}: {form(key, told['additionalProperties'], models)}"


def many(one: str) -> str:
    """Return the plural of what a list is of."""
    if one.startswith("`"):
        return one
    noun, _, rest = one.partition(",")
    return f"{noun}s, {rest.strip()}" if rest else "inits or chi" if noun == "init or chi" else f"{noun}s"


def plain(told: Schema) -> str:
    """Return a text, a number or a yes or no; a number with its bounds."""
    if told["type"] == "string":
        return next((word for start, word in PATTERNS.items() if told.get("pattern", "").startswith(start)), "text")
    if told["type"] == "boolean":
        return "`true`, `false`"
    noun = "whole number" if told["type"] == "integer" else "number"
    signs = {"exclusiveMinimum": "> ", "minimum": "≥ ", "exclusiveMaximum": "< ", "maximum": "≤ "}
    bounds = [f"{sign}{int(told[key]):,}" for key, sign in signs.items() if key in told]
    return ", ".join([noun, *(bound.replace(",", " ").replace("-", "−") for bound in bounds)])
