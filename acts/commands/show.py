"""`acts show`: show what one thing is."""

import argparse

from acts.commands.answer import Answer
from acts.commands.page import Page, Parser

PAGE = Page(
    summary="show an activation, a claim, a data set, a configuration or an experiment",
    about="""
    Tells what is known of one thing. Of an activation: formula and derivative, range, extrema, slopes, inits,
    parameters, source. Of a claim: what the literature says, the rule in words, what was found, and the same asked of
    activations of your own. Of a data set: what is in it, and where to put it if it is not here. Of a configuration:
    what it runs and how far it has been made.
    """,
    examples=(
        ("acts show mish", "formula, derivative and what follows from them"),
        ('acts show "leaky_relu(alpha=0.1)"', "a variant, with its own parameter"),
        ("acts show C46", "a claim, its rule, and the verdict where a configuration is judged"),
        ("acts show digits", "a data set"),
    ),
    reads="the catalogue, acts/claims.yaml, params/, ACTS_DATA, ledger and records in reports/CONFIG",
    json="an object whose `kind` is activation, claim, dataset, configuration or experiment; the other keys follow the"
    " kind, those of `acts list KIND --json` among them",
    codes={0: "shown"},
)


def options(parser: Parser) -> None:
    """Add what the command takes."""
    parser.add_argument("name", metavar="NAME", help="a name or variant, a claim's id, a data set, a configuration")
    parser.add_argument("--config", metavar="CONFIG", help="whose verdict is shown, or whose own activations too")


def run(given: argparse.Namespace) -> Answer:
    """Show what a name means; the quick kinds are asked first, so that they cost no import of torch."""
    from acts.commands import inventory, portraits

    for kind in (portraits.claim, portraits.configuration, portraits.dataset, portraits.experiment):
        if (found := kind(given.name, given.config)) is not None:
            return found
    if given.config is None:
        inventory.elsewhere(given.name)
    return portraits.activation(given.name, given.config)
