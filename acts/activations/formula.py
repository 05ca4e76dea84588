"""Formulas: one line of text read into sympy by a whitelist, and what follows from it: LaTeX, derivative, oracle.

The reader walks Python's syntax tree and knows numbers, names, arithmetic, comparisons and the functions of
``FUNCTIONS``. Nothing is evaluated as code, and sympy's own string reader is never used. Names are ordinary letters:
``beta``, ``gamma``, ``S``, ``E`` or ``I`` mean a parameter and never a sympy object; ``pi`` is the circle's number
unless a parameter has that name.
"""

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from math import isfinite, log10
from typing import Any

import mpmath
import sympy
from sympy.printing.latex import LatexPrinter

LONGEST = 1000
DEEPEST = 40
MOST_NODES = 500
MOST_DIGITS = 60
HIGHEST_POWER = 64
WIDEST_NUMBER = 400.0
DIGITS = 400
X = sympy.Symbol("x", real=True)


class sigmoid(sympy.Function):
    """The logistic function as one letter, so that formulas and derivatives stay readable."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return self * (1 - self)

    def _eval_is_real(self) -> bool:
        return True

    def _eval_is_positive(self) -> bool:
        return True

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        power = f"^{{{exp}}}" if exp else ""
        return rf"\sigma{power}\left({printer._print(self.args[0])}\right)"


class softplus(sympy.Function):
    """The logarithm of 1 + e^u as one word, whose slope is the logistic function."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return sigmoid(self.args[0])

    def _eval_is_real(self) -> bool:
        return True

    def _eval_is_positive(self) -> bool:
        return True

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        power = f"^{{{exp}}}" if exp else ""
        return rf"\ln{power}\left(1 + {printer._print(sympy.exp(self.args[0]))}\right)"


def _where(condition: Any, yes: Any, no: Any) -> sympy.Expr:
    return sympy.Piecewise((yes, condition), (no, True))


def _largest(*values: Any) -> sympy.Expr:
    first, *rest = values
    for value in rest:
        first = _where(value > first, value, first)
    return first


def _smallest(*values: Any) -> sympy.Expr:
    first, *rest = values
    for value in rest:
        first = _where(value < first, value, first)
    return first


def _clamp(value: Any, low: Any, high: Any) -> sympy.Expr:
    return sympy.Piecewise((low, value <= low), (high, value >= high), (value, True))


