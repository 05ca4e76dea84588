"""Numbers over the whole book: sections, figures, tables and equations; and every reference to one made a link."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from acts import nearest
from acts.reports import tree
from acts.reports.chapters import Chapter, Part
from acts.reports.faults import Place, ReportError
from acts.reports.formulas import FormulaError, check_set, to_mathml, to_typst
from acts.reports.tree import Node

EQUATION_LABEL = re.compile(r"\{#(eq-[A-Za-z0-9_-]+)\}([.,;:]?)\Z")
NAMES = {"fig": "Figure", "tbl": "Table", "eq": "Equation", "sec": "Section"}
SEEN = "seen"  # class of a span of references to what a configuration's notebooks may show or not
OPTIONAL = "#claim-"  # a claim that a configuration's notebooks do not show is named and not linked
KINDS = {"acts-figure": "fig", "acts-table": "tbl", "acts-equation": "eq"}


@dataclass(frozen=True)
class Heading:
    """A section's heading: level from 1, number such as ``2.1`` or empty, identifier, inlines."""

    level: int
    number: str
    identifier: str
    inlines: list[Node]


@dataclass
class Numbers:
    """What was counted: a name such as ``Figure 3`` by label, every identifier, the headings in order."""

    names: dict[str, str] = field(default_factory=dict)
    identifiers: set[str] = field(default_factory=set)
    headings: list[Heading] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    sections: list[int] = field(default_factory=list)

    def next(self, kind: str) -> int:
        """Return the next number of a kind."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return self.counts[kind]

    def section(self, level: int) -> str:
        """Return the number of the next section at a level."""
        self.sections = [*self.sections[:level], *[0] * (level - len(self.sections))]
        self.sections[level - 1] += 1
        return ".".join(str(count) for count in self.sections)


def number(chapters: Iterable[Chapter], *, whole: bool = True) -> Numbers:
    """Number the chapters in place, resolve their references, and return what was counted.

    Where the chapters are not the whole book, a reference out of them shows its label and a link out of them its text.
    Raises ReportError, with the cell, for a label given twice, a reference or link to nothing, a damaged formula.
    """
    chapters = list(chapters)
    numbers = Numbers()
    for chapter in chapters:
        renamed: dict[str, str] = {}
        for part in chapter.parts:
            part.blocks = _split_equations(part.blocks, part.place)
            part.blocks = _count(part, chapter, numbers, renamed)
        for part in chapter.parts if renamed else ():
            part.blocks = _retarget(part.blocks, renamed)
    openings = {f"{chapter.name}.ipynb": found for chapter in chapters if (found := opening(chapter))}
    for chapter in chapters:
        for part in chapter.parts:
            part.blocks = _resolve(part, numbers, openings, whole)
            _check_formulas(part)
    _check_set([part for chapter in chapters for part in chapter.parts])
    return numbers


def opening(chapter: Chapter) -> str:
    """Return the identifier of a chapter's first heading, nothing where it has none."""
    headings = tree.find([part.blocks for part in chapter.parts], "Header")
    return headings[0]["c"][1][0] if headings else ""


def _split_equations(blocks: list[Node], place: Place) -> list[Node]:
    """Return blocks in which every displayed formula is a division of its own, labelled where ``{#eq-…}`` follows."""

    def action(node: Node) -> list[Node] | None:
        if node["t"] not in ("Para", "Plain") or not any(_displayed(inline) for inline in node["c"]):
            return None
        return _equations(node, place)

    return tree.walk(blocks, action)


def _displayed(inline: Node) -> bool:
    return inline["t"] == "Math" and inline["c"][0]["t"] == "DisplayMath"


def _equations(node: Node, place: Place) -> list[Node]:
    blocks: list[Node] = []
    inlines: list[Node] = []
    queue = list(node["c"])
    while queue:
        inline = queue.pop(0)
        if not _displayed(inline):
            inlines.append(inline)
            continue
        blocks += _paragraph(inlines)
        inlines = []
        ahead = 1 if queue[:1] and queue[0]["t"] in ("Space", "SoftBreak") else 0
        label = EQUATION_LABEL.match(queue[ahead]["c"]) if queue[ahead:] and queue[ahead]["t"] == "Str" else None
        if label:
            queue = queue[ahead + 1 :]
        elif queue[ahead:] and queue[ahead]["t"] == "Str" and queue[ahead]["c"].startswith("{#"):
            raise ReportError(f"{place}: equation label {queue[ahead]['c']!r} must be {{#eq-…}}")
        blocks.append(tree.div(label.group(1) if label else "", ("acts-equation",), [tree.paragraph([inline])]))
    return blocks + _paragraph(inlines)


def _paragraph(inlines: list[Node]) -> list[Node]:
    spoken = [inline for inline in inlines if inline["t"] not in ("Space", "SoftBreak")]
    return [tree.paragraph(inlines)] if spoken else []


def _count(part: Part, chapter: Chapter, numbers: Numbers, renamed: dict[str, str]) -> list[Node]:
    def action(node: Node) -> None:
        if node["t"] == "Header":
            _count_heading(node, chapter, numbers, renamed)
        elif node["t"] in ("Div", "Span"):
            identifier, classes = node["c"][0][0], tree.classes(node)
            kind = next((KINDS[name] for name in classes if name in KINDS), "")
            if kind and identifier:
                _count_label(node, kind, part.place, numbers)
            elif identifier:
                node["c"][0][0] = _unique(identifier, chapter, numbers, renamed)

    return tree.walk(part.blocks, action)


