"""What feeds what: which weight layers an activation reads, and what those layers read themselves.

Every tensor has a set of sources: the last weight layer, normalisation or activation on each way to it. Here stands
which modules and functions of torch are sources of their own, and which pass on those of what they read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from acts.replacing import native

# (what, path); what is weights, norm, activation, other, pooled, input or function
Sources = frozenset[tuple[str, str]]
NOTHING: Sources = frozenset()
WEIGHTS = (
    nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d,
)  # fmt: skip
NORMS = (
    nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm, nn.InstanceNorm1d, nn.InstanceNorm2d,
    nn.InstanceNorm3d, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm, nn.LocalResponseNorm,
)  # fmt: skip
POOLS = (nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d)
MIXERS = (nn.MultiheadAttention, nn.RNNBase, nn.RNNCellBase, nn.Bilinear, nn.Embedding)
FUNCTIONS = (
    "linear", "bilinear", "matmul", "mm", "bmm", "addmm", "baddbmm", "einsum", "grouped_mm", "_grouped_mm",
    "scaled_dot_product_attention",
)  # fmt: skip
MIXES = ("conv", "multi_head_attention")
PRODUCTS = ("mul", "mul_", "multiply", "__mul__", "__rmul__", "__imul__", "imul")


@dataclass
class Flow:
    """Sources of what each activation and each weight layer reads, by path; mean squares where the model was run.

    ``gates`` are the activations whose output multiplies another signal, ``uncalled`` those that were not met.
    """

    activations: dict[str, list[Sources]] = field(default_factory=dict)
    layers: dict[str, list[Sources]] = field(default_factory=dict)
    mean_squares: dict[str, float] = field(default_factory=dict)
    gates: set[str] = field(default_factory=set)
    uncalled: tuple[str, ...] = ()

    def through(self, name: str, module: nn.Module, sources: Sources, *, placed: bool) -> Sources | None:
        """Note what a module reads and return the sources of its output, None where it passes them on."""
        if placed:
            self.activations.setdefault(name, []).append(sources)
            return frozenset({("activation", name)})
        if weighs(module):
            self.layers.setdefault(name, []).append(sources)
            return frozenset({("weights", name)})
        if isinstance(module, NORMS) or (type(module).__name__.endswith("Norm") and not list(module.children())):
            return frozenset({("norm", name)})
        if isinstance(module, MIXERS):
            return frozenset({("function", name)})
        if isinstance(module, POOLS) and _ones(module.output_size):
            return frozenset({("pooled", name)})
        known = native.named(module)
        return frozenset({("other", name)}) if known is not None and known.name != "identity" else None

    def multiplied(self, factors: Iterable[Sources]) -> None:
        """Note the activations that a product of two signals has among its factors."""
        signals = {each for each in factors if any(what not in ("input", "pooled") for what, _ in each)}
        if len(signals) > 1:
            self.gates.update(name for each in signals for what, name in each if what == "activation")


def weighs(module: nn.Module) -> bool:
    """Return whether a module is a weight layer of torch's, or a linear one of another library, as GPT-2's are."""
    return isinstance(module, WEIGHTS) or inputs_first(module)


def inputs_first(module: nn.Module) -> bool:
    """Return whether a module of another library gives ``x @ weight + bias``, its weight having the inputs first.

    It is called once, on a few numbers.
    """
    held = dict(module.named_parameters())
    weight, bias = held.pop("weight", None), held.pop("bias", None)
    if weight is None or weight.ndim != 2 or held or type(module).__module__.startswith("torch."):
        return False
    try:
        with torch.no_grad():
            x = torch.linspace(-1, 1, weight.shape[0], dtype=weight.dtype, device=weight.device)[None]
            wanted = x @ weight if bias is None else x @ weight + bias
            return torch.allclose(module.forward(x), wanted, rtol=1e-2, atol=1e-4)
    except Exception:  # it is no function of one matrix
        return False


def word_of(target: Any) -> str:
    """Return the name of a function, or of a tensor's method."""
    return str(getattr(target, "__name__", target))


def of_function(target: Any, args: Any, kwargs: Mapping[str, Any]) -> Sources | None:
    """Return the sources of a function's output where it has its own, None where it passes on those of its inputs."""
    word = word_of(target)
    own = word in native.METHODS if isinstance(target, str) else native.named(target) is not None
    if word.endswith("_norm"):
        return frozenset({("norm", word)})
    if own:
        return frozenset({("other", word)})
    size = kwargs.get("output_size", args[1] if len(args) > 1 else None)
    if word == "mean" or (word.startswith("adaptive_avg_pool") and _ones(size)):
        return frozenset({("pooled", word)})
    mixes = word in FUNCTIONS or word.startswith(MIXES)
    return frozenset({("function", word)}) if mixes else None


def _ones(size: Any) -> bool:
    """Return whether the size of what a pooling gives is 1 in every dimension."""
    return set(size if isinstance(size, list | tuple) else [size]) == {1}
