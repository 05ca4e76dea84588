"""A notebook as a list of cells: markdown, folded code, and what each code cell shows, with label and captions."""

import base64
import io
import json
import re
from dataclasses import dataclass, field, replace
from typing import Any

from nbformat import NotebookNode
from ruamel.yaml import YAML, YAMLError

from acts import nearest
from acts.lab import CAPTION
from acts.reports.faults import Place, ReportError, first_line

LABEL = re.compile(r"(fig|tbl)-[A-Za-z0-9][A-Za-z0-9_-]*\Z")
HEADER_KEYS = ("label", "fig-cap", "fig-alt", "tbl-cap", "echo", "output", "include")
LIVE = ("application/javascript", "text/vnd.mermaid", "application/vnd.jupyter.widget-view+json")
PICTURES = {"image/svg+xml": "svg", "image/png": "png", "image/jpeg": "jpg"}
EXPLORER = "application/vnd.acts.explorer+json"
SVG_LIMIT = 1_500_000
WORDS = {"text/markdown": "markdown", "text/html": "html", "text/latex": "markdown", "text/plain": "text"}
FORMULA = re.compile(r"\s*(\$\$?)[^$]+\1\s*\Z")
HANDLE = re.compile(r"[\[(]*<[\w.]+.*>[\])]*\Z|Text\(|\(?array\(", re.DOTALL)  # what a plotting call returns
ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


@dataclass(frozen=True)
class Picture:
    """One image: svg, png or jpg, with the words that stand for it, the place it comes from, and its data as CSV.

    ``explorer`` is JSON text: what lets a reader of a page move the figure.
    """

    form: str
    data: bytes
    alt: str
    place: Place
    table: str = ""
    explorer: str = ""


@dataclass(frozen=True)
class Output:
    """One thing a cell shows: kind is picture, markdown, html, text, stream or error."""

    kind: str
    text: str = ""
    picture: Picture | None = None


@dataclass(frozen=True)
class Cell:
    """One cell: prose in markdown, or code with its outputs; label, caption and alt from its ``#|`` header."""

    place: Place
    markdown: str = ""
    source: str = ""
    outputs: tuple[Output, ...] = ()
    label: str = ""
    caption: str = ""
    alt: str = ""
    attachments: dict[str, Picture] = field(default_factory=dict)


def read(notebook: NotebookNode, *, name: str) -> list[Cell]:
    """Return a notebook's cells in order, without raw cells and cells that show neither code nor output.

    Raises ReportError for a header that is no YAML, a label that is no ``fig-…`` or ``tbl-…``, or one
    that shows nothing.
    """
    language = notebook.metadata.get("language_info", {}).get("name", "python")
    cells = []
    own = [node for node in notebook.cells if "injected-parameters" not in node.metadata.get("tags", ())]
    for number, node in enumerate(own, start=1):
        place = Place(name, number, first_line(node.source))
        if node.cell_type == "markdown":
            cells.append(_prose(node, place))
        elif node.cell_type == "code" and language == "python":
            cells.append(_code(node, place))
    return cells


def _prose(node: NotebookNode, place: Place) -> Cell:
    attachments = {}
    for name, bundle in node.get("attachments", {}).items():
        form = next((form for form in PICTURES if form in bundle), None)
        if form is None:
            raise ReportError(f"{place}: attachment {name!r} is no SVG, PNG or JPEG")
        attachments[name] = _picture(bundle, form, name, place)
    return Cell(place, markdown=node.source, attachments=attachments)


def _code(node: NotebookNode, place: Place) -> Cell:
    header, source = split_header(node.source, place)
    label = str(header.get("label", ""))
    if label and not LABEL.match(label):
        raise ReportError(f"{place}: label {label!r} must be fig-… or tbl-… in letters, digits, - and _")
    hidden = header.get("include") is False
    tags = set(node.metadata.get("tags", ()))
    folded = header.get("echo") is False or hidden or tags & {"parameters", "remove-input"}
    silent = header.get("output") is False or hidden or "remove-output" in tags
    alt = " ".join(str(header.get("fig-alt", "")).split())
    outputs = () if silent else tuple(_outputs(node, place, alt))
    if label and not outputs and not silent:
        raise ReportError(f"{place}: {label} shows nothing; the cell must end in a figure or a table")
    caption = str(header.get("tbl-cap" if label.startswith("tbl-") else "fig-cap", "")).strip()
    return Cell(place, source="" if folded else source, outputs=outputs, label=label, caption=caption, alt=alt)


