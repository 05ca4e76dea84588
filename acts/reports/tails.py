"""Tails: a chapter whose last page would hold a few lines only is set a little closer, where that saves the page."""

import json
from collections.abc import Callable
from itertools import pairwise

from acts.reports import tree
from acts.reports.paging import TURN
from acts.reports.tree import Node

SHORT = 0.25  # of a page's height: a chapter that ends higher up has a tail
END = "<acts-end>"  # how the template marks where a chapter ends


def chaptered(blocks: list[Node]) -> list[Node]:
    """Return a book's blocks with each chapter, from its heading to its turned tables, as one call of the template."""
    made: list[Node] = []
    starts = [at for at, block in enumerate(blocks) if block["t"] == "Header" and block["c"][0] == 1]
    for number, (start, stop) in enumerate(pairwise([*starts, len(blocks)])):
        end = stop
        while end - 3 > start and blocks[end - 3] == TURN:  # a table on its side, between two blocks
            end -= 3
        made += [tree.raw("typst", _call(number)), *blocks[start:end], tree.raw("typst", "]"), *blocks[end:stop]]
    return [*blocks[: min(starts, default=len(blocks))], *made]


def shortened(source: str, ask: Callable[[str, str], str]) -> str:
    """Return Typst source in which the chapters that lose their tail by it are set closer; ``ask`` queries a source.

    A chapter that keeps its tail however close it is set stays as it was.
    """
    tails = _tails(ask(source, END))
    if not tails:
        return source
    lost = tails - _tails(ask(_closer(source, tails), END))
    return _closer(source, lost)


def _tails(told: str) -> set[int]:
    """Return the numbers of the chapters that end high up on a page, as the template marks them."""
    return {int(end["chapter"]) for end in json.loads(told) if end["down"] < SHORT}


def _closer(source: str, chapters: set[int]) -> str:
    for number in chapters:
        source = source.replace(_call(number), _call(number, ", close: true"))
    return source


def _call(number: int, more: str = "") -> str:
    return f"#chapter({number}{more})["
