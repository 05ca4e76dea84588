"""Formulas: one line of text read into sympy by a whitelist.

The reader walks Python's syntax tree and knows numbers, names, arithmetic, comparisons and the functions of
``FUNCTIONS``. Nothing is evaluated as code, and sympy's own string reader is never used. Names are ordinary letters:
``beta``, ``gamma``, ``S``, ``E`` or ``I`` mean a parameter and never a sympy object; ``pi`` is the circle's number
unless a parameter has that name.
"""

import ast
import keyword
import re
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

import mpmath
import sympy

from acts import nearest
from acts.activations.evaluate import evaluate
from acts.activations.functions import FUNCTIONS, cases
from acts.activations.symbols import X, derivative

__all__ = ["FUNCTIONS", "X", "derivative", "evaluate", "parse"]

LONGEST = 1000
DEEPEST = 40
MOST_NODES = 500
MOST_DIGITS = 60
HIGHEST_POWER = 64
WIDEST_NUMBER = 400.0


_WORDS = {
    "Attribute": "an attribute",
    "Subscript": "an index",
    "Lambda": "a function definition",
    "Compare": "a comparison",
    "BoolOp": "a condition",
    "IfExp": "if … else",
    "BitXor": "'^'",
    "BitAnd": "'&'",
    "BitOr": "'|'",
    "Mod": "'%'",
    "FloorDiv": "'//'",
    "MatMult": "'@'",
    "NamedExpr": "':='",
    "Name": "a name",
    "Call": "a call",
    "Constant": "a number",
    "BinOp": "a sum or product",
    "UnaryOp": "'not'",
    "Eq": "'=='",
    "NotEq": "'!='",
}
_CASES = "cases are written where(condition, yes, no)"
_INSTEAD = {
    "Compare": _CASES,
    "BoolOp": _CASES,
    "IfExp": _CASES,
    "BitXor": "a power is written **",
    "BitAnd": "conditions are joined by 'and'",
    "BitOr": "conditions are joined by 'or'",
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
        link = " " if why.startswith(("is ", "has ", "holds ")) else ": "
        return ValueError(f"formula {shown!r}{link}{why}")

    def refuse(self, node: ast.AST) -> ValueError:
        instead = _INSTEAD.get(type(node).__name__)
        return self.fail(f"{_word(node)} is not allowed" + (f"; {instead}" if instead else ""))

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
        if not self.text.strip().isprintable():
            raise self.fail("holds an unprintable character")
        try:
            return ast.parse(self.text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise self.fail(f"is not an arithmetic expression{_meant(self.text)}") from None

    def bound(self, tree: ast.expr) -> None:
        depth, count = 0, 0
        level: list[ast.AST] = [tree]
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
        raise self.refuse(node)

    def number(self, node: ast.Constant) -> sympy.Expr:
        written = (ast.get_source_segment(self.text.strip(), node) or "").replace("_", "")
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
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
        told = nearest.unknown("name", name, sorted({*self.names, "pi"}))
        raise self.fail(f"{told}; a parameter is declared beside the formula")

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
        raise self.refuse(node.op)

    def power(self, base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
        if not exponent.is_number:
            return base**exponent
        height = abs(_number(exponent))
        if not height <= HIGHEST_POWER:
            raise self.fail(f"a power is higher than {HIGHEST_POWER}")
        if base.is_number:
            size = abs(_number(base))
            if base.is_negative and not exponent.is_integer:
                raise self.fail("a negative number has no such power")
            if size != 0 and not abs(mpmath.log10(size)) * height <= WIDEST_NUMBER:
                raise self.fail("a power of a number is too large")
        return base**exponent

    def call(self, node: ast.Call) -> sympy.Expr:
        if not isinstance(node.func, ast.Name):
            meant = getattr(node.func, "attr", "")
            hint = f"; write {meant}(…)" if meant in FUNCTIONS else ""
            raise self.fail(f"only named functions can be called{hint}")
        name = node.func.id
        if node.keywords or any(isinstance(part, ast.Starred) for part in node.args):
            raise self.fail(f"{name}() takes plain arguments only")
        if name == "Piecewise":
            return self.piecewise(node)
        if name not in FUNCTIONS:
            raise self.fail(nearest.unknown("function", name, sorted(filter(str.islower, FUNCTIONS))))
        build, fewest, most = FUNCTIONS[name]
        if not fewest <= len(node.args) <= most:
            raise self.fail(f"{name}() takes {fewest if fewest == most else f'{fewest} to {most}'} arguments")
        if name == "where":
            return build(self.condition(node.args[0]), self.value(node.args[1]), self.value(node.args[2]))
        return self.bounded(build(*(self.value(part) for part in node.args)))

    def bounded(self, value: sympy.Expr) -> sympy.Expr:
        """Return the value unless it is a constant beyond 1e±400, whose comparison alone could take for ever."""
        if value.is_number and value.is_real:
            size = abs(_number(value))
            if not (size == 0 or -WIDEST_NUMBER <= mpmath.log10(size) <= WIDEST_NUMBER):
                raise self.fail("a constant is too large or too small")
        return value

    def piecewise(self, node: ast.Call) -> sympy.Expr:
        pairs = [part.elts for part in node.args if isinstance(part, ast.Tuple) and len(part.elts) == 2]
        if len(pairs) != len(node.args) or not pairs:
            raise self.fail("Piecewise() takes pairs (value, condition)")
        last = pairs[-1][1]
        if not (isinstance(last, ast.Constant) and last.value is True):
            raise self.fail("the last condition of Piecewise() must be True")
        return cases(*((self.value(value), self.condition(condition)) for value, condition in pairs))

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


def _number(constant: sympy.Expr) -> mpmath.mpf:
    with mpmath.workdps(15):
        return evaluate(constant, {})


def _word(node: ast.AST) -> str:
    return _WORDS.get(type(node).__name__, "what is no arithmetic")


def _meant(text: str) -> str:
    """Return a guess at why a text is no expression, nothing without one."""
    strange = next((sign for sign in text if not sign.isascii()), "")
    if strange:
        return f"; it holds {strange!r}, and signs are + - * / **"
    if taken := next((word for word in re.findall(r"[a-z]+", text) if keyword.iskeyword(word)), ""):
        return f"; {taken!r} is a word of Python, which names no parameter"
    if re.search(r"(?<![<>=!])=(?!=)", text):
        return "; only what stands on the right of '=' is written"
    return "; it is 2*x and tanh(x), not 2x and tanh x" if re.search(r"\d[A-Za-z]|\w +\w", text) else ""
