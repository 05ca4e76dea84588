"""Facts about signals in wide random networks: χ₁, lengths and gradients layer by layer, self-normalisation."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import mpmath
import numpy as np
import sympy
import torch

from acts import theory
from acts.activations import Activation
from acts.facts.row import Row, row

VARIANCES = {"torch_default": 1 / 3, "lecun": 1.0, "he": 2.0}  # σ_w² of the inits that no function chooses
DEPTHS = (20, 50, 100)
GREAT_DEPTHS = (200, 400)
SHOWN = 30  # layers that are followed one by one
LONGEST = 1e6  # a length beyond which nothing new happens and quadrature is slow
FAN_IN = 256  # enters torch's default bias alone
LARGE = 2.0  # a σ_w beyond that of every usual init
SCALE = 0.1


def of(activation: Activation) -> Iterator[Row]:
    """Yield moments at q = 1, the σ_w beyond which χ₁ exceeds 1 there, and χ₁ at a large σ_w."""
    try:
        found = theory.moments(activation)
    except ValueError:
        return
    yield row("mean", found.mean)
    yield row("second", found.second)
    yield row("slope_second", found.slope_second)
    if found.slope_second > 0:
        yield row("explosion_sigma_w", found.slope_second**-0.5)
    yield row("chi", LARGE**2 * found.slope_second, arm=f"sigma_w={LARGE:g}")
    for init, variance in VARIANCES.items():
        yield row("chi", variance * found.slope_second, init=init)


def through(activation: Activation) -> Iterator[Row]:
    """Yield log10 of the squared gradient's change and of the length after many layers, by init, at infinite width.

    Inputs of mean square 1; no deeper than where the length first passes 1e6. What is 0 in float64 has log10 −∞.
    """
    yield from _depths(activation, tuple(VARIANCES), DEPTHS)


def deep(activation: Activation) -> Iterator[Row]:
    """Yield the same after hundreds of layers."""
    yield from _depths(activation, ("he", "stable"), GREAT_DEPTHS)


def layers(activation: Activation) -> Iterator[Row]:
    """Yield log10 of the length and χ at each of the first layers under He and, from q = 1 too, under stable."""
    for name in ("he", "stable"):
        try:
            given = theory.init(activation, name)
            found = theory.signal(activation, replace(given, q=1.0), SHOWN, fan_in=FAN_IN)
        except ValueError:
            continue
        for place, (q, chi) in enumerate(zip(found.q, found.chi, strict=True), start=1):
            if 0 < q <= LONGEST:
                yield row("log10_length", np.log10(q), init=name, layer=place)
                yield row("chi", chi, init=name, layer=place)


def _depths(activation: Activation, inits: Sequence[str], depths: Sequence[int]) -> Iterator[Row]:
    for name in inits:
        try:
            init = theory.init(activation, name)
            found = _within(activation, init, depths)
        except ValueError:
            continue
        for depth in depths:
            if depth < len(found.q):
                with np.errstate(divide="ignore"):
                    length = np.log10(found.q[depth])
                yield row("log10_gradient", found.log10_gradient_ratio(depth + 1), init=name, depth=depth)
                yield row("log10_length", length, init=name, depth=depth)


def _within(activation: Activation, init: theory.Init, depths: Sequence[int]) -> theory.Signal:
    """Return the layers down to the greatest depth, or to the first at which the length has passed ``LONGEST``."""
    for depth in depths:
        found = theory.signal(activation, init, depth + 1, fan_in=FAN_IN)
        if found.q[-1] > LONGEST:
            break
    return found


def inits(activation: Activation) -> Iterator[Row]:
    """Yield the numbers of the inits that follow from the function, and its edge of chaos at a few σ_b."""
    for init, make in (("stable", theory.stable_init), ("critical", theory.critical_init)):
        try:
            found = make(activation)
        except ValueError:
            continue
        for metric in ("sigma_w", "sigma_b", "q", "chi"):
            yield row(metric, getattr(found, metric), init=init)
        yield row("length_slope", found.slope, init=init)
    for sigma_b in (0.0, 0.1, 0.2, 0.5):
        try:
            edge = theory.edge_of_chaos(activation, sigma_b=sigma_b)
        except ValueError:
            continue
        yield row("edge_sigma_w", edge.sigma_w, arm=f"sigma_b={sigma_b:g}")
        yield row("edge_q", edge.q, arm=f"sigma_b={sigma_b:g}")


def rescaled(activation: Activation) -> Iterator[Row]:
    """Yield what c·f with weights divided by c changes: outputs of a random network, χ₁, and the slope itself."""
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(64, 32, generator=draw, dtype=torch.float64)
    plain = scaled = x
    for _ in range(10):
        weight = torch.randn(32, 32, generator=draw, dtype=torch.float64) * (2 / 32) ** 0.5
        plain = activation(plain @ weight)
        scaled = SCALE * activation(scaled @ weight / SCALE)
    yield row("rescaled_difference", (plain - scaled).abs().max() / plain.abs().max())
    yield row("rescaled_chi", theory.chi(lambda t: SCALE * activation(t), sigma_w=2**0.5 / SCALE))
    yield row("rescaled_slope", SCALE * float(activation.derivative(torch.ones(1, dtype=torch.float64))[0]))


def constants(elu: Activation) -> Iterator[Row]:
    """Yield the α and λ for which λ·ELU(z; α) keeps mean 0 and variance 1 of z ~ N(0, 1), solved at 30 digits."""
    value = sympy.lambdify([sympy.Symbol(name, real=True) for name in ("x", "alpha")], elu.symbolic, "mpmath")
    with mpmath.workdps(30):
        cuts = [-mpmath.inf, -4, 0, 4, mpmath.inf]

        def expect(power: int, alpha: mpmath.mpf) -> mpmath.mpf:
            return mpmath.quad(lambda z: value(z, alpha) ** power * mpmath.npdf(z), cuts)

        try:
            alpha = mpmath.findroot(lambda a: expect(1, a), (1.5, 1.8), solver="anderson", tol=1e-20)
        except (ValueError, ZeroDivisionError):
            return  # no α keeps the mean at 0
        yield row("constant_alpha", alpha)
        yield row("constant_scale", 1 / mpmath.sqrt(expect(2, alpha)))