# name in a formula -> (sympy builder, fewest arguments, most arguments)
FUNCTIONS: dict[str, tuple[Callable[..., Any], int, int]] = {
    **{
        name: (getattr(sympy, name), 1, 1)
        for name in ("exp", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asinh", "atan", "erf", "erfc", "sign")
    },
    "log": (sympy.log, 1, 1),
    "ln": (sympy.log, 1, 1),
    "abs": (sympy.Abs, 1, 1),
    "Abs": (sympy.Abs, 1, 1),
    "sigmoid": (sigmoid, 1, 1),
    "softplus": (softplus, 1, 1),
    "relu": (lambda u: _where(u > 0, u, sympy.Integer(0)), 1, 1),
    "where": (_where, 3, 3),
    "clamp": (_clamp, 3, 3),
    "max": (_largest, 2, 8),
    "min": (_smallest, 2, 8),
    "Max": (_largest, 2, 8),
    "Min": (_smallest, 2, 8),
}
_COMPARE = {ast.Lt: sympy.Lt, ast.LtE: sympy.Le, ast.Gt: sympy.Gt, ast.GtE: sympy.Ge}


def parse(text: str, names: Iterable[str] = ("x",), *, constants: Mapping[str, str] | None = None) -> sympy.Expr:
    """Return a formula as a sympy expression in real symbols called as in ``names``.

    ``where(condition, yes, no)`` and sympy's ``Piecewise((value, condition), …, (value, True))`` both write cases.
    ``constants`` are further names allowed, whose numbers are put in elsewhere. Raises ValueError, one line, for
    anything that is not arithmetic on these names, and for text too long, too deep or with too large a number.
    """
    return _Reader(text, {*names, *(constants or {})}).read()


class _Reader:
    """One reading of one text; ``read`` either returns an expression or raises ValueError with one line."""

    def __init__(self, text: str, names: set[str]):
        self.text, self.names = text, names

    def fail(self, why: str) -> ValueError:
        shown = self.text if isinstance(self.text, str) and len(self.text) <= 60 else f"{str(self.text)[:57]}..."
        return ValueError(f"formula {shown!r}: {why}")

    def read(self) -> sympy.Expr:
        tree = self.tree()
        self.bound(tree)
        try:
            found = self.tuple_or_value(tree)
        except (ArithmeticError, TypeError, AttributeError, RecursionError) as error:
            raise self.fail(f"has no value ({type(error).__name__})") from None
        if found.has(sympy.zoo, sympy.oo, -sympy.oo, sympy.nan, sympy.I):
            raise self.fail("is not a finite real expression")
        return found

    def tree(self) -> ast.expr:
        if not isinstance(self.text, str):
            raise self.fail("must be text")
        if len(self.text) > LONGEST:
            raise self.fail(f"is longer than {LONGEST} characters")
        if not self.text.isprintable():
            raise self.fail("holds an unprintable character")
        try:
            return ast.parse(self.text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise self.fail("is not an arithmetic expression") from None

    def bound(self, tree: ast.expr) -> None:
        level, depth, count = [tree], 0, 0
        while level:
            depth, count = depth + 1, count + len(level)
            if depth > DEEPEST or count > MOST_NODES:
                raise self.fail(f"is nested deeper than {DEEPEST} or holds more than {MOST_NODES} parts")
            level = [child for node in level for child in ast.iter_child_nodes(node)]

    def tuple_or_value(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Tuple):
            return sympy.Tuple(*(self.value(part) for part in node.elts))
        return self.value(node)

    def value(self, node: ast.expr) -> sympy.Expr:
        match node:
            case ast.Constant():
                return self.number(node)
            case ast.Name(id=name):
                return self.name(name)
            case ast.UnaryOp(op=ast.USub(), operand=part):
                return -self.value(part)
            case ast.UnaryOp(op=ast.UAdd(), operand=part):
                return self.value(part)
            case ast.BinOp():
                return self.arithmetic(node)
            case ast.Call():
                return self.call(node)
        raise self.fail(f"{_word(node)} is not allowed")

    def number(self, node: ast.Constant) -> sympy.Expr:
        written = (ast.get_source_segment(self.text.strip(), node) or "").replace("_", "")
        if type(node.value) not in (int, float):
            raise self.fail(f"{node.value!r} is not a real number" if len(written) < 30 else "holds a non-number")
        if len(written) > MOST_DIGITS or not isfinite(float(node.value)):
            raise self.fail("holds a number that is too large or too long")
        if isinstance(node.value, int):
            return sympy.Integer(node.value)
        if node.value == 0.0 and re.search(r"[1-9]", written.lower().split("e")[0]):
            raise self.fail("holds a number that is too small")
        return sympy.Rational(written)

    def name(self, name: str) -> sympy.Expr:
        if name in self.names:
            return sympy.Symbol(name, real=True)
        if name == "pi":
            return sympy.pi
        raise self.fail(f"unknown name {name!r}; known are {', '.join(sorted(self.names))} and pi")

    def arithmetic(self, node: ast.BinOp) -> sympy.Expr:
        left, right = self.value(node.left), self.value(node.right)
        match node.op:
            case ast.Add():
                return left + right
            case ast.Sub():
                return left - right
            case ast.Mult():
                return left * right
            case ast.Div():
                return left / right
            case ast.Pow():
                return self.power(left, right)
        raise self.fail(f"{_word(node.op)} is not allowed")

    def power(self, base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
        if exponent.is_number and not abs(float(exponent)) <= HIGHEST_POWER:
            raise self.fail(f"a power is higher than {HIGHEST_POWER}")
        if base.is_number and exponent.is_number and base != 0:
            size = abs(log10(abs(float(base)))) if isfinite(float(base)) and float(base) else WIDEST_NUMBER
            if size * abs(float(exponent)) > WIDEST_NUMBER:
                raise self.fail("a power of a number is too large")
        return base**exponent

    def call(self, node: ast.Call) -> sympy.Expr:
        if not isinstance(node.func, ast.Name):
            raise self.fail("only named functions can be called")
        name = node.func.id
        if node.keywords or any(isinstance(part, ast.Starred) for part in node.args):
            raise self.fail(f"{name}() takes plain arguments only")
        if name == "Piecewise":
            return self.piecewise(node)
        if name not in FUNCTIONS:
            raise self.fail(f"unknown function {name!r}; known are Piecewise, {', '.join(sorted(FUNCTIONS))}")
        build, fewest, most = FUNCTIONS[name]
        if not fewest <= len(node.args) <= most:
            raise self.fail(f"{name}() takes {fewest if fewest == most else f'{fewest} to {most}'} arguments")
        if name == "where":
            return build(self.condition(node.args[0]), self.value(node.args[1]), self.value(node.args[2]))
        return self.bounded(build(*(self.value(part) for part in node.args)))

    def bounded(self, value: sympy.Expr) -> sympy.Expr:
        """Return the value unless it is a constant beyond 1e±400, whose comparison alone could take for ever."""
        if value.is_number and value.is_finite:
            with mpmath.workdps(15):
                size = abs(evaluate(value, {}))
            if not (size == 0 or -WIDEST_NUMBER <= mpmath.log10(size) <= WIDEST_NUMBER):
                raise self.fail("a constant is too large or too small")
        return value

    def piecewise(self, node: ast.Call) -> sympy.Expr:
        cases = [part.elts for part in node.args if isinstance(part, ast.Tuple) and len(part.elts) == 2]
        if len(cases) != len(node.args) or not cases:
            raise self.fail("Piecewise() takes pairs (value, condition)")
        last = cases[-1][1]
        if not (isinstance(last, ast.Constant) and last.value is True):
            raise self.fail("the last condition of Piecewise() must be True")
        return sympy.Piecewise(*((self.value(value), self.condition(condition)) for value, condition in cases))

    def condition(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=True):
                return sympy.true
            case ast.Compare():
                sides = [self.value(part) for part in (node.left, *node.comparators)]
                return sympy.And(*(self.comparison(op)(*sides[i : i + 2]) for i, op in enumerate(node.ops)))
            case ast.BoolOp(op=op, values=parts):
                join = sympy.And if isinstance(op, ast.And) else sympy.Or
                return join(*(self.condition(part) for part in parts))
        raise self.fail(f"{_word(node)} is no condition; write one like x < 0")

    def comparison(self, op: ast.cmpop) -> Any:
        if type(op) not in _COMPARE:
            raise self.fail(f"{_word(op)} is no comparison here; use <, <=, > or >=")
        return _COMPARE[type(op)]


def _word(node: ast.AST) -> str:
    return {"Attribute": "an attribute", "Subscript": "an index", "Lambda": "a function definition"}.get(
        type(node).__name__, type(node).__name__
    )


def expand(expression: sympy.Expr) -> sympy.Expr:
    """Return the expression in sympy's own functions: σ and softplus written out with exponentials."""
    opened = expression.replace(sigmoid, lambda u: 1 / (1 + sympy.exp(-u)))
    return opened.replace(softplus, lambda u: sympy.log(1 + sympy.exp(u)))


def fold(expression: sympy.Expr) -> sympy.Expr:
    """Return the expression with 1/(1 + e^-u) written σ(u) and ln(1 + e^u) softplus(u), whose slopes read better."""
    folded = expression.replace(_is_softplus, lambda e: softplus(_exponent(e.args[0])))
    return folded.replace(_is_sigmoid, lambda e: sigmoid(-_exponent(e.base)) ** -e.exp)


def _exponent(total: sympy.Expr) -> sympy.Expr | None:
    """Return u where the expression is 1 + e^u, else None."""
    if isinstance(total, sympy.Add) and len(total.args) == 2 and total.args[0] == 1:
        return total.args[1].args[0] if isinstance(total.args[1], sympy.exp) else None
    return None


def _is_sigmoid(e: sympy.Expr) -> bool:
    return isinstance(e, sympy.Pow) and e.exp.is_Integer and e.exp < 0 and _exponent(e.base) is not None


def _is_softplus(e: sympy.Expr) -> bool:
    return isinstance(e, sympy.log) and _exponent(e.args[0]) is not None


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
def derivative(expression: sympy.Expr, order: int = 1) -> sympy.Expr:
    """Return the derivative by x of the given order, branch by branch."""
    return sympy.diff(expression, X, order) if order else expression


def evaluate(expression: sympy.Expr, values: Mapping[str, mpmath.mpf]) -> mpmath.mpf:
    """Return the value of an expression in mpmath's working precision; letters are looked up by name."""
    rule = _MPMATH.get(expression.func)
    if rule is not None:
        return rule(*(evaluate(part, values) for part in expression.args))
    if isinstance(expression, sympy.Symbol):
        return values[expression.name]
    if isinstance(expression, sympy.Rational):
        return mpmath.mpf(int(expression.p)) / int(expression.q)
    if isinstance(expression, sympy.Piecewise):
        for value, condition in expression.args:
            if _holds(condition, values):
                return evaluate(value, values)
    if expression is sympy.pi or expression is sympy.E:
        return +mpmath.pi if expression is sympy.pi else +mpmath.e
    raise ValueError(f"no rule to evaluate {type(expression).__name__}")


def _holds(condition: Any, values: Mapping[str, mpmath.mpf]) -> bool:
    if condition in (sympy.true, sympy.false):
        return bool(condition)
    if isinstance(condition, sympy.And | sympy.Or):
        return (all if isinstance(condition, sympy.And) else any)(_holds(part, values) for part in condition.args)
    left, right = (evaluate(part, values) for part in condition.args)
    match condition:
        case sympy.StrictLessThan():
            return left < right
        case sympy.LessThan():
            return left <= right
        case sympy.StrictGreaterThan():
            return left > right
        case sympy.GreaterThan():
            return left >= right
    raise ValueError(f"no rule to evaluate {type(condition).__name__}")


def _exp(u: mpmath.mpf) -> mpmath.mpf:
    """Return e^u, with 0 and infinity where the exponent itself would need more than 10,000 digits."""
    if abs(u) > mpmath.mpf("1e10000"):
        return mpmath.mpf(0) if u < 0 else mpmath.inf
    return mpmath.exp(u)


def _tanh(u: mpmath.mpf) -> mpmath.mpf:
    return mpmath.tanh(u) if abs(u) < 10_000 else mpmath.sign(u)


def _erf(u: mpmath.mpf) -> mpmath.mpf:
    return mpmath.erf(u) if abs(u) < 10_000 else mpmath.sign(u)


def _times(*factors: mpmath.mpf) -> mpmath.mpf:
    """Return the product; 0 wins over infinity, as only an exponential can be either here."""
    return mpmath.mpf(0) if any(factor == 0 for factor in factors) else mpmath.fprod(factors)


_MPMATH: dict[Any, Callable[..., mpmath.mpf]] = {
    sympy.Add: lambda *terms: mpmath.fsum(terms),
    sympy.Mul: _times,
    sympy.Pow: lambda base, exponent: mpmath.power(base, exponent),
    sympy.exp: _exp,
    sympy.log: mpmath.log,
    sympy.sin: mpmath.sin,
    sympy.cos: mpmath.cos,
    sympy.tan: mpmath.tan,
    sympy.sinh: mpmath.sinh,
    sympy.cosh: mpmath.cosh,
    sympy.tanh: _tanh,
    sympy.asinh: mpmath.asinh,
    sympy.atan: mpmath.atan,
    sympy.erf: _erf,
    sympy.erfc: mpmath.erfc,
    sympy.Abs: abs,
    sympy.sign: mpmath.sign,
    sigmoid: lambda u: 1 / (1 + _exp(-u)),
    softplus: lambda u: u + mpmath.log1p(_exp(-u)) if u > 0 else mpmath.log1p(_exp(u)),
}


class _Printer(LatexPrinter):
    """sympy's LaTeX with "if" in cases and words upright."""

    def _print_Symbol(self, expr: sympy.Symbol, style: str = "plain") -> str:
        stem, *below = {"lambd": "lambda"}.get(expr.name, expr.name).split("_")
        index = re.fullmatch(r"([a-z])(\d)", stem)
        if index:
            stem, below = index[1], [index[2]]
        greek = stem in _GREEK
        letter = f"\\{stem}" if greek else stem if len(stem) == 1 else rf"\mathrm{{{stem}}}"
        lower = [part if len(part) == 1 else rf"\mathrm{{{part}}}" for part in below if part]
        return f"{letter}_{{{','.join(lower)}}}" if lower else letter

    def _print_Piecewise(self, expr: sympy.Piecewise) -> str:
        rows = [
            rf"{self._print(value)} & \text{{otherwise}}"
            if condition == sympy.true
            else rf"{self._print(value)} & \text{{if }} {self._print(condition)}"
            for value, condition in expr.args
        ]
        return r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}"

    def _print_Tuple(self, expr: sympy.Tuple) -> str:
        return r"\left( " + r",\; ".join(self._print(part) for part in expr) + r" \right)"


_GREEK = frozenset(
    ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Phi", "Psi", "Omega"]
)


def latex(expression: sympy.Expr) -> str:
    """Return the expression as LaTeX without dollar signs, in the commands that math-core and tex2typst both read."""
    return _Printer({"ln_notation": True, "mul_symbol": None}).doprint(expression)


@lru_cache(maxsize=512)
def readable(expression: sympy.Expr) -> sympy.Expr:
    """Return the shortest of a few equal forms of an expression, each case of a Piecewise on its own."""
    if isinstance(expression, sympy.Piecewise):
        return sympy.Piecewise(*((readable(value), condition) for value, condition in expression.args), evaluate=False)
    if isinstance(expression, sympy.Tuple) or not expression.free_symbols:
        return expression
    plain = expression.subs(X * sympy.sign(X), sympy.Abs(X))
    forms = [plain, sympy.together(plain), sympy.factor_terms(plain), sympy.collect_const(plain)]
    if plain.count_ops() < 60:
        forms.append(sympy.factor(plain))
    return min(forms, key=lambda form: (form.count_ops(), len(str(form))))