def _count_label(node: Node, kind: str, place: Place, numbers: Numbers) -> None:
    identifier = node["c"][0][0]
    if not identifier.startswith(f"{kind}-"):
        raise ReportError(f"{place}: label {identifier!r} must begin with {kind}-")
    if identifier in numbers.names:
        raise ReportError(f"{place}: label {identifier} was given before; a label names one thing")
    count = numbers.next(kind)
    numbers.names[identifier] = f"{NAMES[kind]}\N{NO-BREAK SPACE}{count}"
    numbers.identifiers.add(identifier)
    node["c"][0][2].append(["number", str(count)])


def _count_heading(node: Node, chapter: Chapter, numbers: Numbers, renamed: dict[str, str]) -> None:
    level, attributes, inlines = node["c"]
    attributes[0] = _unique(attributes[0] or "section", chapter, numbers, renamed)
    count = "" if "unnumbered" in attributes[1] else numbers.section(level)
    numbers.headings.append(Heading(level, count, attributes[0], inlines))
    numbers.names[attributes[0]] = f"Section\N{NO-BREAK SPACE}{count}" if count else tree.text(inlines)


def _unique(identifier: str, chapter: Chapter, numbers: Numbers, renamed: dict[str, str]) -> str:
    """Return an identifier no other chapter has; links inside this chapter follow a new name."""
    unique, count = identifier, 1
    while unique in numbers.identifiers:
        count += 1
        unique = f"{identifier}-{chapter.name}" if count == 2 else f"{identifier}-{chapter.name}-{count}"
    if unique != identifier and identifier not in renamed:
        renamed[identifier] = unique
    numbers.identifiers.add(unique)
    return unique


def _retarget(blocks: list[Node], renamed: dict[str, str]) -> list[Node]:
    for link in tree.find(blocks, "Link"):
        target = link["c"][2][0]
        if target.startswith("#") and target[1:] in renamed:
            link["c"][2][0] = f"#{renamed[target[1:]]}"
    return blocks


def _resolve(part: Part, numbers: Numbers, openings: dict[str, str], whole: bool) -> list[Node]:
    def action(node: Node) -> list[Node] | None:
        if node["t"] == "Link":
            return _checked_link(node, part.place, numbers, openings, whole)
        if node["t"] == "Span" and SEEN in tree.classes(node):
            return _references(_shown(node, numbers), part.place, numbers, whole)
        if node["t"] != "Cite":
            return None
        targets = [citation["citationId"] for citation in node["c"][0]]
        internal = [target for target in targets if target.split("-")[0] in NAMES]
        if internal and internal != targets:
            raise ReportError(f"{part.place}: one bracket cites sources and refers to {internal[0]}; use two brackets")
        return _references(node["c"][0], part.place, numbers, whole) if internal else None

    return tree.walk(part.blocks, action)


def _shown(node: Node, numbers: Numbers) -> list[Node]:
    """Return what a span refers to and this document shows; of what it does not show nothing is said."""
    cites = [citation for cite in tree.find(node, "Cite") for citation in cite["c"][0]]
    return [citation for citation in cites if citation["citationId"] in numbers.names]


def _checked_link(
    node: Node, place: Place, numbers: Numbers, openings: dict[str, str], whole: bool
) -> list[Node] | None:
    target = node["c"][2][0]
    if target.endswith(".ipynb") and not target.lower().startswith("http"):
        opening = openings.get(target.rsplit("/", 1)[-1])
        return [tree.link(node["c"][1], f"#{opening}")] if opening else node["c"][1]
    if target.startswith("#") and target[1:] not in numbers.identifiers:
        if whole and not target.startswith(OPTIONAL):
            raise ReportError(f"{place}: link to {target} leads nowhere in this document")
        return node["c"][1]
    return None


def _references(citations: list[Node], place: Place, numbers: Numbers, whole: bool) -> list[Node]:
    inlines: list[Node] = []
    for index, citation in enumerate(citations):
        label = citation["citationId"]
        inlines += tree.words(", ") * (index > 0)
        if label not in numbers.names and not whole:
            inlines.append({"t": "Emph", "c": tree.words(label)})
            continue
        if label not in numbers.names:
            known = sorted(name for name in numbers.names if name.split("-")[0] == label.split("-")[0])
            raise ReportError(f"{place}: @{label} refers to nothing{nearest.hint(label, known)}")
        name = numbers.names[label]
        bare = citation["citationMode"]["t"] == "SuppressAuthor"
        shown = name.rsplit("\N{NO-BREAK SPACE}", 1)[-1] if bare else name
        inlines.append(tree.link([{"t": "Str", "c": shown}], f"#{label}", classes=("acts-reference",)))
    return inlines


def _check_formulas(part: Part) -> None:
    for formula in tree.find(part.blocks, "Math"):
        try:
            to_mathml(formula["c"][1], display=_displayed(formula))
            to_typst(formula["c"][1])
        except FormulaError as error:
            raise _damaged(part, formula["c"][1], str(error)) from None


def _check_set(parts: list[Part]) -> None:
    formulas = [(part, formula["c"][1]) for part in parts for formula in tree.find(part.blocks, "Math")]
    refused = check_set([tex for _, tex in formulas])
    for part, tex in formulas:
        if tex in refused:
            raise _damaged(part, tex, refused[tex])


def _damaged(part: Part, tex: str, reason: str) -> ReportError:
    return ReportError(f"{part.place}: formula {' '.join(tex.split())[:80]!r} does not convert: {reason}")
