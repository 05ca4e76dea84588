"""Advice on initial weights: the gain of each layer that feeds a new activation, beside what the activation wants.

The gain of a layer is σ_w, the root of fan_in times the mean square of its weights; σ_b is the root mean square of its
biases. Theory: ``acts.theory.inits``, for chains of wide layers. Pooling, attention and skips are not part of it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from acts.activations.activation import Activation
from acts.replacing.flow import WEIGHTS, Flow, Sources

CLOSE = 0.05  # a gain within 5 % of what is wanted is left out of the count of layers that want another


@dataclass(frozen=True)
class Layer:
    """One weight layer before a new activation: its gain and bias now, what the rule asks for, what He's idea does.

    ``keeping`` is the gain that keeps the length without biases, √(1/E f²) between activations: for ReLU it is He's √2.
    ``note`` says why a layer is not to be rescaled; it is empty for one that is.
    """

    name: str
    activation: str
    gain: float
    bias: float | None
    wanted_gain: float
    wanted_bias: float | None
    keeping: float
    note: str = ""

    @property
    def fits(self) -> bool:
        """Whether the layer has within 5 % what the rule asks for."""
        biases = (self.bias or 0.0, self.wanted_bias or 0.0)
        return abs(self.gain / self.wanted_gain - 1) < CLOSE and abs(biases[0] - biases[1]) < CLOSE


@dataclass(frozen=True, eq=False)
class Advice:
    """What an init rule would change in a model; ``apply`` does it, and nothing happens before.

    ``normalised`` are the activations that read a normalisation, which sets the scale whatever the weights are.
    ``reason`` says why there is no advice; it is empty where there is some.
    """

    rule: str
    layers: tuple[Layer, ...] = ()
    normalised: tuple[str, ...] = ()
    reason: str = ""
    _modules: Mapping[str, nn.Module] | None = None

    def apply(self, *, generator: torch.Generator | None = None) -> int:
        """Rescale the weights and biases of every layer without a note; return how many layers changed.

        Drawn weights keep their directions. Biases that are all 0 and are to have a spread are drawn anew, normal.
        Raises ValueError where there is no advice.
        """
        if self.reason:
            raise ValueError(f"no advice to apply: {self.reason}")
        free = [layer for layer in self.layers if not layer.note]
        for layer in free:
            module: Any = (self._modules or {})[layer.name]
            _rescale(module.weight, layer.wanted_gain / math.sqrt(fan_in(module)), generator)
            if layer.wanted_bias is not None:
                _rescale(module.bias, layer.wanted_bias, generator)
        return len(free)

    def __str__(self) -> str:
        if self.reason:
            return f"init: no advice, {self.reason}"
        lines = [f"init {self.rule}:" if self.layers else f"init {self.rule}: no layer to rescale"]
        lines += [f"  {_line(layer)}" for layer in self.layers]
        if self.normalised:
            named = ", ".join(self.normalised[:3]) + (" …" if len(self.normalised) > 3 else "")
            lines.append(f"  {len(self.normalised)} read a normalisation, which sets the scale: {named}")
        return "\n".join(lines)


def _line(layer: Layer) -> str:
    biases = "" if layer.wanted_bias is None else f", σ_b {layer.bias or 0:.3g} → {layer.wanted_bias:.3g}"
    told = f"gain {layer.gain:.3g} → {layer.wanted_gain:.3g}{biases} (He's idea: {layer.keeping:.3g})"
    return f"{layer.name}: {layer.note or told}"


def _rescale(held: Tensor, scale: float, generator: torch.Generator | None) -> None:
    """Give a tensor a root mean square, keeping its directions where it has any."""
    with torch.no_grad():
        now = float(held.double().square().mean().sqrt())
        if scale == 0 or now > 0:
            held.mul_(0.0 if scale == 0 else scale / now)
        else:
            drawn = torch.randn(held.shape, generator=generator, dtype=torch.float64)
            held.copy_((drawn * scale).to(held))


def fan_in(module: nn.Module) -> float:
    """Return how many inputs one output of a weight layer sums, on average for a transposed convolution."""
    weight: Any = module.weight
    if isinstance(module, nn.ConvTranspose1d | nn.ConvTranspose2d | nn.ConvTranspose3d):
        return weight.shape[0] / module.groups * weight[0, 0].numel() / math.prod(module.stride)
    return float(weight[0].numel())


def advise(model: nn.Module, flow: Flow, activation: Activation | Any, *, rule: str = "stable") -> Advice:
    """Return the advice of an init rule for the layers that feed the new activations.

    Raises ValueError for an unknown rule; where the function has no such init the advice says so.
    """
    from acts import theory

    if rule not in (*theory.RULES, "chi"):
        raise ValueError(f"unknown init {rule!r}; inits are {', '.join(theory.RULES)} and chi")
    try:
        init = theory.init(activation, rule)
        second = theory.moments(activation).second
    except ValueError as error:
        return Advice(rule, reason=str(error))
    modules = dict(model.named_modules())
    layers, normalised = dict[str, Layer](), []
    for name, readings in flow.activations.items():
        for sources in readings:
            if all(what == "norm" for what, _ in sources) and sources:
                normalised.append(name)
            for what, layer in sorted(sources):
                if what == "weights" and layer not in layers:
                    note = _note(model, modules[layer], sources)
                    layers[layer] = _layer(modules[layer], layer, name, flow, init=init, second=second, note=note)
    return Advice(rule, tuple(layers.values()), tuple(dict.fromkeys(normalised)), "", modules)


def _layer(module: Any, name: str, place: str, flow: Flow, *, init: Any, second: float, note: str) -> Layer:
    """Return one layer's row; a layer that reads no activation starts the chain from the mean square it reads."""
    fan = fan_in(module)
    inner = all(what == "activation" for reading in flow.layers[name] for what, _ in reading) and any(flow.layers[name])
    mean_square = flow.mean_squares.get(name, 1.0) or 1.0
    scales = init.hidden(fan_in=fan) if inner else init.first(fan_in=fan, mean_square=mean_square)
    keeping = math.sqrt((init.q or 1.0) / (second if inner else mean_square))
    free = module.bias is None and scales.bias > 0 and not init.bias_over_fan_in
    return Layer(
        name=name,
        activation=place,
        gain=math.sqrt(fan) * _size(module.weight),
        bias=None if module.bias is None else _size(module.bias),
        wanted_gain=keeping if free else scales.weight * math.sqrt(fan),
        wanted_bias=None if module.bias is None else scales.bias,
        keeping=keeping,
        note=note,
    )


def _size(held: Tensor) -> float:
    return float(held.detach().double().square().mean().sqrt())


def _note(model: nn.Module, module: Any, sources: Sources) -> str:
    """Return why a layer is not to be rescaled, nothing where it is."""
    torchs = next(kind for kind in type(module).__mro__ if kind in WEIGHTS)
    if len(sources) > 1:
        others = ", ".join(sorted(name for _, name in sources))
        return f"its output joins others ({others}), for which a chain's init is not made"
    if type(module).forward is not torchs.forward:
        return f"{type(module).__name__} computes with its weights in its own way"
    if parametrize.is_parametrized(module) or not isinstance(module.weight, nn.Parameter):
        return "its weights are parametrised"
    if _size(module.weight) == 0:
        return "its weights are 0 on purpose"
    twins = [name for name, held in model.named_parameters(remove_duplicate=False) if held is module.weight]
    return f"its weights are shared: {', '.join(twins)}" if len(set(twins)) > 1 else ""