def split_header(source: str, place: Place) -> tuple[dict[str, Any], str]:
    """Return the ``#|`` header of a code cell as a mapping, and the code under it.

    Raises ReportError where the header is no YAML mapping or has a key a report does not know.
    """
    lines = source.splitlines()
    count = next((index for index, line in enumerate(lines) if not line.startswith("#|")), len(lines))
    if not count:
        return {}, source.strip("\n")
    try:
        header = YAML(typ="safe", pure=True).load("\n".join(line[2:].removeprefix(" ") for line in lines[:count])) or {}
    except YAMLError as error:
        raise ReportError(f"{place}: the #| header is no YAML ({str(error).splitlines()[0]})") from None
    if not isinstance(header, dict):
        raise ReportError(f"{place}: the #| header must be lines of `key: value`")
    unknown = [key for key in header if key not in HEADER_KEYS]
    if unknown:
        raise ReportError(f"{place}: {nearest.unknown('header key', unknown[0], HEADER_KEYS)}")
    return header, "\n".join(lines[count:]).strip("\n")


def _outputs(node: NotebookNode, place: Place, alt: str) -> list[Output]:
    outputs: list[Output] = []
    for output in node.get("outputs", ()):
        if output.output_type == "stream":
            text = clean(output.text)
            if outputs and outputs[-1].kind == "stream":
                outputs[-1] = Output("stream", outputs[-1].text + text)
            elif text.strip():
                outputs.append(Output("stream", text))
        elif output.output_type == "error":
            outputs.append(Output("error", clean(f"{output.ename}: {output.evalue}")))
        else:
            shown = _shown(output.data, place, alt, output.get("metadata", {}))
            outputs += [shown] if shown else []
    drawn = any(output.kind == "picture" for output in outputs)
    return [output for output in outputs if not (drawn and output.kind == "text" and HANDLE.match(output.text))]


def _shown(data: dict[str, Any], place: Place, alt: str, metadata: dict[str, Any]) -> Output | None:
    """Return the best form of a bundle; JavaScript, mermaid and widgets are never shown.

    What a picture's metadata say of its finding follows the words of the cell's header. A caption that was shown while
    the notebook was live is passed over: the page has it.
    """
    if CAPTION in data:
        return None
    for form in PICTURES:
        if form in data and not (form == "image/svg+xml" and len(data[form]) > SVG_LIMIT and "image/png" in data):
            own = metadata.get(form)
            finding = str(own.get("alt", "")) if isinstance(own, dict) else ""
            words = " ".join(f"{alt} {finding}".split())
            picture = _picture(data, form, words or f"Figure of {place.notebook}", place)
            table, explorer = _joined(data.get("text/csv", "")), _explorer(data.get(EXPLORER))
            return Output("picture", picture=replace(picture, table=table, explorer=explorer))
    if any(form in data for form in LIVE):
        return None
    for form, kind in WORDS.items():
        if form in data and (form != "text/latex" or FORMULA.match(_joined(data[form]))):
            return Output(kind, clean(data[form]) if kind == "text" else _joined(data[form]))
    return None


def _explorer(found: Any) -> str:
    """Return a figure's explorer as JSON text, nothing where what stands there is none."""
    known = isinstance(found, dict) and isinstance(found.get("kind"), str)
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")) if known else ""


def _picture(bundle: dict[str, Any], form: str, alt: str, place: Place) -> Picture:
    content = _joined(bundle[form])
    data = content.encode() if form == "image/svg+xml" else base64.b64decode(content)
    return Picture(PICTURES[form], data, alt, place)


def _joined(content: str | list[str]) -> str:
    return content if isinstance(content, str) else "".join(content)


def clean(content: str | list[str]) -> str:
    """Return a terminal's text as a reader would have seen it: no colour codes, the last of overwritten lines."""
    plain = ANSI.sub("", _joined(content))
    kept = [line.rsplit("\r", 1)[-1] for line in io.StringIO(plain.replace("\r\n", "\n"), newline="\n")]
    return "".join(char for char in "".join(kept) if char in "\n\t" or ord(char) >= 32)
