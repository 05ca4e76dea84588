"""Typeset formulas read back, so that a test can hold the LaTeX on a page equal to the formula it shows."""

import re
from collections.abc import Iterable

import sympy

from acts.activations.typeset import latex

TOKEN = re.compile(r"\\[A-Za-z]+|\\[\\;,!]|\d+(?:\.\d+)?|[A-Za-z]|\S")
FUNCTIONS = {
    r"\tanh": "tanh", r"\sin": "sin", r"\cos": "cos", r"\tan": "tan", r"\sinh": "sinh", r"\cosh": "cosh",
    r"\ln": "log", r"\log": "log", r"\exp": "exp", r"\max": "max", r"\min": "min", r"\sigma": "sigmoid",
    "erf": "erf", "erfc": "erfc", "sign": "sign", "asinh": "asinh", "atan": "atan",
}  # fmt: skip
RELATIONS = {r"\leq": "<=", r"\le": "<=", r"\geq": ">=", r"\ge": ">=", "<": "<", ">": ">"}
BLANKS = (r"\;", r"\,", r"\!")


def untypeset(text: str, names: Iterable[str]) -> str:
    """Return LaTeX as a formula in the given names, fully bracketed; ValueError for a command that it does not know."""
    reader = _Reader(text, names)
    found = reader.sum()
    if reader.peek():
        raise reader.fail()
    return found


class _Reader:
    """One reading of one text from left to right."""

    def __init__(self, text: str, names: Iterable[str]):
        self.tokens = [token for token in TOKEN.findall(text) if token not in BLANKS]
        self.place = 0
        self.letters = {"".join(TOKEN.findall(latex(sympy.Symbol(name, real=True)))): name for name in names}

    def peek(self, ahead: int = 0) -> str:
        """Return the token ahead, "" behind the last."""
        return self.tokens[self.place + ahead] if self.place + ahead < len(self.tokens) else ""

    def fail(self) -> ValueError:
        return ValueError(f"cannot read {self.peek() or 'the end'!r} after {' '.join(self.tokens[: self.place])!r}")

    def take(self, *wanted: str) -> str:
        """Return the next token, which must be one of those wanted where any are."""
        token = self.peek()
        if not token or (wanted and token not in wanted):
            raise self.fail()
        self.place += 1
        return token

    def group(self) -> str:
        """Read {…} as a sum."""
        self.take("{")
        inside = self.sum()
        self.take("}")
        return inside

    def raw(self) -> str:
        """Read {…} as letters."""
        start = self.place + 1
        while self.take() != "}":
            pass
        return "".join(self.tokens[start : self.place - 1])

    def sum(self) -> str:
        found = f"(-{self.product()})" if self.peek() == "-" and self.take() else self.product()
        while self.peek() in ("+", "-"):
            found = f"({found} {self.take()} {self.product()})"
        return found

    def product(self) -> str:
        found = self.power()
        while self.starts():
            found = f"({found}*{self.power()})"
        return found

    def starts(self) -> bool:
        """Whether a factor begins here."""
        token = self.peek()
        if token == r"\text":
            return self.word() is not None
        ends = ("", "+", "-", "}", "&", r"\\", r"\right", r"\end", ",", "|", ")", *RELATIONS)
        return token not in ends

    def word(self) -> str | None:
        """Return the longest letter with its index that begins here, None where there is none."""
        for end in range(min(len(self.tokens), self.place + 24), self.place, -1):
            if "".join(self.tokens[self.place : end]) in self.letters:
                return "".join(self.tokens[self.place : end])
        return None

    def power(self) -> str:
        if self.peek() == "e" and self.peek(1) == "^" and self.word() is None:
            self.take(), self.take()
            return f"exp({self.group()})"
        found = self.atom()
        if self.peek() == "^":
            self.take()
            return f"({found}**({self.group()}))"
        return found

    def atom(self) -> str:
        token, word = self.peek(), self.word()
        if word is not None and not (token == r"\sigma" and self.peek(1) in (r"\left", "^")):
            return self.letter(word)
        self.take()
        match token:
            case r"\frac":
                return f"({self.group()}/{self.group()})"
            case r"\sqrt":
                return f"sqrt({self.group()})"
            case "{":
                self.place -= 1
                return self.group()
            case r"\left":
                return self.bracket()
            case "(":
                return self.plain()
            case r"\begin":
                return self.cases()
        if token[0].isdigit() or token in (r"\pi", "e"):
            return {r"\pi": "pi", "e": "exp(1)"}.get(token, token)
        name = self.raw() if token == r"\operatorname" else token
        if name not in FUNCTIONS:
            self.place -= 1
            raise self.fail()
        return self.call(FUNCTIONS[name])

    def letter(self, word: str) -> str:
        name = self.letters[word]
        while word:
            word = word.removeprefix(self.take())
        return name

    def bracket(self) -> str:
        kind = self.take("(", "|")
        parts = self.parts()
        self.take(r"\right"), self.take(")" if kind == "(" else "|")
        return f"({', '.join(parts)})" if kind == "(" else f"abs({', '.join(parts)})"

    def plain(self) -> str:
        """Read what stands in brackets of fixed size, which sympy sets around a sum behind a minus sign."""
        inside = self.sum()
        self.take(")")
        return f"({inside})"

    def parts(self) -> list[str]:
        found = [self.sum()]
        while self.peek() == ",":
            self.take()
            found.append(self.sum())
        return found

    def call(self, name: str) -> str:
        power = f"**({self.group()})" if self.peek() == "^" and self.take() else ""
        braced = self.peek() == "{" and bool(self.take())
        self.take(r"\left"), self.take("(")
        parts = self.parts()
        self.take(r"\right"), self.take(")")
        if braced:
            self.take("}")
        return f"({name}({', '.join(parts)}){power})"

    def cases(self) -> str:
        self.raw()
        rows = [self.row()]
        while self.peek() == r"\\":
            self.take()
            rows.append(self.row())
        self.take(r"\end"), self.raw()
        return f"Piecewise({', '.join(rows)})"

    def row(self) -> str:
        value = self.sum()
        self.take("&"), self.take(r"\text")
        if self.raw() == "otherwise":
            return f"({value}, True)"
        return f"({value}, {self.condition()})"

    def condition(self) -> str:
        found = f"{self.sum()} {RELATIONS[self.take(*RELATIONS)]} {self.sum()}"
        if self.peek() == r"\text":
            self.take()
            return f"({found}) {self.raw()} ({self.condition()})"
        return found
