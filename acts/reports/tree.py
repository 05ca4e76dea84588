"""Pandoc's JSON tree: the few constructors and the one walk that a report needs."""

from collections.abc import Callable
from typing import Any

Node = dict[str, Any]
Action = Callable[[Node], Node | list[Node] | None]


def walk(node: Any, action: Action) -> Any:
    """Return the tree with every element rewritten from the root down.

    The action returns None to keep an element and go on into it, or what stands in its place, which is not entered.
    """
    if isinstance(node, list):
        return [new for item in node for new in _rewritten(item, action)]
    if isinstance(node, dict):
        return {key: walk(value, action) for key, value in node.items()}
    return node


def _rewritten(item: Any, action: Action) -> list[Any]:
    if not (isinstance(item, dict) and "t" in item):
        return [walk(item, action)]
    new = action(item)
    if new is None:
        return [walk(item, action)]
    return new if isinstance(new, list) else [new]


def without_attributes(node: Any, kept: tuple[str, ...]) -> Any:
    """Return the tree with no key-value attribute anywhere but those kept: no event, no style, no address."""
    if isinstance(node, dict):
        return {key: without_attributes(value, kept) for key, value in node.items()}
    if not isinstance(node, list):
        return node
    if len(node) == 3 and isinstance(node[0], str) and _strings(node[1]) and _pairs(node[2]):
        return [node[0], node[1], [pair for pair in node[2] if pair[0] in kept]]
    return [without_attributes(item, kept) for item in node]


def without_identifiers(node: Any) -> Any:
    """Return the tree with no identifier anywhere: nothing in it can be referred to or is taken for a label."""
    if isinstance(node, dict):
        return {key: without_identifiers(value) for key, value in node.items()}
    if not isinstance(node, list):
        return node
    if len(node) == 3 and isinstance(node[0], str) and _strings(node[1]) and _pairs(node[2]):
        return ["", node[1], node[2]]
    return [without_identifiers(item) for item in node]


def _strings(node: Any) -> bool:
    return isinstance(node, list) and all(isinstance(item, str) for item in node)


def _pairs(node: Any) -> bool:
    return isinstance(node, list) and all(_strings(item) and len(item) == 2 for item in node)


def find(node: Any, kind: str) -> list[Node]:
    """Return every element of one kind, in document order, nested ones included."""
    found: list[Node] = []
    _gather(node, kind, found)
    return found


def _gather(node: Any, kind: str, found: list[Node]) -> None:
    if isinstance(node, list):
        for item in node:
            _gather(item, kind, found)
    elif isinstance(node, dict):
        if node.get("t") == kind:
            found.append(node)
        for value in node.values():
            _gather(value, kind, found)


def text(node: Any) -> str:
    """Return the plain words of a tree: strings, code and formulas, blanks for breaks."""
    if isinstance(node, list):
        return "".join(text(item) for item in node)
    if not isinstance(node, dict):
        return ""
    match node.get("t"):
        case "Str":
            return str(node["c"])
        case "Space" | "SoftBreak" | "LineBreak":
            return " "
        case "Code" | "CodeBlock" | "Math":
            return str(node["c"][1])
        case "Note" | "RawInline" | "RawBlock":
            return ""
        case _:
            return text(_inner(node))


def _inner(node: Node) -> Any:
    content = node.get("c")
    return [part for part in content if isinstance(part, dict | list)] if isinstance(content, list) else content


def attributes(identifier: str = "", classes: tuple[str, ...] = (), **values: str) -> list[Any]:
    """Return pandoc's attribute triple."""
    return [identifier, list(classes), [[key, value] for key, value in values.items()]]


def div(identifier: str, classes: tuple[str, ...], blocks: list[Node], **values: str) -> Node:
    """Return a division."""
    return {"t": "Div", "c": [attributes(identifier, classes, **values), blocks]}


def span(classes: tuple[str, ...], inlines: list[Node]) -> Node:
    """Return a span of inlines."""
    return {"t": "Span", "c": [attributes("", classes), inlines]}


def raw(form: str, content: str) -> Node:
    """Return a block that only the writer of that form passes on."""
    return {"t": "RawBlock", "c": [form, content]}


def raw_inline(form: str, content: str) -> Node:
    """Return an inline that only the writer of that form passes on."""
    return {"t": "RawInline", "c": [form, content]}


def words(content: str) -> list[Node]:
    """Return a string as inlines."""
    inlines: list[Node] = []
    for index, word in enumerate(content.split(" ")):
        inlines += [{"t": "Space"}] * (index > 0) + [{"t": "Str", "c": word}] * bool(word)
    return inlines


def inlines(blocks: list[Node]) -> list[Node]:
    """Return the inlines of paragraphs one after the other, as a caption takes them."""
    return [part for block in blocks if block["t"] in ("Para", "Plain") for part in [*block["c"], {"t": "Space"}]]


def paragraph(inlines: list[Node]) -> Node:
    """Return a paragraph."""
    return {"t": "Para", "c": inlines}


def plain(inlines: list[Node]) -> Node:
    """Return inlines as a block without the spacing of a paragraph."""
    return {"t": "Plain", "c": inlines}


def link(inlines: list[Node], target: str, *, classes: tuple[str, ...] = ()) -> Node:
    """Return a link."""
    return {"t": "Link", "c": [attributes("", classes), inlines, [target, ""]]}


def code_block(source: str, language: str) -> Node:
    """Return a block of code in a language pandoc can colour, or in none."""
    return {"t": "CodeBlock", "c": [attributes("", (language,) if language else ()), source]}


def classes(node: Node) -> list[str]:
    """Return the classes of a division, span, heading or code block."""
    return node["c"][0][1] if node["t"] != "Header" else node["c"][1][1]


def values(node: Node) -> dict[str, str]:
    """Return the key-value attributes of a division or span."""
    return dict(node["c"][0][2])
