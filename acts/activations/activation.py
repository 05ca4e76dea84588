"""The noun: an activation function with its formula, its two paths of evaluation and what follows from the formula."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import sympy
import torch
from torch import Tensor

from acts.activations import symbols, variants
from acts.activations.formula import parse
from acts.activations.oracle import Oracle
from acts.activations.typeset import latex

if TYPE_CHECKING:
    from acts.activations.module import ActivationModule

Value = float | Tensor
PROMISES = ("monotone", "odd", "bounded", "nonnegative")


@dataclass(frozen=True, eq=False)
class Activation:
    """One activation function; made by ``acts.register`` or, around any callable, by ``acts.get``.

    ``a(x)`` is the accurate path: it computes in float64, is right at ±inf and in the tails, and rounds once to the
    dtype of x. ``a.kernel(x)`` is the fast path in the dtype of x, torch's own function where there is one. Parameters
    are numbers, or tensors that broadcast to x and may require gradients. ``endless`` says that values and slopes are
    held to the formula's limits at ±inf; of a function that is given by its formula alone they are not.
    """

    name: str
    body: Callable[..., Tensor]
    label: str
    family: str = "own"
    aliases: tuple[str, ...] = ()
    year: int | None = None
    reference: str = ""
    key: str = ""
    formula: str | None = None
    parameters: Mapping[str, float] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[str, ...] = ("x",)
    learnable: tuple[str, ...] = ()
    floors: Mapping[str, float | str] = field(default_factory=dict)
    promises: Mapping[str, bool] = field(default_factory=dict)
    fast: Callable[..., Any] | None = None
    sample: Callable[..., Tensor] | None = None
    typed_latex: str | None = None
    elementwise: bool = True
    registered: bool = False
    endless: bool = True

    def __post_init__(self) -> None:
        for name in ("parameters", "constants", "floors", "promises"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def __repr__(self) -> str:
        return f"<Activation {self.name}>"

    def __reduce__(self) -> Any:
        from acts.activations.registry import get

        return (get, (self.name if self.registered else self.body,))

    @property
    def stochastic(self) -> bool:
        """Whether its module draws random numbers in training mode; ``a(x)`` is the evaluation form."""
        return self.sample is not None

    def given(self, parameters: Mapping[str, Value]) -> dict[str, Value]:
        """Return every parameter's value, defaults filled in; raises ValueError for one that it does not have."""
        for name in parameters:
            if name not in self.parameters:
                known = ", ".join(self.parameters) or "none"
                raise ValueError(f"{self.name} has no parameter {name!r}; its parameters: {known}")
        return {**self.parameters, **parameters}

    def __call__(self, x: Tensor, /, **parameters: Value) -> Tensor:
        """Return the function at every element of x, accurately, in the dtype of x."""
        values = self.given(parameters)
        if not (isinstance(x, Tensor) and x.is_floating_point()):
            raise ValueError(f"{self.name} takes a tensor of floats, not {getattr(x, 'dtype', type(x).__name__)}")
        if not self.registered or x.dtype == torch.float64:
            return self.body(x, **_cast(values, x.dtype))
        return self.body(x.double(), **_cast(values, torch.float64)).to(x.dtype)

    def kernel(self, x: Tensor, /, **parameters: Value) -> Tensor:
        """Return the function at every element of x, fast, in the dtype of x; extreme inputs may come out as nan."""
        values = _cast(self.given(parameters), x.dtype)
        found = NotImplemented if self.fast is None else self.fast(x, **values)
        return self.body(x, **values) if found is NotImplemented else found

    def derivative(self, x: Tensor, /, **parameters: Value) -> Tensor:
        """Return the slope at every element of x by autograd of the accurate path; itself differentiable."""
        self._needs_elements("derivative")
        value, pull = torch.func.vjp(self._at(parameters), x)[:2]
        return pull(torch.ones_like(value))[0]

    def _at(self, parameters: Mapping[str, Value]) -> Callable[[Tensor], Tensor]:
        return lambda u: self(u, **parameters)

    def module(self, **parameters: Value) -> "ActivationModule":
        """Return a fresh module on the fast path; learnable parameters, and any given as nn.Parameter, are trained."""
        from acts.activations.module import ActivationModule

        return ActivationModule(self, parameters)

    def variant(self, **parameters: float) -> "Activation":
        """Return the function with other default numbers, named like ``leaky_relu(alpha=0.1)``.

        Every registered element-wise function also takes ``shift``, ``stretch`` and ``at_zero``. Raises ValueError
        for a number that is not finite and where ``variants.check`` does.
        """
        if not parameters:
            return self
        stem = self.name.split("(")[0]
        plain = self._plain(stem)
        for name, value in parameters.items():
            if not math.isfinite(value):
                raise ValueError(f"{stem}: {name} must be a finite number, not {value}")
        values = {**self.parameters, **{name: float(value) for name, value in parameters.items()}}
        settings = {name: values[name] for name in variants.SETTINGS if name in values and plain._takes_settings()}
        own = {name: value for name, value in values.items() if name not in settings}
        own = {name: float(value) for name, value in plain.given(own).items()}
        told = [name for name in own if name in parameters or own[name] != plain.parameters[name]]
        written = ", ".join(f"{name}={short(values[name])}" for name in (*told, *settings))
        known = replace(
            plain, name=f"{stem}({written})", label=f"{plain.label} ({written})", parameters=own, aliases=()
        )
        return known._set(settings) if settings else known

    def _plain(self, stem: str) -> "Activation":
        """Return the function that a variant was made of, itself where it is none."""
        from acts.activations.registry import get

        return get(stem) if self.registered and stem != self.name else self

    def _takes_settings(self) -> bool:
        return self.registered and self.elementwise and self.formula is not None

    def _set(self, settings: Mapping[str, float]) -> "Activation":
        """Return the function moved as the settings say."""
        variants.check(self.name.split("(")[0], settings, self.breaks() if "at_zero" in settings else ())
        assert self.formula is not None
        return replace(
            self,
            body=variants.moved(self.body),
            fast=None if self.fast is None else variants.moved(self.fast),
            sample=None if self.sample is None else variants.moved(self.sample),
            formula=variants.formula(self.formula, settings),
            parameters={**self.parameters, **settings},
            promises=variants.promises(self.promises, settings),
            typed_latex=None,
        )

    # what follows from the formula

    @cached_property
    def symbolic(self) -> sympy.Expr:
        """The formula as a sympy expression with letters for parameters and constants; ValueError without one."""
        if self.formula is None:
            raise ValueError(f"{self.name} has no formula")
        return parse(self.formula, (*self.inputs, *self.parameters), constants=self.constants)

    @cached_property
    def folded(self) -> sympy.Expr:
        """The formula with σ as a letter, which is what LaTeX and derivatives are made from."""
        return symbols.fold(self.symbolic)

    @cached_property
    def latex(self) -> str | None:
        """The formula as LaTeX, without dollar signs and without a left side; None without a formula."""
        if self.formula is None:
            return None
        if self.typed_latex:
            return self.typed_latex
        named = isinstance(self.folded, symbols.sigmoid)
        return latex(self.symbolic if named else self.folded)

    @cached_property
    def derivative_latex(self) -> str | None:
        """The derivative as LaTeX; None without a formula and for functions that are not element-wise."""
        if self.formula is None or not self.elementwise:
            return None
        return latex(symbols.readable(symbols.derivative(self.folded)))

    def expression(self, **parameters: float) -> sympy.Expr:
        """Return the formula in x alone, in sympy's own functions, with exact numbers put in for every letter."""
        values = {name: exact(value) for name, value in self.given(parameters).items()}
        letters = {**values, **{name: sympy.Rational(text) for name, text in self.constants.items()}}
        opened = symbols.expand(self.symbolic)
        return opened.subs({sympy.Symbol(name, real=True): value for name, value in letters.items()})

    def breaks(self, **parameters: float) -> tuple[float, ...]:
        """Return the kinks and jumps of the formula in x, rising."""
        self._needs_elements("breaks")
        values = {name: float(value) for name, value in self.given(parameters).items()}
        return _breaks(self, tuple(values.items()))

    def oracle(self, x: float | Sequence[float], /, order: int = 0, **parameters: float) -> Any:
        """Return value (order 0) or derivative (order 1, 2, …) from the formula at 400 digits, as mpmath numbers.

        A list gives a list. At ±inf it is the limit, nan where there is none. Without a formula: ValueError.
        """
        if order:
            self._needs_elements("derivative")
        ask = Oracle.of(self, order, parameters)
        return [ask(float(one)) for one in x] if isinstance(x, Sequence) else ask(float(x))

    def _needs_elements(self, what: str) -> None:
        if not self.elementwise:
            raise ValueError(f"{self.name} is not element-wise, so it has no {what}")

    # learning

    def constrain(self, name: str, raw: Tensor, **parameters: Value) -> Tensor:
        """Return a learnable parameter's value from the raw number that an optimiser moves freely."""
        low = self._floor(name, parameters)
        return raw if low is None else low + torch.nn.functional.softplus(raw)

    def unconstrain(self, name: str, value: float, **parameters: Value) -> float:
        """Return the raw number whose constrained value is ``value``; ValueError at or below its lower bound."""
        low = self._floor(name, parameters)
        if low is None:
            return float(value)
        if value <= low:
            raise ValueError(f"{self.name}: {name} must be above {short(low)}, not {short(float(value))}")
        return float(value - low + math.log(-math.expm1(low - value)))

    def _floor(self, name: str, parameters: Mapping[str, Value]) -> float | None:
        bound = self.floors.get(name)
        return float(self.given(parameters)[bound]) if isinstance(bound, str) else bound


def _cast(values: Mapping[str, Value], dtype: torch.dtype) -> dict[str, Value]:
    return {name: value.to(dtype) if isinstance(value, Tensor) else value for name, value in values.items()}


def short(value: float) -> str:
    """Return a number as its shortest exact text, whole numbers without a point."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def exact(value: Any) -> sympy.Expr:
    """Return a number as the rational that its shortest text writes."""
    return value if isinstance(value, sympy.Expr) else sympy.Rational(repr(float(value)))


@lru_cache(maxsize=512)
def _breaks(activation: Activation, values: tuple[tuple[str, float], ...]) -> tuple[float, ...]:
    if activation.formula is None:
        return ()
    return symbols.breaks(activation.expression(**dict(values)))
