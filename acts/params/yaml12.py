"""YAML 1.2 read into plain values, with the line of every key and item; nothing in a file can run code."""

from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

Lines = dict[tuple[int | str, ...], int]
_PLAIN = {f"tag:yaml.org,2002:{kind}" for kind in ("null", "bool", "int", "float", "str", "map", "seq")}
_DEEPEST = 20


@dataclass(frozen=True)
class Document:
    """A file's content: its plain value, lists as tuples, and the line on which each key or item stands."""

    value: Any
    lines: Lines


class YamlError(ValueError):
    """A fault of form, with the line it stands on, counted from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


def read(text: str) -> Document:
    """Return the one document in a text.

    Raises YamlError for tabs as indentation, duplicate keys, anchors, tags, several documents and an empty text.
    """
    for number, line in enumerate(text.splitlines(), start=1):
        if "\t" in line[: len(line) - len(line.lstrip())]:
            raise YamlError(number, "a tab as indentation; use spaces")
    loader = YAML(typ="safe", pure=True)
    try:
        node = loader.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join((error.problem or error.context or "not YAML").split())
        raise YamlError(mark.line + 1 if mark else 1, f"not YAML: {problem[:120]}") from None
    except ReaderError as error:
        at = text.count("\n", 0, error.position) + 1
        raise YamlError(at, f"character U+{_code(error.character):04X} is not allowed") from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise YamlError(1, f"not YAML: {' '.join(str(error).split())[:120]}") from None
    if node is None:
        raise YamlError(1, "the file is empty")
    lines: Lines = {(): 1}
    seen: set[int] = set()
    return Document(_plain(node, (), lines, seen, loader.constructor), lines)


def _code(character: Any) -> int:
    """Return a character's number, given as the reader reports it."""
    return character if isinstance(character, int) else ord(character)


def _plain(node: Node, place: tuple[int | str, ...], lines: Lines, seen: set[int], constructor: Any) -> Any:
    """Return a node as a plain value and note the lines of what is in it."""
    line = node.start_mark.line + 1
    if id(node) in seen or node.anchor:
        raise YamlError(line, "anchors and aliases (& and *) are not used here; write the value out")
    seen.add(id(node))
    if str(node.tag) not in _PLAIN:
        raise YamlError(line, f"{_tag(node)} is not plain YAML")
    if len(place) > _DEEPEST:
        raise YamlError(line, f"nested deeper than {_DEEPEST}")
    if isinstance(node, ScalarNode):
        return _scalar(node, line, constructor)
    if isinstance(node, SequenceNode):
        for position, item in enumerate(node.value):
            lines[(*place, position)] = item.start_mark.line + 1
        return tuple(
            _plain(item, (*place, position), lines, seen, constructor) for position, item in enumerate(node.value)
        )
    assert isinstance(node, MappingNode)
    return _mapping(node, place, lines, seen, constructor)


def _tag(node: Node) -> str:
    """Return a node's tag for a message, at most 40 characters."""
    return f"the tag {str(node.tag)[:40]!r}"


def _scalar(node: ScalarNode, line: int, constructor: Any) -> Any:
    """Return a scalar's value by YAML 1.2's rules."""
    try:
        return constructor.construct_object(node)
    except (YAMLError, ValueError) as error:
        raise YamlError(line, f"not a value: {' '.join(str(error).split())[:80]}") from None


def _mapping(node: Node, place: tuple[int | str, ...], lines: Lines, seen: set[int], constructor: Any) -> Any:
    """Return a mapping's values by key; every key is text and stands once."""
    values: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, ScalarNode):
            raise YamlError(line, "a key should be a word")
        key = key_node.value
        if key in values:
            raise YamlError(line, f"{key[:60]}: stands twice; first on line {lines[(*place, key)]}")
        lines[(*place, key)] = line
        values[key] = _plain(value_node, (*place, key), lines, seen, constructor)
    return values
