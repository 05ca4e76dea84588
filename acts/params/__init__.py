"""Params: the schema of ``params/*.yaml``; one file is one configuration, and an unknown key is an error.

The loader reads YAML 1.2 (``1e-3`` is a number, ``no`` is text), keeps the line of every key and item, and turns each
fault into one line: ``params/cpu.yaml:2: seed: unknown parameter; did you mean 'seeds'? (14 known)``.
"""

import json
import os
import re
from collections.abc import Collection
from pathlib import Path

from pydantic import ValidationError

from acts import nearest
from acts.params import faults, yaml12
from acts.params.dead_units import DeadUnits
from acts.params.mechanisms import Mechanisms
from acts.params.replications import Replications
from acts.params.robustness import Robustness
from acts.params.schema import (
    Convergence,
    Experiments,
    Formulas,
    Generalization,
    GradientFlow,
    Params,
    Task,
)
from acts.params.sections import Section

__all__ = [
    "Convergence", "DeadUnits", "Experiments", "Formulas", "Generalization", "GradientFlow", "Mechanisms", "Params",
    "ParamsError", "Replications", "Robustness", "Section", "Task", "configurations", "load", "read", "root",
    "schema_json",
]  # fmt: skip


class ParamsError(ValueError):
    """A configuration that cannot be used; the message is one line with file and line."""


def root() -> Path:
    """Return the review's folder: ``ACTS_ROOT``, else the nearest parent of here or of the package with params/."""
    if os.environ.get("ACTS_ROOT"):
        return Path(os.environ["ACTS_ROOT"]).resolve()
    for start in (Path.cwd(), Path(__file__).resolve()):
        for folder in (start, *start.parents):
            if (folder / "params").is_dir() and (folder / "Makefile").is_file():
                return folder
    raise ParamsError(f"no folder with params/ and a Makefile at or above {Path.cwd()}; set ACTS_ROOT")


def configurations() -> list[str]:
    """Return the names of the configurations in params/, sorted."""
    return sorted(path.stem for path in (root() / "params").glob("*.yaml"))


def load(
    config: str | Path,
    *,
    names: Collection[str] | None = None,
    datasets: Collection[str] | None = None,
    notebooks: Collection[str] | None = None,
) -> Params:
    """Return a configuration by its name in params/ or by the path of its file.

    Where the known activation names, data sets or notebooks are given, each mention is held against them.
    Raises ParamsError, one line with file and line, for everything that is wrong.
    """
    path = _find(config)
    shown = _shown(path)
    params = _parsed(_text(path, shown), shown, names=names, datasets=datasets, notebooks=notebooks)
    params._name = path.stem
    params._folder = root() if path.resolve().is_relative_to(root()) else path.resolve().parent
    return params.with_own()


def read(text: str, *, name: str = "notebook") -> Params:
    """Return the configuration that a text describes as a file in params/ would; it belongs to no file.

    Paths of plugins start at the folder one works in. Raises ParamsError, one line with the text's name and line.
    """
    params = _parsed(text, name)
    params._name, params._folder = name, Path.cwd()
    return params.with_own()


def _parsed(
    text: str,
    shown: str,
    *,
    names: Collection[str] | None = None,
    datasets: Collection[str] | None = None,
    notebooks: Collection[str] | None = None,
) -> Params:
    """Return the configuration of a text whose faults are told by the name it is shown under."""
    try:
        document = yaml12.read(text)
        if not isinstance(document.value, dict):
            raise yaml12.YamlError(1, "should be a list of 'key: value' lines")
    except yaml12.YamlError as error:
        raise ParamsError(f"{shown}:{error.line}: {error.message}") from None
    try:
        params = Params.model_validate(document.value)
    except ValidationError as error:
        line, message = faults.first(error, document.lines)
        raise ParamsError(f"{shown}:{line}: {message}") from None
    names = None if names is None else [*names, *params.own_names()]
    known = {"activations": names, "datasets": datasets, "notebooks": notebooks}
    if unknown := faults.stranger(params, document.lines, known):
        raise ParamsError(f"{shown}:{unknown[0]}: {unknown[1]}")
    params._text, params._file, params._lines = text, shown, document.lines
    return params


def schema_json() -> str:
    """Return the JSON Schema of a configuration, by which editors complete and check it: params/schema.json."""
    return json.dumps(Params.model_json_schema(), indent=1, ensure_ascii=False) + "\n"


def _find(config: str | Path) -> Path:
    """Return the path of a configuration's file."""
    if isinstance(config, Path) or "/" in config or config.endswith((".yaml", ".yml")):
        path = Path(config)
        if not path.is_file():
            raise ParamsError(f"{path}: no such file")
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", path.stem):
            raise ParamsError(f"{path}: a configuration's file name is letters, digits, - and _")
        return path
    known = configurations()
    if config not in known:
        raise ParamsError(nearest.unknown("configuration", config, known))
    return root() / "params" / f"{config}.yaml"


def _shown(path: Path) -> str:
    """Return a file's path as messages print it: from the review's folder when it is inside."""
    try:
        return path.resolve().relative_to(root()).as_posix()
    except ValueError:
        return path.as_posix()


def _text(path: Path, shown: str) -> str:
    """Return a file's text, which must be plain UTF-8 without a byte order mark."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ParamsError(f"{shown}: cannot be read: {error.strerror}") from None
    if len(raw) > 1_000_000:
        raise ParamsError(f"{shown}: larger than 1 MB; no configuration is")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in raw[:4]:
        raise ParamsError(f"{shown}:1: this is UTF-16 or UTF-32; save it as UTF-8")
    if raw.startswith(b"\xef\xbb\xbf"):
        raise ParamsError(f"{shown}:1: starts with a byte order mark; save it as UTF-8 without one")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ParamsError(f"{shown}:{line}: not UTF-8 (byte 0x{raw[error.start]:02x})") from None
