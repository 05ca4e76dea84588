"""What is wrong with a configuration, said in one line after its file and line."""

import re
from collections.abc import Collection
from typing import Any

from pydantic import ValidationError

from acts import nearest
from acts.params.schema import Params
from acts.params.sections import Place, Section
from acts.params.yaml12 import Lines

_EXPECTED = {
    "int": "a whole number",
    "float": "a number",
    "string": "text",
    "bool": "true or false",
    "tuple": "a list [a, b]",
    "dict": "lines of 'key: value'",
    "model": "lines of 'key: value'",
}
_NETWORK = "mlp, resmlp, cnn, rnn, gru, transformer or autoencoder with two sizes, as mlp_8x32"
_DATASET = "a data set's word, as digits"
_FORM = {
    "engine": "serial, local, tcp://HOST:PORT, tls://HOST:PORT or scheduler-file:PATH",
    "title": "one line of text",
    "networks": _NETWORK,
    "network": _NETWORK,
    "datasets": _DATASET,
    "dataset": _DATASET,
    "heads": "an output function and a loss, as tanh+hinge",
    "notebooks": "a notebook's name, as 03_gradient_flow",
    "plugins": "the path of a Python file, as my_acts.py",
}
_BROUGHT = {  # under ``formulas``, by how deep it stands
    2: "a formula in x, as 'x * exp(-x**2)'",
    3: "a number, or {init: 1.0, learn: true}",
}
_NAME = "a name in small letters, digits and _, a letter first"
_NOUN = {"activations": "activation", "datasets": "data set", "notebooks": "notebook"}


def first(error: ValidationError, lines: Lines) -> tuple[int, str]:
    """Return the line and message of the first fault; a missing key yields to a misspelt one."""
    faults = error.errors()
    faults = [fault for fault in faults if fault["type"] != "missing"] or faults
    line, _, fault = min((line_of(lines, fault["loc"]), position, fault) for position, fault in enumerate(faults))
    return line, _message(fault)


def line_of(lines: Lines, place: Place) -> int:
    """Return the line of a place in the document, or of the nearest thing around it."""
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


def stranger(params: Params, lines: Lines, known: dict[str, Collection[str] | None]) -> tuple[int, str] | None:
    """Return the line and message of the first activation, data set or notebook that is not among the known."""
    mentions: list[tuple[str, Place, str]] = [
        ("notebooks", ("notebooks", position), name) for position, name in enumerate(params.notebooks)
    ]
    for word in params.experiments.words():
        section: Section = getattr(params.experiments, word)
        for noun in ("activations", "datasets"):
            mentions += [(noun, ("experiments", word, *place), name) for place, name in section.mentions(noun)]
    for noun, place, mention in mentions:
        name, words = mention.partition("(")[0], known[noun]
        if words is not None and name not in words:
            key = next(part for part in reversed(place) if isinstance(part, str))
            return line_of(lines, place), f"{key}: unknown {_NOUN[noun]} {_short(mention)}{nearest.hint(name, words)}"
    return None


def _message(fault: Any) -> str:
    """Return one fault in plain words, after its key."""
    place, kind = fault["loc"], fault["type"]
    key = next((str(part) for part in reversed(place) if isinstance(part, str) and part != "[key]"), "")
    shown, given = _short(fault["input"]), fault.get("ctx", {})
    if kind == "extra_forbidden":
        return f"{_short(key, quoted=False)}: unknown parameter{nearest.hint(key, _fields(place[:-1]))}"
    if kind == "missing":
        return f"{key}: missing"
    if kind == "value_error":
        return f"{key}: {given['error']}"
    if kind == "literal_error":
        known = re.findall(r"'([^']*)'", given["expected"])
        return f"{_short(key, quoted=False)}: unknown value {shown}{nearest.hint(fault['input'], known)}"
    if kind == "finite_number":
        return f"{key}: should be a finite number, not {shown}"
    if kind == "string_pattern_mismatch":
        return f"{key}: should be {_FORM.get(key, _NAME)}, not {shown}"
    if kind == "model_type" and place[0] == "formulas":
        return f"{key}: should be {_BROUGHT[min(len(place), 3)]}, not {shown}"
    for start, expected in _EXPECTED.items():
        if kind.startswith(start) and kind.endswith("_type"):
            return f"{key}: should be {expected}, not {shown}"
    return f"{key}: {fault['msg'][:1].lower()}{fault['msg'][1:]}, not {shown}"


def _short(value: Any, *, quoted: bool = True) -> str:
    """Return a value for a message: escaped, on one line, at most 60 characters."""
    escaped = repr(value) if quoted or not str(value).isprintable() else str(value)
    return escaped if len(escaped) <= 60 else escaped[:60] + "…"


def _fields(place: Place) -> list[str]:
    """Return the keys that may stand at a place in the document; a place in a list is what the list is of."""
    model: Any = Params
    for part in (part for part in place if isinstance(part, str)):
        if part not in model.model_fields:  # the key of a mapping
            continue
        annotation = model.model_fields[part].annotation
        inner = [kind for kind in (annotation, *getattr(annotation, "__args__", ())) if _is_section(kind)]
        if not inner:
            return []
        model = inner[0]
    return list(model.model_fields)


def _is_section(kind: Any) -> bool:
    """Say whether an annotation is one of our sections."""
    return isinstance(kind, type) and issubclass(kind, Section)
