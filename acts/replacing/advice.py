"""Advice on initial weights: the gain of each layer that feeds a new activation, beside what the activation wants.

The gain of a layer is σ_w, the root of fan_in times the mean square of its weights; σ_b is the root mean square of its
biases. Theory: ``acts.theory.inits``, for chains of wide layers. Pooling, attention and skips are not part of it.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.nn.utils import parametrize

from acts import nearest
from acts.activations.activation import Activation
from acts.replacing.flow import WEIGHTS, Flow, Sources

MOST = 12  # lines of a table that is printed
FAR = 1e4  # mean squares beyond it, or below its inverse, are those of a signal that no one layer mends


@dataclass(frozen=True)
class Layer:
    """One weight layer before a new activation: its gain and bias now, and what the rule asks for.

    ``keeping`` is the gain that keeps the length without biases, √(1/E f²) between activations: for ReLU it is He's √2.
    ``note`` says why a layer is not to be rescaled; it is empty for one that is. ``growth`` is by how many per cent a
    deviation of one per cent in length grows to the next layer, where the layer lacks the bias that would hold it.
    """

    name: str
    activation: str
    gain: float
    bias: float | None
    wanted_gain: float
    wanted_bias: float | None
    keeping: float
    note: str = ""
    growth: float | None = None


@dataclass(frozen=True, eq=False)
class Advice:
    """What an init rule would change in a model; ``apply`` does it, and nothing happens before.

    ``normalised`` are the activations that read a normalisation, which sets the scale whatever the weights are;
    ``unknown`` those that read neither one nor a weight layer, ``uncalled`` those that were not met on the way through
    the model. ``reason`` says why there is no advice at all.
    """

    rule: str
    layers: tuple[Layer, ...] = ()
    normalised: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    uncalled: tuple[str, ...] = ()
    reason: str = ""
    modules: Mapping[str, nn.Module] = field(default_factory=dict, repr=False)

    def apply(self, *, generator: torch.Generator | None = None) -> int:
        """Rescale the weights and biases of every layer without a note; return how many layers that is.

        Drawn weights keep their directions. Biases that are all 0 and are to have a spread are drawn anew, normal.
        Raises ValueError where there is no advice. Where it fails on the way, every weight is as it was.
        """
        if self.reason:
            raise ValueError(f"no advice to apply: {self.reason}")
        free = [layer for layer in self.layers if not layer.note]
        before: list[tuple[Tensor, Tensor]] = []
        try:
            for layer in free:
                for held, scale in self._scales(layer):
                    before.append((held, held.detach().clone()))
                    _rescale(held, scale, generator)
        except BaseException:
            with torch.no_grad():
                for held, old in before:
                    held.copy_(old)
            raise
        return len(free)

    def _scales(self, layer: Layer) -> Iterator[tuple[Tensor, float]]:
        """Give the weights and the biases of a layer with the root mean square that each is to have."""
        module: Any = self.modules[layer.name]
        yield module.weight, layer.wanted_gain / math.sqrt(fan_in(module))
        if layer.wanted_bias is not None:
            yield module.bias, layer.wanted_bias

    def __str__(self) -> str:
        if self.reason:
            return f"init: no advice, {self.reason}"
        lines = _table(self) if self.layers else [f"init {self.rule}: no layer to rescale"]
        return "\n".join([*lines, *self.remarks()])

    def remarks(self) -> list[str]:
        """Return a line on the activations that no layer feeds directly."""
        lines: list[str] = []
        for named, why in (
            (self.normalised, "read a normalisation, which sets the scale"),
            (self.unknown, "read neither a weight layer of torch nor a normalisation"),
            (self.uncalled, "not called on the way through the model, which may compute there as before"),
        ):
            lines += [f"  {len(named)} {why}: {', '.join(named[:3])}{' …' if len(named) > 3 else ''}"] if named else []
        return lines


def _table(advice: Advice) -> list[str]:
    """Return a line for each layer under a head, the columns under one another."""
    layers = advice.layers[:MOST]
    first = f"init {advice.rule}"
    width = max(len(first), *(len(layer.name) + 2 for layer in layers))
    lines = [f"{first:{width}}  {'gain σ_w':13}  {'bias σ_b':13}  gain without biases"]
    lines += [f"  {layer.name:{width - 2}}  {layer.note or _numbers(layer)}" for layer in layers]
    rest = len(advice.layers) - MOST
    return lines + ([f"  … and {rest} more layer{'s' if rest > 1 else ''}"] if rest > 0 else [])


def _numbers(layer: Layer) -> str:
    bias = "none" if layer.bias is None else f"{layer.bias:.3f} → {layer.wanted_bias or 0:.3f}"
    told = f"{layer.gain:.3f} → {layer.wanted_gain:.3f}  {bias:13}  {layer.keeping:.3f}"
    return told if not layer.growth else f"{told}; without a bias 1 % becomes {layer.growth:.2f} % a layer"


def _rescale(held: Tensor, scale: float, generator: torch.Generator | None) -> None:
    """Give a tensor a root mean square, keeping its directions where it has any."""
    with torch.no_grad():
        now = _size(held)
        if scale == 0 or now > 0:
            held.mul_(0.0 if scale == 0 else scale / now)
        else:
            drawn = torch.randn(held.shape, generator=generator, dtype=torch.float64)
            held.copy_((drawn * scale).to(held))


def fan_in(module: nn.Module) -> float:
    """Return how many inputs one output of a weight layer sums, on average for a transposed convolution."""
    weight: Any = module.weight
    if not isinstance(module, WEIGHTS):
        return float(weight.shape[0])
    if isinstance(module, nn.ConvTranspose1d | nn.ConvTranspose2d | nn.ConvTranspose3d):
        return weight.shape[0] / module.groups * weight[0, 0].numel() / math.prod(module.stride)
    return float(weight[0].numel())


def require_rule(rule: str) -> None:
    """Raise ValueError for an init rule that the review does not know."""
    from acts import theory

    if rule not in (known := (*theory.RULES, "chi")):
        raise ValueError(nearest.unknown("init", rule, known))


def advise(model: nn.Module, flow: Flow, activation: Activation | Any, *, rule: str = "stable") -> Advice:
    """Return the advice of an init rule for the layers that feed the new activations, or why there is none."""
    from acts import theory

    if any(weight.is_meta and not is_lazy(weight) for weight in model.parameters()):
        return Advice(rule, reason="the weights are on the meta device and have no values yet")
    if any(is_lazy(weight) for weight in model.parameters()):
        return Advice(rule, reason="the weights of lazy layers have no values before the first call")
    try:
        with torch.device("cpu"):
            init = theory.init(activation, rule)
            second = theory.moments(activation).second
    except (ValueError, TypeError, RuntimeError) as error:  # a function of the caller's may refuse what theory asks
        return Advice(rule, reason=" ".join(str(error).split())[:200])
    modules = dict(model.named_modules())
    layers = dict[str, Layer]()
    kinds = {name: {what for sources in readings for what, _ in sources} for name, readings in flow.activations.items()}
    for name, readings in flow.activations.items():
        for sources in readings:
            for what, layer in sorted(sources):
                if what == "weights" and layer not in layers:
                    note = _note(model, modules[layer], sources) or _apart(flow, name, layer)
                    layers[layer] = _layer(modules[layer], layer, name, flow, init=init, second=second, note=note)
    growth = _growth(activation, second) if any(layer.growth for layer in layers.values()) else None
    return Advice(
        rule,
        tuple(replace(layer, growth=growth if layer.growth else None) for layer in layers.values()),
        tuple(name for name, kind in kinds.items() if "norm" in kind and "weights" not in kind),
        tuple(name for name, kind in kinds.items() if not kind & {"norm", "weights"}),
        flow.uncalled,
        modules=modules,
    )


def _growth(activation: Any, second: float) -> float | None:
    """Return by how many per cent a deviation of one per cent in length grows a layer, None where it shrinks."""
    from acts import theory

    found = theory.length_map_slope(activation, sigma_w=second**-0.5)
    return found if found > 1.005 else None


def _layer(module: Any, name: str, place: str, flow: Flow, *, init: Any, second: float, note: str) -> Layer:
    """Return one layer's row; a layer that reads no activation starts the chain from the mean square it reads."""
    fan = fan_in(module)
    inner = _reads(flow, name) == {"activation"}
    mean_square = flow.mean_squares.get(name, 1.0) or 1.0
    scales = init.hidden(fan_in=fan) if inner else init.first(fan_in=fan, mean_square=mean_square)
    keeping = math.sqrt((init.q or 1.0) / (second if inner else mean_square))
    biases = getattr(module, "bias", None)
    free = biases is None and scales.bias > 0 and not init.bias_over_fan_in
    return Layer(
        name=name,
        activation=place,
        gain=math.sqrt(fan) * _size(module.weight),
        bias=None if biases is None else _size(biases),
        wanted_gain=keeping if free else scales.weight * math.sqrt(fan),
        wanted_bias=None if biases is None else scales.bias,
        keeping=keeping,
        note=note,
        growth=1.0 if free and inner else None,
    )


