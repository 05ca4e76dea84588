"""Symbols: σ and softplus as letters of their own, and what sympy derives from an expression in x."""

from functools import lru_cache
from typing import Any

import sympy

X = sympy.Symbol("x", real=True)


class sigmoid(sympy.Function):
    """The logistic function as one letter, so that formulas and derivatives stay readable."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> sympy.Expr:  # noqa: ARG002 - sympy's signature
        return self * (1 - self)

    def _eval_is_positive(self) -> bool:
        return True

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        power = f"^{{{exp}}}" if exp else ""
        return rf"\sigma{power}\left({printer._print(self.args[0])}\right)"


class softplus(sympy.Function):
    """The logarithm of 1 + e^u, whose slope is the logistic function; printed as that logarithm."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> sympy.Expr:  # noqa: ARG002 - sympy's signature
        return sigmoid(self.args[0])

    def _eval_is_positive(self) -> bool:
        return True

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        power = f"^{{{exp}}}" if exp else ""
        return rf"\ln{power}\left(1 + {printer._print(sympy.exp(self.args[0]))}\right)"


def expand(expression: sympy.Expr) -> sympy.Expr:
    """Return the expression in sympy's own functions: σ and softplus written out with exponentials."""
    opened = expression.replace(sigmoid, lambda u: 1 / (1 + sympy.exp(-u)))
    return opened.replace(softplus, lambda u: sympy.log(1 + sympy.exp(u)))


def fold(expression: sympy.Expr) -> sympy.Expr:
    """Return the expression with 1/(1 + e^-u) written σ(u) and ln(1 + e^u) softplus(u), whose slopes read better."""
    folded = expression.replace(_is_softplus, lambda e: softplus(_exponent(e.args[0])))
    return folded.replace(_is_sigmoid, lambda e: sigmoid(-1 * _exponent(e.base)) ** -e.exp)


def _exponent(total: sympy.Expr) -> Any:
    """Return u where the expression is 1 + e^u, else None."""
    if isinstance(total, sympy.Add) and len(total.args) == 2 and total.args[0] == 1:
        return total.args[1].args[0] if isinstance(total.args[1], sympy.exp) else None
    return None


def _is_sigmoid(e: sympy.Expr) -> bool:
    return isinstance(e, sympy.Pow) and e.exp.is_Integer and e.exp < 0 and _exponent(e.base) is not None


def _is_softplus(e: sympy.Expr) -> bool:
    return isinstance(e, sympy.log) and _exponent(e.args[0]) is not None


@lru_cache(maxsize=512)
def derivative(expression: sympy.Expr, order: int = 1) -> sympy.Expr:
    """Return the derivative by x of the given order, branch by branch; what a jump would add is left out."""
    for _ in range(order):
        expression = sympy.diff(expression, X).replace(sympy.DiracDelta, lambda *_: sympy.Integer(0))
    return expression


def breaks(expression: sympy.Expr) -> tuple[float, ...]:
    """Return, rising, the places in x where a case of the formula begins or an absolute value turns.

    The expression holds no letter but x. Raises ValueError where a condition cannot be solved for x.
    """
    edges = [piece.lhs - piece.rhs for piece in expression.atoms(sympy.core.relational.Relational)]
    edges += [turn.args[0] for kind in (sympy.Abs, sympy.sign) for turn in expression.atoms(kind)]
    found: set[float] = set()
    for edge in edges:
        try:
            roots = sympy.solve(edge, X)
        except NotImplementedError:
            raise ValueError(f"cannot find where {edge} changes sign") from None
        found |= {float(root) for root in roots if root.is_real}
    return tuple(sorted(found))


@lru_cache(maxsize=512)
def readable(expression: sympy.Expr) -> sympy.Expr:
    """Return the shortest of a few equal forms of an expression, each case of a Piecewise on its own."""
    if isinstance(expression, sympy.Piecewise):
        return sympy.Piecewise(*((readable(value), condition) for value, condition in expression.args), evaluate=False)
    if isinstance(expression, sympy.Tuple) or not expression.free_symbols:
        return expression
    plain = expression.subs(X * sympy.sign(X), sympy.Abs(X))
    forms = [plain, sympy.together(plain), sympy.factor_terms(plain)]
    if plain.count_ops() < 60:
        forms.append(sympy.factor(plain))
    return min(forms, key=lambda form: (form.count_ops(), len(str(form))))
