"""Cards: verdicts as a reader sees them, pandoc markdown for the report and HTML for a live notebook.

A card holds the claim as the literature states it with its source, the verdict, the sentence that the numbers wrote,
and the figure behind it.
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from acts import nearest
from acts.claims import asking
from acts.claims.catalogue import SOURCES, Claim, ClaimError, Source, Told, Verdict
from acts.claims.catalogue import catalogue as listed
from acts.claims.index import indexed
from acts.claims.ledger import judge
from acts.colours import VERDICTS
from acts.lab import drawings, markup

BOX = "background:var(--jp-layout-color2,transparent);padding:.8em 1em;margin:.8em 0;max-width:56rem"

_BLANKS = re.compile(r"[^\S\u00a0\u202f]+")  # every blank but those that hold a number together
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|$^~@'\"&+\-.!:=()])")


@dataclass(frozen=True)
class Card:
    """One claim with its verdict; ``asked`` are labels of functions of which the same was asked, and the answers."""

    claim: Claim
    verdict: Verdict
    asked: tuple[tuple[str, Verdict], ...] = ()

    def to_markdown(self) -> str:
        """Return the card as a pandoc fenced div, named by the claim and classed by its verdict."""
        name = self.claim.id
        lines = [
            f"::: {{#claim-{name} .claim .{self.verdict.verdict.replace(' ', '-')}}}",
            f"**{name}** [{escape(self.verdict.verdict)}]{{.verdict}} {escape(self.claim.claim)} "
            f"[{_cited(self.claim.sources)}]{{.source}}",
            "",
        ]
        return "\n".join([*lines, *self._told(), *self._asides(), ":::"])

    def _told(self) -> list[str]:
        """Return the finding: a paragraph, or one with the claim's parts as a list between its first and last words."""
        finding, parts = _finding(self.verdict), self.verdict.parts
        if not parts or not all(one.line in finding for one in parts):
            return [_set(finding) + self._seen()]
        before = finding.partition(parts[0].line)[0]
        after = finding.rpartition(parts[-1].line)[2]
        told = [_set(before), ""] if before.strip() else []
        told += [*_items(parts), ""]
        return [*told, f"{_set(after)}{self._seen()}".strip()] if after.strip() or self._seen() else told

    def _asides(self) -> list[str]:
        """Return what points to other claims, and what other functions answer, a paragraph each."""
        return [*self._points(), *(line for label, verdict in self.asked for line in ("", _also(label, verdict)))]

    def _points(self) -> list[str]:
        """Return a paragraph that points to a claim that pulls the other way or rests on the same evidence."""
        said = []
        if self.claim.contradicts:
            said.append(f"[{self.claim.contradicts}](#claim-{self.claim.contradicts}) pulls the other way.")
        if self.claim.same_evidence_as:
            said.append(
                f"The evidence is that of [{self.claim.same_evidence_as}](#claim-{self.claim.same_evidence_as})."
            )
        return ["", " ".join(said)] if said else []

    def _seen(self) -> str:
        return f" See {', '.join('@' + label for label in self.verdict.evidence)}." if self.verdict.evidence else ""

    def to_html(self) -> str:
        """Return the card as HTML for a live notebook of either theme, every text escaped."""
        source = html.escape("; ".join(_described(title) for title in self.claim.sources))
        tone = drawings.shown(VERDICTS[self.verdict.verdict])
        told = "".join(markup.blocks("\n".join(lines)) for lines in (self._told(), self._points()))
        return (
            f'<div id="claim-{self.claim.id}" style="border-left:4px solid {tone};{BOX}">'
            f'<p style="margin:0 0 .3em"><b>{self.claim.id}</b> <b style="color:{tone}">'
            f"{html.escape(self.verdict.verdict)}</b></p>"
            f'<p style="margin:0 0 .2em"><b>{html.escape(self.claim.claim)}</b></p>'
            f'<p style="margin:0 0 .5em"><small>{source}</small></p>{told}{self._answers()}</div>'
        )

    def _answers(self) -> str:
        said = (f"The same asked of {label}: {asking.told(verdict)}." for label, verdict in self.asked)
        return "".join(f"<p>{html.escape(line)}</p>" for line in said)


@dataclass(frozen=True)
class Verdicts:
    """Cards one below the other, as a notebook cell shows them."""

    cards: tuple[Card, ...]

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        del include, exclude
        cards = "".join(card.to_html() for card in self.cards)
        return {
            "text/markdown": "\n\n".join(card.to_markdown() for card in self.cards) + "\n",
            "text/html": f'<div class="acts-claims">{drawings.stylesheet()}{cards}</div>',
        }


def _items(parts: Sequence[Told], indent: str = "") -> list[str]:
    """Return the parts of a claim as a markdown list, the parts of a part below it."""
    lines = []
    for part in parts:
        name, _, finding = part.line.partition("): ")
        own = finding.partition(part.parts[0].line)[0] if part.parts else finding
        called, _, word = name.rpartition(" (")
        lines.append(f"{indent}- *{escape(called)}* \\({escape(word)}\\): {_set(own)}".rstrip())
        lines += _items(part.parts, f"{indent}  ")
    return lines


def _also(label: str, verdict: Verdict) -> str:
    """Return the answer of another function as a paragraph of its own."""
    word, rest = asking.parted(asking.told(verdict))
    return f"The same asked of {escape(label)}: **{escape(word)}**{_set(rest)}."


def verdicts(
    records: pd.DataFrame, *ids: str, experiment: str | None = None, catalogue: pd.DataFrame | None = None
) -> Verdicts:
    """Return the cards of the claims named, or of all that an experiment's chapter shows, in the catalogue's order.

    A ``catalogue`` of activations that marks some as a configuration's own adds what they answer to the same questions.
    Raises ClaimError for an id that the catalogue does not have.
    """
    claims, own = listed(), asking.own(catalogue)
    names = [claim.id for claim in claims]
    for name in ids:
        if name not in names:
            raise ClaimError(nearest.unknown("claim", name, names))
    chosen = [claim for claim in claims if claim.id in ids or (experiment and claim.shown == experiment)]
    index = indexed(records)
    cards = (Card(claim, judge(claim, index), asking.beside(claim, index, own)) for claim in chosen)
    return Verdicts(tuple(cards))


def escape(text: str) -> str:
    """Return a text as pandoc markdown that prints exactly it, on one line."""
    return _SPECIAL.sub(r"\\\1", _BLANKS.sub(" ", text).strip())


def _set(text: str) -> str:
    """Return a finding as markdown whose numbers stay on one line with their per cent sign and their power of ten."""
    return escape(text).replace(" %", "\N{NO-BREAK SPACE}%").replace(" × 10", "\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}10")


def _finding(verdict: Verdict) -> str:
    """Return the sentence without the verdict word in front, which the card shows already."""
    word = f"{verdict.verdict[0].upper()}{verdict.verdict[1:]}. "
    return verdict.sentence.removeprefix(word)


def _described(title: str) -> str:
    source = SOURCES[title]
    return f"{title} ({source.language}{': ' + source.gloss if source.gloss else ''})"


def _cited(titles: Sequence[str]) -> str:
    """Return the sources as markdown: a citation where the bibliography has the text, else its title and language."""
    return "; ".join(_one(SOURCES[title]) for title in titles)


def _one(source: Source) -> str:
    return f"@{source.key}" if source.key else f"{escape(source.short or source.title)}, {source.language}"
