"""Plates: what stands below a figure of a page — files to take along, numbers, code, and where it comes from."""

import gzip
from collections.abc import Sequence
from html import escape

from acts.reports import pictures, tree
from acts.reports.cells import Picture
from acts.reports.document import Front
from acts.reports.tree import Node


def below(shown: Sequence[Picture], *, label: str, front: Front, code: Sequence[Node] = ()) -> list[Node]:
    """Return the blocks that follow a figure of pictures, or of none, with the code that drew it.

    SVG and PNG are made by the page's script from the picture above, so that it is stored once; the data travel
    packed and are a file of their own for a reader without script.
    """
    folded = [tree.raw("html", '<details class="code"><summary>Code</summary>'), *code, tree.raw("html", "</details>")]
    if not shown:
        return folded if code else []
    name = label or "figure"
    takes = "".join(_tables(shown, name))
    return [
        tree.raw("html", f'<div class="plate" data-name="{escape(name)}"><div class="takes">{takes}</div>'),
        *(folded if code else []),
        tree.raw("html", f'<p class="origin">{_origin(shown[0], front)}</p></div>'),
    ]


def _tables(shown: Sequence[Picture], name: str) -> list[str]:
    """Return the links to the pictures' data, a file each."""
    links = []
    for number, picture in enumerate(shown, start=1):
        file = escape(name if len(shown) == 1 else f"{name}-{number}")
        if picture.table:
            uri = pictures.data_uri(gzip.compress(picture.table.encode(), mtime=0), "application/gzip")
            links.append(f'<a class="take" data-form="csv" download="{file}.csv.gz" href="{uri}">CSV</a>')
    return links


def _origin(picture: Picture, front: Front) -> str:
    """Return where a picture comes from: notebook and cell, commit, records' digest, the command that remakes it."""
    place = picture.place
    told = [escape(f"{place.notebook}, cell {place.cell}")]
    told += [f"commit {escape(front.commit)}"] if front.commit else []
    told += [f"records {escape(front.records)}"] if front.records else []
    told += [f"<code>{escape(front.command)}</code>"] if front.command else []
    return " · ".join(told)
