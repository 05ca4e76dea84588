"""Pictures made fit for a page: SVG without script or foreign references, its ids its own, its black the page's ink."""

import base64
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

from acts.reports.cells import Picture

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
DROPPED = {"script", "foreignObject", "metadata", "style", "iframe", "animate", "set", "handler"}
REFERENCE = re.compile(r"url\(\s*['\"]?#([^)'\"]+)['\"]?\s*\)")
FONT = re.compile(r"\bfont:\s*(?P<style>(?:(?:italic|oblique|normal|bold|[1-9]00)\s+)*)(?P<size>[\d.]+px)\s+[^;]*")
FAMILY = re.compile(r"font-family:\s*[^;]*")
BLACK = re.compile(r"(?<![\w-])(fill|stroke)\s*:\s*(?:#000000|#000|black)(?![0-9a-fA-F])", re.IGNORECASE)
MIMES = {"svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg"}


def inline(picture: Picture, *, prefix: str) -> str:
    """Return an SVG as markup for the middle of a page: scalable, labelled, recoloured for a dark background."""
    root = _cleaned(picture.data, prefix)
    _each(root, _inked)
    width, height = root.attrib.pop("width", ""), root.attrib.pop("height", "")
    if "viewBox" not in root.attrib:
        root.set("viewBox", f"0 0 {_points(width)} {_points(height)}")
    root.set("role", "img")
    root.set("aria-label", picture.alt)
    root.set("class", "picture")
    return ET.tostring(root, encoding="unicode")


def standalone(picture: Picture, *, family: str = "") -> bytes:
    """Return an SVG file of its own, without script; its text in one family where one is given."""
    root = _cleaned(picture.data, "")
    if family:
        _each(root, lambda node: _set_family(node, family))
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def data_uri(data: bytes, mime: str) -> str:
    """Return bytes as a data URI."""
    return f"data:{mime};base64,{base64.b64encode(data).decode()}"


def width(picture: Picture) -> float:
    """Return the natural width in points, 0 where the file does not say."""
    if picture.form != "svg":
        return 0.0
    return _points(ET.fromstring(picture.data).get("width", ""))


def _points(length: str) -> float:
    found = re.match(r"\s*([\d.]+)", length)
    return float(found.group(1)) if found else 0.0


def _cleaned(data: bytes, prefix: str) -> ET.Element:
    ET.register_namespace("", SVG)
    ET.register_namespace("xlink", XLINK)
    root = ET.fromstring(data)
    _prune(root)
    _each(root, lambda node: _harmless(node, prefix))
    return root


def _each(root: ET.Element, action: Callable[[ET.Element], None]) -> None:
    for node in root.iter():
        action(node)


def _prune(node: ET.Element) -> None:
    for child in list(node):
        if not isinstance(child.tag, str) or child.tag.rsplit("}", 1)[-1] in DROPPED:
            node.remove(child)
        else:
            _prune(child)


def _harmless(node: ET.Element, prefix: str) -> None:
    for name, value in list(node.attrib.items()):
        local = name.rsplit("}", 1)[-1].lower()
        if local.startswith("on") or (local == "href" and not value.startswith(("#", "data:image/"))):
            del node.attrib[name]
        elif local == "id":
            node.set(name, f"{prefix}{value}")
        elif local == "href" and value.startswith("#"):
            node.set(name, f"#{prefix}{value[1:]}")
        else:
            own = REFERENCE.sub(lambda match: f"url(#{prefix}{match.group(1)})", value)
            node.set(name, re.sub(r"url\((?!#)[^)]*\)", "none", own))


def _inked(node: ET.Element) -> None:
    """Make black the ink of the page, and leave families of type to the page's style sheet."""
    style = node.get("style", "")
    if style:
        style = BLACK.sub(r"\1: currentColor", style)
        node.set("style", _short_font(style, ""))
    for name in ("fill", "stroke"):
        if node.get(name, "").lower() in ("#000000", "#000", "black"):
            node.set(name, "currentColor")
    if node.tag.endswith("}text") and "fill" not in node.get("style", "") and "fill" not in node.attrib:
        node.set("fill", "currentColor")


def _set_family(node: ET.Element, family: str) -> None:
    style = node.get("style", "")
    if style:
        node.set("style", _short_font(style, family))


def _short_font(style: str, family: str) -> str:
    """Return a style whose ``font`` shorthand is written out, in another family or in none of its own."""

    def written(match: re.Match[str]) -> str:
        words = match.group("style").split()
        slant = [f"font-style: {word}" for word in words if word in ("italic", "oblique")]
        weight = [f"font-weight: {word}" for word in words if word == "bold" or word.isdigit()]
        return "; ".join([f"font-size: {match.group('size')}", *slant, *weight, *own])

    own = [f"font-family: '{family}'"] if family else []
    return FAMILY.sub(own[0] if own else "", style) if "font-family" in style else FONT.sub(written, style)
