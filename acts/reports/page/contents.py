"""Contents: the headings of the first two levels as nested lists of links."""

from acts.reports import tree
from acts.reports.document import Document
from acts.reports.tree import Node


def blocks(document: Document) -> list[Node]:
    """Return the headings of the first two levels as nested lists of links."""
    chapters: list[list[Node]] = []
    sections: list[list[Node]] = []
    for heading in document.headings:
        number = [tree.span(("number",), tree.words(heading.number)), {"t": "Space"}] if heading.number else []
        entry = tree.plain([tree.link([*number, *spoken(heading.inlines)], f"#{heading.identifier}")])
        if heading.level == 1 or not chapters:
            sections = []
            chapters.append([entry, {"t": "BulletList", "c": sections}])
        elif heading.level == 2:
            sections.append([entry])
    items = [item if item[1]["c"] else item[:1] for item in chapters]
    return [{"t": "BulletList", "c": items}] if items else []


def spoken(inlines: list[Node]) -> list[Node]:
    """Return a heading's inlines without links and notes, which a link cannot hold."""

    def action(node: Node) -> list[Node] | None:
        match node["t"]:
            case "Note":
                return []
            case "Link":
                return node["c"][1]
            case "Cite":
                return node["c"][1]
        return None

    return tree.walk(inlines, action)
