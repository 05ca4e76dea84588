"""Facts: numbers that follow from a formula and that a claim can rest on, computed and never typed."""

from collections.abc import Callable, Iterator, Mapping

from acts.facts import algebra, classes, expressivity, signal, sliders
from acts.facts.row import Row, row

Ask = Callable[..., Iterator[Row]]
GENERAL: Mapping[str, Ask] = {
    "algebra": algebra.of,
    "expressivity": expressivity.of,
    "signal": signal.of,
    "through": signal.through,
    "inits": signal.inits,
    "layers": signal.layers,
    "sliders": sliders.of,
}
# activation -> facts of it alone, each with the other activations that it reads
PARTICULAR: Mapping[str, Mapping[str, tuple[Ask, tuple[str, ...]]]] = {
    "identity": {"affine": (expressivity.identity, ())},
    "sigmoid": {"logistic": (algebra.logistic, ())},
    "tanh": {"against_sigmoid": (algebra.against_sigmoid, ("sigmoid",)), "fits": (expressivity.fits, ())},
    "relu": {"rescaled": (signal.rescaled, ()), "fits": (expressivity.fits, ())},
    "elu": {"deep": (signal.deep, ())},
    "selu": {"constants": (lambda _, elu: signal.constants(elu), ("elu",))},
    "softsign": {"curvature": (algebra.curvature, ())},
    "softplus": {"underflow": (algebra.underflow, ())},
    "softmax": {"classes": (classes.softmax, ("sigmoid",))},
    "bilinear": {"gate": (expressivity.gate, ())},
    "swish": {"gated_identity": (algebra.gated_identity, ("sigmoid",))},
}

__all__ = ["GENERAL", "PARTICULAR", "Ask", "Row", "algebra", "classes", "expressivity", "row", "signal", "sliders"]
