"""`acts check`: hold an activation against all that is asked of one."""

import argparse
from pathlib import Path
from typing import Any

from acts.commands import terminal
from acts.commands.answer import Answer
from acts.commands.page import AskedError, Page, Parser

PAGE = Page(
    summary="hold an activation against all that is asked of one",
    about="""
    Says in words whether an activation is fit for a review: its values and slopes against the formula, precision in
    every dtype, vmap, promises, derivatives in every mode, a stable init. WHAT is a formula in x, a Python file that
    registers activations, or a name of the catalogue or of --config. A formula is read by a parser of our own; nothing
    in it is executed. A Python file is your own code and is run.
    """,
    examples=(
        ('acts check "x * exp(-x**2)"', "a formula"),
        ('acts check "x * sigmoid(beta*x + S)" --let beta=1 --let S=0.5', "a formula with the numbers of its letters"),
        ("acts check my_acts.py", "everything that a Python file registers"),
    ),
    reads="the Python file, where WHAT is one",
    json="[{activation, requirement, asked, wrong}], wrong being empty where all is well",
    codes={0: "every requirement is kept", 1: "one is not", 2: "it cannot be read: one line says why; nothing was run"},
)


def options(parser: Parser) -> None:
    """Add what the command takes."""
    parser.add_argument("wanted", metavar="WHAT", help="a formula in x, a Python file that registers some, or a name")
    parser.add_argument("--config", metavar="CONFIG", help="whose own activations WHAT may name too")
    parser.add_argument(
        "--let", metavar="LETTER=NUMBER", action="append", type=_letter, default=[], help="a parameter of the formula"
    )


def _letter(text: str) -> tuple[str, float]:
    """Return a letter with its number."""
    letter, _, number = text.partition("=")
    try:
        value = float(number)
    except ValueError:
        value = float("nan")
    if not letter.isidentifier() or not abs(value) < float("inf"):
        raise argparse.ArgumentTypeError(f"{text[:80]!r} should be LETTER=NUMBER, as beta=1.5")
    return letter, value


def run(given: argparse.Namespace) -> Answer:
    """Check an activation and return every finding."""
    from acts import check
    from acts.commands import inventory

    if given.wanted.endswith((".yaml", ".yml")):
        name = Path(given.wanted).stem
        raise AskedError(
            f"{name} is a configuration; what it brings along is checked by acts check NAME --config {name}"
        )
    if given.config is not None:
        inventory.brought(given.config)
    else:
        inventory.elsewhere(given.wanted)
    found = check.checked(given.wanted, letters=dict(given.let))
    code = 1 if any(finding.wrong for finding in found) else 0
    return Answer([vars(finding) for finding in found], code=code, show=lambda: _tell(given.wanted, found))


def _tell(wanted: str, found: list[Any]) -> None:
    """Print the findings and, of a function that no configuration has yet, where to write it."""
    from acts import check

    check.tell(found)
    key = f"plugins: [{wanted}]" if wanted.endswith(".py") else "formulas:" if not wanted.isidentifier() else ""
    if key and not any(finding.wrong for finding in found):
        terminal.onward(f"next: write it into params/yours.yaml under {key}")
