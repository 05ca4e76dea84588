"""Guide: a page on how to read a report, with the report's own claims as examples."""

from collections import Counter
from collections.abc import Sequence
from statistics import median

from nbformat import NotebookNode, v4

from acts.reports import cards, sketch
from acts.reports.document import Front
from acts.reports.ledger import Row, number
from acts.reports.marks import VOCABULARY, slug
from acts.reports.words import escape, grid, plural

NAME = "how_to_read"
MEANINGS = {
    "supported": "The difference that is claimed is there and larger than the margin, beyond reasonable doubt; or it"
    " follows from the formula.",
    "refuted": "The opposite is so; or the claim says *better* where both sides are practically the same; or a formula"
    " gives a counterexample.",
    "mixed": "Supported under one condition and reversed under another.",
    "true if": "It holds once a quantity is named that the source leaves open. The card names it.",
    "equivalent": "The whole interval of the difference lies within the margin. That is a finding, and not the want of"
    " one.",
    "inconclusive": "The runs do not settle it, though the direction may be known.",
    "not decidable": "The runs cannot answer the question.",
    "not measured here": "This configuration leaves the comparison out.",
}
CARD = """## A card {.unnumbered #reading-a-card}

Every sentence that is tested ends in a card. This is one of them:

{card}

On top stand the claim's number, by which the whole report calls it, and the verdict. Where a margin was set, a small
drawing shows the interval across it: grey is the margin, and what lies to the right of the middle speaks for the claim.
The rest is

1. what the literature says, restated so that it could turn out false;
2. where it says so: a paper, or a text with its language;
3. what was found{found}. Numbers and conditions in it are written from the records, and no sentence outlives them.

A link leads from there to the figure behind the claim; a claim that rests on the evidence of another, or pulls against
it, names that one.
"""
FAIR = """## What makes a comparison fair {{.unnumbered #fair-comparisons}}

- **Pairs.** Both sides of a contrast begin with the same weights, and see the same batches and the same test rows; they
  differ in the activation alone, or in the one property that is asked about.{pairs} The interval is that of the
  differences, and at 95 % unless it says otherwise.
- **Tuning.** Each side has its own learning rate and the initialisation that suits it, found with seeds that the
  verdict never sees.
- **A margin set before.** A difference counts from the smallest on that would matter to someone who has to choose. It
  is fixed for each kind of outcome before anything runs, and never moved afterwards.
- **Many questions, few false answers.** Where several contrasts decide a claim they are adjusted together, and over all
  claims the share of false verdicts is kept low.
- **Nothing is dropped.** A run that diverges ranks last, and what could not be measured is listed.
"""
INTERVALS = """## An interval, and many of them {.unnumbered #reading-intervals}

@fig-reading draws one claim of each kind as the figures of this report do: a dot for the effect, a line for its
interval, both in margins. An interval wholly to the right of the grey band supports its claim, one wholly to the left
is a reversal, and one wholly inside says that the two sides are practically the same. One that crosses an edge of the
band leaves the claim open, however far away its dot lies. A point without a line is a number without a verdict.
"""


def chapter(front: Front, *, appendix: bool = True) -> tuple[str, NotebookNode] | None:
    """Return the guide as a chapter, named; nothing for a report without claims; it may refer to an appendix."""
    if not front.claims:
        return None
    cells = [v4.new_markdown_cell(text) for text in (_opening(front), _vocabulary(front.claims), _fair(front.claims))]
    shown = sketch.chosen(front.claims)
    if shown:
        cells += [v4.new_markdown_cell(INTERVALS), sketch.cell(shown)]
    notebook = v4.new_notebook(cells=[*cells, v4.new_markdown_cell(_origin(front, appendix))])
    for index, cell in enumerate(notebook.cells):
        cell["id"] = f"{NAME}-{index}"
    return NAME, notebook


def example(claims: Sequence[Row]) -> Row | None:
    """Return the claim whose card teaches best: decided by an interval against a margin, told in the fewest words."""
    found = [
        claim for claim in claims if claim["verdict"] in ("supported", "refuted") and cards.margins(claim) is not None
    ]
    return min(found, key=lambda claim: (len(claim["sentence"]), claim["claim"]), default=None)


def _opening(front: Front) -> str:
    count = plural(len(front.claims), "sentence")
    heading = "# How to read this {.unnumbered #how-to-read}"
    said = f"This report takes {count} about activation functions at their word and measures what can be measured."
    shown = example(front.claims)
    if shown is None:
        return f"{heading}\n\n{said}"
    card = (
        f"::: {{.claim .{slug(shown['verdict'])} .example}}\n"
        f"**{escape(shown['claim'])}** [{escape(shown['verdict'])}]{{.verdict}} {escape(shown['statement'])}"
        f" [1]{{.pin}} [{escape(shown['source'])} [2]{{.pin}}]{{.source}}\n\n"
        f"{escape(_finding(shown))} [3]{{.pin}}\n:::"
    )
    found = f", here {escape(shown['effect'])} with the {escape(shown['interval'])}"
    return f"{heading}\n\n{said}\n\n" + CARD.replace("{card}", card).replace("{found}", found)


def _finding(claim: Row) -> str:
    """Return the sentence without the verdict word in front, which the card shows already."""
    return claim["sentence"].removeprefix(f"{claim['verdict'][0].upper()}{claim['verdict'][1:]}. ")


def _vocabulary(claims: Sequence[Row]) -> str:
    """Return the verdicts, what each says, and how many claims have it here."""
    counts = Counter(claim["verdict"] for claim in claims)
    table = grid(("Verdict", "What it says", "Claims"), [], right=(2,)).splitlines()
    table += [f"| {escape(word)} | {MEANINGS[word]} | {counts[word] or '–'} |" for word in VOCABULARY]
    return "## The words of a verdict {.unnumbered #verdict-words}\n\n" + "\n".join(table)


def _fair(claims: Sequence[Row]) -> str:
    counts = [float(claim["n"]) for claim in claims if claim["n"] and claim["kind"] == "experiment"]
    usual = f" Here a contrast rests on {number(median(counts))} pairs as a rule." if counts else ""
    return FAIR.format(pairs=usual)


def _origin(front: Front, appendix: bool) -> str:
    """Return where the report's numbers come from and what travels with it."""
    made = f"`{front.command}`" if front.command else "the records"
    at = f" at commit {escape(front.commit)}" if front.commit else ""
    digest = f", whose digest (sha256) begins with {escape(front.records)}" if front.records else ""
    ran = " The [appendix](#provenance) says what was run, on what machine and with which versions;" if appendix else ""
    return (
        "## Where a number comes from {.unnumbered #where-numbers-come-from}\n\n"
        f"Every number was written by {made}{at} from one table of records{digest}.{ran}"
        f" {'each' if ran else 'Each'} figure names the notebook and the cell that drew it. All claims with their"
        " numbers travel with this report as ledger.csv and ledger.json."
    )
