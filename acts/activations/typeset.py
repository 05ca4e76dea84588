"""LaTeX of an expression, in the commands that math-core and tex2typst both read."""

import re
from math import gcd
from typing import Any

import sympy
from sympy.printing.latex import LatexPrinter
from sympy.printing.precedence import PRECEDENCE

from acts.activations.symbols import X

GREEK = frozenset((
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi",
    "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
    "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Phi", "Psi", "Omega",
))  # fmt: skip
SPOKEN = {"lambd": r"\lambda", "min_val": r"\text{min}", "max_val": r"\text{max}"}
ROOT_HALF = sympy.sqrt(2) / 2
ROOT_TWO_PI = sympy.sqrt(2) / sympy.sqrt(sympy.pi)


def latex(expression: sympy.Expr) -> str:
    """Return the expression as LaTeX without dollar signs; exact decimals stay decimals."""
    return _Printer({"ln_notation": True}).doprint(expression)


class _Printer(LatexPrinter):
    """sympy's LaTeX with "if" in cases, x on the left of conditions, decimals, roots in denominators, words upright."""

    def _print_Symbol(self, expr: sympy.Symbol, style: str = "plain") -> str:  # noqa: ARG002 - sympy's signature
        if expr.name in SPOKEN:
            return SPOKEN[expr.name]
        stem, *below = [part for part in expr.name.split("_") if part]
        numbered = re.fullmatch(r"([A-Za-z])(\d+)", stem)
        if numbered:
            stem, below = numbered[1], [numbered[2], *below]
        lower = ",".join(_word(part) for part in below)
        return f"{_word(stem)}_{{{lower}}}" if lower else _word(stem)

    def _print_Rational(self, expr: sympy.Rational) -> str:
        decimal, rest = _decimal(expr)
        if decimal is None:
            return super()._print_Rational(expr)
        return decimal if rest == 1 else rf"\frac{{{decimal}}}{{{rest}}}"

    def _print_Mul(self, expr: sympy.Mul) -> str:
        factors = set(expr.args)
        if {sympy.sqrt(2), 1 / sympy.sqrt(sympy.pi)} <= factors and expr != ROOT_TWO_PI:
            return rf"\sqrt{{\frac{{2}}{{\pi}}}} {self._factor(expr / ROOT_TWO_PI)}"
        if {sympy.sqrt(2), sympy.Rational(1, 2)} <= factors and expr != ROOT_HALF:
            return rf"\frac{{{self._print(expr / ROOT_HALF)}}}{{\sqrt{{2}}}}"
        number, others = expr.as_coeff_Mul()
        decimal, rest = _decimal(number)
        if decimal is None:
            sums = any(factor.is_Add for factor in factors)
            return (
                self._product(expr)
                if sums and sympy.fraction(expr)[1] == 1 and number > 0
                else super()._print_Mul(expr)
            )
        product = f"{decimal} {self._factor(others)}"
        return product if rest == 1 else rf"\frac{{{product}}}{{{rest}}}"

    def _product(self, expr: sympy.Mul) -> str:
        """Print sums after single factors: σ(x)(1 − σ(x)), not (1 − σ(x))σ(x)."""
        ordered = sorted(expr.as_ordered_factors(), key=lambda factor: factor.is_Add)
        return " ".join(self._factor(factor) for factor in ordered)

    def _factor(self, expr: sympy.Expr) -> str:
        return self.parenthesize(expr, PRECEDENCE["Mul"], strict=True)

    def _as_ordered_terms(self, expr: sympy.Expr, order: Any = None) -> list[sympy.Expr]:
        """Put a positive number before functions (1 + e^x) and no minus sign first where it can be avoided."""
        terms = super()._as_ordered_terms(expr, order)
        numbers = [term for term in terms if term.is_number and term.is_positive]
        if numbers and any(term.atoms(sympy.Function) for term in terms):
            terms = [*numbers, *(term for term in terms if term not in numbers)]
        if terms[0].could_extract_minus_sign():
            ahead = next((term for term in terms if not term.could_extract_minus_sign()), terms[0])
            terms = [ahead, *(term for term in terms if term is not ahead)]
        return terms

    def _print_Piecewise(self, expr: sympy.Piecewise) -> str:
        rows = [
            rf"{self._print(value)} & \text{{otherwise}}"
            if condition == sympy.true
            else rf"{self._print(value)} & \text{{if }} {self._condition(condition)}"
            for value, condition in expr.args
        ]
        return r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}"

    def _condition(self, condition: Any) -> str:
        if isinstance(condition, sympy.And | sympy.Or):
            word = "and" if isinstance(condition, sympy.And) else "or"
            parts = sorted(
                (self._condition(part) for part in condition.args), key=lambda part: r"\g" in part or ">" in part
            )
            return rf" \text{{ {word} }} ".join(parts)
        if not condition.lhs.has(X) and condition.rhs.has(X):
            condition = condition.reversed
        if condition.lhs == -X:
            condition = condition.reversedsign
        return self._print(condition)

    def _print_Tuple(self, expr: sympy.Tuple) -> str:
        return r"\left( " + r",\; ".join(self._print(part) for part in expr) + r" \right)"


def _word(part: str) -> str:
    if part in GREEK:
        return f"\\{part}"
    return part if len(part) == 1 or part.isdigit() else rf"\text{{{part}}}"


def _decimal(number: sympy.Expr) -> tuple[str | None, int]:
    """Return (text, n) with number = text/n, text an exact decimal; (None, 1) where a fraction reads better."""
    if not isinstance(number, sympy.Rational) or number.q < 1000:
        return None, 1
    tens, rest = 1, number.q
    while rest not in (1, 3):
        tens *= 10
        rest = number.q // gcd(number.q, tens)
        if tens > 10**12:
            return None, 1
    top = number.p * rest * tens
    digits = len(str(tens)) - 1
    whole, part = divmod(abs(top // number.q), tens)
    return f"{'-' if number < 0 else ''}{whole}.{part:0{digits}d}", rest
