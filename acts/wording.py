"""Wording: what a reader calls an activation, a data set, a network, an init, a metric, and the place of a contrast.

Raw names are what records hold; here they become words. Both claims and figures speak through this module, so that a
sentence and the figure beside it never name one thing in two ways.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

_ACTIVATIONS = {
    "lecun_tanh": "LeCun tanh",
    "penalized_tanh": "penalized tanh",
    "logsigmoid": "log-sigmoid",
    "relu": "ReLU",
    "leaky_relu": "Leaky ReLU",
    "prelu": "PReLU",
    "rrelu": "RReLU",
    "relu6": "ReLU6",
    "squared_relu": "squared ReLU",
    "star_relu": "StarReLU",
    "crelu": "CReLU",
    "elu": "ELU",
    "celu": "CELU",
    "selu": "SELU",
    "xielu": "xIELU",
    "swish": "Swish",
    "eswish": "E-Swish",
    "gelu": "GELU",
    "gelu_tanh": "GELU (tanh)",
    "mish": "Mish",
    "telu": "TeLU",
    "elish": "ELiSH",
    "serf": "Serf",
    "hardsigmoid": "hard sigmoid",
    "hardswish": "hard-swish",
    "hardtanh": "hard tanh",
    "softshrink": "soft shrinkage",
    "hardshrink": "hard shrinkage",
    "snake": "Snake",
    "sinlu": "SinLU",
    "gcu": "GCU",
    "glu": "GLU",
    "reglu": "ReGLU",
    "geglu": "GEGLU",
    "swiglu": "SwiGLU",
}
_ARTICLED = ("sigmoid", "identity")
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
_INITS = {
    "torch_default": "PyTorch's default init",
    "lecun": "LeCun's init",
    "he": "He's init",
    "chi": "the init with χ₁ = 1",
}
_PHASES = {"init": "untrained", "final": "trained"}
_METRICS = {
    "outcome": "test outcome",
    "loss_area": "loss area",
    "unit_mean_rms_ratio": "ratio of the units' means to their activations (rms)",
    "step_time_ratio": "step time relative to ReLU's",
    "revived_share": "share of revived units",
    "zero_fraction": "share of zeros",
    "stuck_long_units": "units stuck for long",
}
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


# --- single things ----------------------------------------------------------------------------------------------------


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


def metric(name: str) -> str:
    """Return a metric in a reader's words."""
    return _METRICS.get(name, name.replace("_", " "))


def init(name: str) -> str:
    """Return an init for running text: He's init, the stable init."""
    return _INITS.get(name, f"the {name.replace('_', ' ')} init")


# --- activations ------------------------------------------------------------------------------------------------------


def greek(name: str) -> str:
    """Return a parameter's name as a reader writes it: α for alpha."""
    return _GREEK.get(name, name)


def activation(name: str, labels: Mapping[str, str] | None = None) -> str:
    """Return the label of an activation or of a variant of one: Leaky ReLU (α = 0.1).

    ``labels`` are those of a catalogue of one's own; a name that nobody knows stays as it is.
    """
    known = _ACTIVATIONS if labels is None else labels
    found = _VARIANT.fullmatch(name)
    if found:
        return _varied(known.get(found["name"], found["name"]), dict(_SETTING.findall(found["settings"])))
    return str(known.get(name, name))


def spoken(name: str) -> str:
    """Return an activation for running text, with an article where English wants one: the sigmoid."""
    return f"the {name}" if name in _ARTICLED else activation(name)


def _varied(plain: str, settings: Mapping[str, str]) -> str:
    """Return the label of a variant: sigmoid(4x) − 0.5, ReLU, slope 0.5 at 0, Leaky ReLU (α = 0.1)."""
    moved = {name: float(settings[name]) for name in ("shift", "stretch", "at_zero") if name in settings}
    own = ", ".join(f"{greek(name)} = {_short(value)}" for name, value in settings.items() if name not in moved)
    inside = f"({moved['stretch']:.3g}x)".replace("-", "−") if "stretch" in moved else ""
    outside = f" {'−' if moved['shift'] < 0 else '+'} {abs(moved['shift']):.3g}" if "shift" in moved else ""
    kink = f", slope {moved['at_zero']:.3g} at 0" if "at_zero" in moved else ""
    return f"{plain}{inside}{f' ({own})' if own else ''}{outside}{kink}"


def _short(value: str) -> str:
    """Return a setting's number with three significant digits; anything else as it is."""
    try:
        return f"{float(value):.3g}".replace("-", "−")
    except ValueError:
        return value


# --- places -----------------------------------------------------------------------------------------------------------


def level(column: str, value: Any) -> str:
    """Return one level of a column as a noun: He's init, MLP 8 × 32, depth 100; empty for no normalisation."""
    if isinstance(value, bool) or not isinstance(value, str):
        return f"{column.replace('_', ' ')} {value}"
    if column == "init":
        return init(value)
    if column == "arm":
        return setting(value)
    if column == "norm" and value == "none":
        return ""
    return _PHASES.get(value, value) if column == "phase" else word(value)


def setting(arm: str) -> str:
    """Return the settings that an arm spells: eager, batches of 64 for mode=eager;batch=64."""
    told = []
    for part in arm.split(";"):
        name, _, value = part.partition("=")
        size = thousands(int(value)) if value.isdigit() else value
        forms = {"mode": value, "batch": f"batches of {value}", "size": f"{size} elements"}
        told.append(forms.get(name, f"{greek(name)} {value}" if value else name).replace("_", " "))
    return ", ".join(told)


def thousands(count: float) -> str:
    """Return a count with its thousands apart, by a narrow space that no line is broken at: 65 536."""
    return f"{count:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def place(levels: Iterable[tuple[str, Any]]) -> str:
    """Return where a contrast stands, to be read after its subject: on digits under He's init (MLP 8 × 32, SGD).

    ``levels`` are columns with their levels; an empty text where there are none.
    """
    given = {column: value for column, value in levels if value is not None}
    told = [f"on {word(str(given.pop('dataset')))}"] if "dataset" in given else []
    told += [f"under {init(str(given.pop('init')))}"] if "init" in given else []
    told += [f"in layer {given.pop('layer')}"] if "layer" in given else []
    told += [f"at depth {given.pop('depth')}"] if "depth" in given else []
    rest = [text for text in (level(column, value) for column, value in given.items()) if text]
    return " ".join([*told, *([f"({', '.join(rest)})"] if rest else [])])
