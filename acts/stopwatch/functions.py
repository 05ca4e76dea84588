"""Functions: activations as modules the way a user of torch writes them."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from torch import nn

TORCH: Mapping[str, Callable[[], nn.Module]] = MappingProxyType({
    "identity": nn.Identity, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "softsign": nn.Softsign,
    "softplus": nn.Softplus, "logsigmoid": nn.LogSigmoid, "tanhshrink": nn.Tanhshrink, "relu": nn.ReLU,
    "relu6": nn.ReLU6, "leaky_relu": nn.LeakyReLU, "prelu": nn.PReLU, "elu": nn.ELU, "celu": nn.CELU,
    "selu": nn.SELU, "gelu": nn.GELU, "gelu_tanh": lambda: nn.GELU(approximate="tanh"), "swish": nn.SiLU,
    "mish": nn.Mish, "hardsigmoid": nn.Hardsigmoid, "hardswish": nn.Hardswish, "hardtanh": nn.Hardtanh,
    "softshrink": nn.Softshrink, "hardshrink": nn.Hardshrink,
})  # fmt: skip


def module(name: str) -> nn.Module:
    """Return a fresh module of an activation by its name: torch's own where it has one, else that of our fast path."""
    if name in TORCH:
        return TORCH[name]()
    from acts import activations  # which brings sympy along, half a second that most processes need not wait

    return activations.get(name).module()
