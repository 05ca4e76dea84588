"""Naming: what a reader calls an activation, a data set, a network, an init."""

import re
from collections.abc import Iterable, Mapping

import pandas as pd

from acts import params
from acts.figures import palette

COLUMNS = (
    "name", "label", "family", "year", "reference", "aliases", "formula", "latex", "derivative_latex", "elementwise",
)  # fmt: skip

_WORDS = {
    "torch_default": "PyTorch default",
    "lecun": "LeCun",
    "he": "He",
    "stable": "stable",
    "critical": "critical",
    "chi": "χ₁ = 1",
    "sgd": "SGD",
    "plain_sgd": "plain SGD",
    "adam": "Adam",
    "fashion_mnist": "Fashion-MNIST",
    "fashion_mnist_14": "F-MNIST 14 × 14",
    "mnist": "MNIST",
    "mnist_14": "MNIST 14 × 14",
    "mnist1d": "MNIST-1D",
    "cifar10": "CIFAR-10",
    "california_housing": "California housing",
    "tinyshakespeare": "Tiny Shakespeare",
    "teacher": "cosine teacher",
    "xor": "XOR",
    "moons": "two moons",
    "circles": "two rings",
    "quantiles": "Gaussian shells",
    "signs": "sign patterns",
    "hastie": "Hastie’s sphere",
    "rough": "rough waves",
    "adamw": "AdamW",
    "batch": "BatchNorm",
    "layer": "LayerNorm",
}
_KINDS = {"resmlp": "residual MLP", "transformer": "Transformer", "autoencoder": "autoencoder"}
_ARCHIVES = {"pmlb": "PMLB", "uci": "UCI"}
_GREEK = {
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "lambda": "λ",
    "lambd": "λ",
    "theta": "θ",
    "alpha_p": "αₚ",
    "alpha_n": "αₙ",
    "min_val": "min",
    "max_val": "max",
}
_NETWORK = re.compile(r"(?P<kind>[a-z]+)_(?P<depth>\d+)x(?P<width>\d+)")
_SETTING = re.compile(r"(\w+)=([^,]+)")
_VARIANT = re.compile(r"(?P<name>\w+)\((?P<settings>.*)\)")


def catalogue(config: str) -> pd.DataFrame:
    """Return the catalogue published with a configuration, an activation a row.

    Before a configuration is published, that of another one serves; without any the table is empty.
    """
    folder = params.root() / "reports"
    for path in (folder / config / "catalogue.csv", *sorted(folder.glob("*/catalogue.csv"))):
        if path.is_file():
            return pd.read_csv(path, dtype={"year": "Int64"})
    return pd.DataFrame(columns=list(COLUMNS))


def word(value: str) -> str:
    """Return a data set, network, init or optimiser in a reader's words."""
    network = _NETWORK.fullmatch(value)
    if network:
        kind = _KINDS.get(network["kind"], network["kind"].upper())
        sizes = (network["depth"], network["width"])
        return f"{kind} {'–'.join((*sizes, sizes[0])) if kind == 'autoencoder' else ' × '.join(sizes)}"
    archive, _, rest = value.partition("_")
    if archive in _ARCHIVES and rest:
        return f"{rest.replace('_', ' ')} ({_ARCHIVES[archive]})"
    return _WORDS.get(value, value.replace("_", " "))


def task(dataset: str, network: str, norm: str = "none") -> str:
    """Return a task in a reader's words: data set, network, and the normalisation where there is one."""
    return ", ".join([word(dataset), word(network), *([word(norm)] if norm != "none" else [])])


def group(dataset: str, network: str) -> str:
    """Return the kind of a task in a reader's words: the kind of network, and the archive that its data are from."""
    kind, archive = str(network).partition("_")[0], str(dataset).partition("_")[0]
    return ", ".join([_KINDS.get(kind, kind.upper()), *([_ARCHIVES[archive]] if archive in _ARCHIVES else [])])


def depth(network: str) -> int:
    """Return the number of hidden layers in a network's name, 0 where it does not say."""
    found = _NETWORK.fullmatch(network)
    return int(found["depth"]) if found else 0


def width(network: str) -> int:
    """Return the number of units in a layer of a network's name, 0 where it does not say."""
    found = _NETWORK.fullmatch(network)
    return int(found["width"]) if found else 0


def greek(name: str) -> str:
    """Return a parameter's name as a reader writes it: α for alpha."""
    return _GREEK.get(name, name)


def variant(activation: object) -> bool:
    """Return whether an activation's name carries settings."""
    return "(" in str(activation)


def label(table: pd.DataFrame, activation: str) -> str:
    """Return the label of an activation or of a variant of one; its own name where the catalogue does not know it."""
    variant = _VARIANT.fullmatch(activation)
    if variant:
        return _varied(label(table, variant["name"]), dict(_SETTING.findall(variant["settings"])))
    found = table.loc[table["name"] == activation, "label"]
    return str(found.iloc[0]) if len(found) else activation


def _varied(plain: str, settings: Mapping[str, str]) -> str:
    """Return the label of a variant: sigmoid(4x) − 0.5, ReLU, slope 0.5 at 0, Leaky ReLU (α = 0.1)."""
    moved = {name: float(settings[name]) for name in ("shift", "stretch", "at_zero") if name in settings}
    own = ", ".join(f"{greek(name)} = {value}" for name, value in settings.items() if name not in moved)
    inside = f"({moved['stretch']:.3g}x)".replace("-", "−") if "stretch" in moved else ""
    outside = f" {'−' if moved['shift'] < 0 else '+'} {abs(moved['shift']):.3g}" if "shift" in moved else ""
    kink = f", slope {moved['at_zero']:.3g} at 0" if "at_zero" in moved else ""
    return f"{plain}{inside}{f' ({own})' if own else ''}{outside}{kink}"


def family(table: pd.DataFrame, activation: str) -> str:
    """Return the family of an activation; ``other`` where the catalogue does not know it."""
    found = table.loc[table["name"] == activation.partition("(")[0], "family"]
    return str(found.iloc[0]) if len(found) else "other"


def colour(table: pd.DataFrame, activation: str) -> str:
    """Return the colour of an activation's family."""
    return palette.of_family(family(table, activation))


def ordered(table: pd.DataFrame, activations: Iterable[str]) -> list[str]:
    """Return activations by family, inside one in the catalogue's order, unknown ones last by name."""
    present = list(dict.fromkeys(str(activation) for activation in activations))
    ranks = {name: place for place, name in enumerate(table["name"])}
    families = palette.families([*table["family"].astype(str), *(family(table, one) for one in present)])

    def rank(activation: str) -> tuple[int, int, str]:
        own = ranks.get(activation.partition("(")[0], len(ranks))
        return families.index(family(table, activation)), own, activation

    return sorted(present, key=rank)


def strokes(table: pd.DataFrame, activations: Iterable[str]) -> dict[str, dict[str, object]]:
    """Return colour, dash and mark of every activation: the family's colour, a dash for each of its members."""
    counts: dict[str, int] = {}
    drawn: dict[str, dict[str, object]] = {}
    for activation in ordered(table, activations):
        own = family(table, activation)
        drawn[activation] = {
            "color": palette.of_family(own),
            "linestyle": palette.dash(counts.get(own, 0)),
            "marker": palette.mark(own),
        }
        counts[own] = counts.get(own, 0) + 1
    return drawn