def _size(held: Tensor) -> float:
    """Return the root mean square of a tensor."""
    return float(torch.linalg.vector_norm(held.detach().float())) / math.sqrt(held.numel())


def _note(model: nn.Module, module: Any, sources: Sources) -> str:
    """Return why a layer is not to be rescaled, nothing where it is."""
    torchs = next((kind for kind in type(module).__mro__ if kind in WEIGHTS), type(module))
    if len(sources) > 1:
        others = ", ".join(sorted(name for _, name in sources))
        return f"its output joins others ({others}), for which a chain's init is not made"
    if type(module).forward is not torchs.forward:
        return f"{type(module).__name__} computes with its weights in its own way"
    if parametrize.is_parametrized(module) or not isinstance(module.weight, nn.Parameter):
        return "its weights are parametrised"
    if (size := _size(module.weight)) == 0 or not math.isfinite(size):
        return "its weights are 0 on purpose" if size == 0 else "its weights are not finite"
    twins = [name for name, held in model.named_parameters(remove_duplicate=False) if held is module.weight]
    return f"its weights are shared: {', '.join(twins)}" if len(set(twins)) > 1 else ""


def _reads(flow: Flow, layer: str) -> set[str]:
    """Return the kinds of sources that a weight layer reads."""
    return {what for reading in flow.layers[layer] for what, _ in reading}


def _apart(flow: Flow, activation: str, layer: str) -> str:
    """Return why a layer stands in no chain, nothing where it does."""
    if activation in flow.gates:
        return "its activation multiplies another signal, for which a chain's init is not made"
    reads = _reads(flow, layer)
    if "pooled" in reads:
        return "it reads a mean over positions, for which a chain's init is not made"
    size = flow.mean_squares.get(layer, 1.0)
    if reads.isdisjoint({"activation", "input"}) and not 1 / FAR < size < FAR:
        return f"it reads a mean square of {size:.1e}, so that the signal is lost before it"
    return ""
