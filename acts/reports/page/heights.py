"""Heights: about how tall a chapter will be, so that a browser can leave it undrawn until a reader comes near."""

import re
from collections.abc import Mapping

from acts.reports import tables, tree
from acts.reports.cells import Picture
from acts.reports.tree import Node

LINE, LETTERS = 27.0, 98  # px of a line of text, and the letters in it, at the page's full measure
ROW, CELL = 29.0, 44  # px of a table's line, and the letters in a line of one of its cells
MEASURE = 748.0  # px of the text's width
CAPTION = 70.0  # px of a caption and what stands below it
CARD = 165.0  # px of a claim's card beside its text
HEADING = 80.0
SIDES = re.compile(rb'<svg\b[^>]*\bviewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"')


def about(blocks: list[Node], pictures: Mapping[str, Picture]) -> int:
    """Return about how many pixels blocks take, one below the other."""
    return round(sum(_height(block, pictures) for block in blocks))


def _height(block: Node, pictures: Mapping[str, Picture]) -> float:
    match block["t"]:
        case "Header":
            return HEADING
        case "Table":
            return _table(block)
        case "Div":
            return _division(block, pictures)
        case "BulletList":
            return sum(_height(inner, pictures) for item in block["c"] for inner in item)
        case "RawBlock":
            return 0.0
    return _lines(block)


def _lines(node: Node) -> float:
    return LINE * (1 + len(tree.text([node])) // LETTERS) + 17


def _table(table: Node) -> float:
    lines = [max((1 + len(tree.text(cell)) // CELL for cell in row), default=1) for row in tables.cells(table)]
    return ROW * sum(lines) + 40


def _division(block: Node, pictures: Mapping[str, Picture]) -> float:
    kinds, inner = tree.classes(block), block["c"][1]
    if "acts-picture" in kinds:
        picture = pictures.get(tree.values(block).get("key", ""))
        return _picture(picture) if picture else 0.0
    if "acts-code" in kinds:
        return LINE
    if "acts-equation" in kinds:
        return 3 * LINE
    spare = CARD if "claim" in kinds else CAPTION if {"acts-figure", "acts-table"} & set(kinds) else 0.0
    return spare + sum(_height(one, pictures) for one in inner)


def _picture(picture: Picture) -> float:
    """Return how tall a picture is at the text's width; as tall as wide where it does not say."""
    box = SIDES.search(picture.data[:2000]) if picture.form == "svg" else None
    across, down = (float(box.group(side)) for side in (1, 2)) if box else (1.0, 1.0)
    return MEASURE * down / across if across else MEASURE
