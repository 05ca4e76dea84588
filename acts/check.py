"""Check: whether an activation keeps what this review asks of one, said in words, requirement by requirement.

It takes a name of the catalogue, a formula in x, or a Python file that registers activations.
"""

import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from acts import activations, theory
from acts.activations import Activation, own
from acts.activations.conformance import requirements

ASKED = {
    "value": "has the values of its formula, tails and kinks included",
    "derivative": "has the slopes of its formula, tails and kinks included",
    "dtype": "keeps float64, float32, bfloat16 and float16, and rounds once",
    "batched": "is the same under vmap as in a loop",
    "typeset": "is printed as what it is",
    "module": "works as a module that saves and loads",
    "nan": "passes nan on",
    "promises": "keeps what it promises (monotone, odd, bounded, nonnegative)",
    "gradcheck": "agrees with finite differences, twice",
    "modes": "has one slope in every mode of differentiation",
    "kernel": "has a fast path with the same values",
    "slope_of_kernel": "has a fast path with the same slopes, finite far out in float32",
    "parameters": "learns its parameters",
    "stable init": "has a stable init, so that depth neither blows up nor kills the signal",
}


@dataclass(frozen=True)
class Finding:
    """One requirement of one activation: what is asked, and what is wrong, nothing where all is well."""

    activation: str
    requirement: str
    asked: str
    wrong: str = ""


def checked(wanted: str, *, letters: Mapping[str, float] | None = None) -> list[Finding]:
    """Return what every requirement says of the activations meant by a name, a file or a formula.

    Raises ValueError, one line, for what is no activation, no formula and no file that registers some.
    """
    return [finding for entry in found_of(wanted, letters or {}) for finding in findings(entry)]


def found_of(wanted: str, letters: Mapping[str, float]) -> list[Activation]:
    """Return the activations meant by a name, a file or a formula with the numbers of its letters."""
    if wanted.endswith(".py"):
        if not Path(wanted).is_file():
            raise own.OwnError(f"{wanted}: no such file")
        return [activations.get(name) for name in own.plugin(Path(wanted).resolve())]
    try:
        return [activations.get(wanted)]
    except ValueError as unknown:
        if wanted.isidentifier():
            raise unknown from None
    try:
        return [own.from_formula("yours", wanted, parameters=letters)]
    except own.OwnError as error:
        letter = re.search(r"unknown name '(\w+)'", str(error))
        raise own.OwnError(f"{error}: --let {letter[1]}=1" if letter else str(error)) from None


def findings(entry: Activation) -> list[Finding]:
    """Return what every requirement that applies says of an activation."""
    asked: dict[str, Callable[[Activation], object]] = dict(requirements(entry))
    if entry.elementwise:
        asked["stable init"] = theory.stable_init
    return [Finding(entry.name, word, ASKED[word], _wrong(entry, test)) for word, test in asked.items()]


def _wrong(entry: Activation, test: Callable[[Activation], object]) -> str:
    """Return what a requirement finds wrong, in one line, nothing where all is well."""
    try:
        with warnings.catch_warnings():  # torch's own, of its own insides
            warnings.simplefilter("ignore")
            test(entry)
    except Exception as error:
        told = " ".join(str(error).split())[:300] or type(error).__name__
        return told.removeprefix(f"{entry.name}").removeprefix("()").removeprefix(": ")
    return ""


def tell(found: list[Finding]) -> None:
    """Print findings as a table for each activation, what is wrong first."""
    from acts.commands.terminal import Column, Table, lines

    for name in dict.fromkeys(finding.activation for finding in found):
        own_findings = [finding for finding in found if finding.activation == name]
        wrong = sum(bool(finding.wrong) for finding in own_findings)
        told = "keeps them all" if not wrong else f"{wrong} not kept"
        lines([f"{name}: {len(own_findings)} requirements, {told}"])
        rows = [("no" if one.wrong else "yes", one.asked, one.wrong) for one in own_findings]
        columns = (Column("kept"), Column("requirement", text=True), Column("what is wrong", text=True))
        Table(columns, sorted(rows, key=lambda row: not row[2])).show()
