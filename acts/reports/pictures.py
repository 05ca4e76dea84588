"""Pictures made fit for a page: SVG without script or foreign references, its ids its own, its black the page's ink."""

import base64
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

from acts.reports import slim
from acts.reports.cells import Picture
from acts.reports.page import tones

SVG = "http://www.w3.org/2000/svg"
XLINK = "{http://www.w3.org/1999/xlink}href"
DROPPED = {"script", "foreignObject", "metadata", "style", "iframe", "set", "handler"}
REFERENCE = re.compile(r"url\(\s*['\"]?#([^)'\"]+)['\"]?\s*\)")
FONT = re.compile(
    r"\bfont:\s*(?P<style>(?:(?:italic|oblique|normal|bold|[1-9]00)\s+)*)(?P<size>[\d.]+px)\s+(?P<family>[^;]*)"
)
BLACK = ("#000000", "#000", "black")
MIMES = {"svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg"}


def slimmed(picture: Picture) -> Picture:
    """Return a picture in fewer bytes that looks the same; one that is no SVG as it is."""
    if picture.form != "svg":
        return picture
    root = _read(picture.data)
    slim.slim(root)
    return replace(picture, data=ET.tostring(root, encoding="utf-8"))


def inline(picture: Picture, *, prefix: str) -> str:
    """Return an SVG as markup for the middle of a page: scalable, labelled, in the ink and the colours of the page."""
    root = _read(picture.data)
    for node in root.iter():
        _prefixed(node, prefix)
        _inked(node)
    width, height = root.attrib.pop("width", ""), root.attrib.pop("height", "")
    if "viewBox" not in root.attrib:
        root.set("viewBox", f"0 0 {_points(width)} {_points(height)}")
    own = {"class": "picture", "role": "img", "aria-label": picture.alt, "fill": root.get("fill", "currentColor")}
    root.attrib.update(own)
    return ET.tostring(root, encoding="unicode")


def standalone(picture: Picture, *, family: str = "") -> bytes:
    """Return an SVG file of its own, without script; its text in one family where one is given."""
    root = _read(picture.data)
    if family:
        for node in root.iter():
            node.attrib.pop("font-family", None)
        root.set("font-family", family)
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


def _read(data: bytes) -> ET.Element:
    """Return an SVG's tree in plain names, with nothing that runs, moves, fetches or belongs to another language."""
    root = ET.fromstring(data)
    joins = any("stroke-linejoin: round" in (node.text or "") for node in root.iter(f"{{{SVG}}}style"))
    root.tag = root.tag.rsplit("}", 1)[-1]
    _prune(root)
    for node in root.iter():
        _tame(node)
    root.set("xmlns", SVG)
    if joins:
        root.set("stroke-linejoin", "round")
    return root


def _prune(node: ET.Element) -> None:
    for child in list(node):
        space, _, name = child.tag.rpartition("}") if isinstance(child.tag, str) else ("", "", "script")
        if name in DROPPED or name.startswith("animate") or space not in ("", f"{{{SVG}"):
            node.remove(child)
        else:
            child.tag = name
            _prune(child)


def _tame(node: ET.Element) -> None:
    """Keep an element's own attributes; addresses lead to names of the picture, in an image also to an image inside."""
    if XLINK in node.attrib:
        node.set("href", node.attrib.pop(XLINK))
    for name, value in list(node.attrib.items()):
        if name[0] == "{" or name.lower().startswith("on"):
            del node.attrib[name]
        elif name == "href":
            if value[:1] != "#" and not (node.tag == "image" and value.startswith("data:image/")):
                del node.attrib[name]
        elif "url(" in value:
            node.set(name, re.sub(r"url\((?!#)[^)]*\)", "none", REFERENCE.sub(r"url(#\1)", value)))
    if "font:" in node.get("style", ""):
        node.set("style", FONT.sub(_written_out, node.attrib["style"]))


def _written_out(shorthand: re.Match[str]) -> str:
    """Return what a ``font`` shorthand says of size, slant, weight and family, a property each."""
    words = shorthand.group("style").split()
    slant = [f"font-style: {word}" for word in words if word in ("italic", "oblique")]
    weight = [f"font-weight: {word}" for word in words if word == "bold" or word.isdigit()]
    family = f"font-family: {shorthand.group('family').strip()}"
    return "; ".join([f"font-size: {shorthand.group('size')}", *slant, *weight, family])


def _prefixed(node: ET.Element, prefix: str) -> None:
    for name, value in node.attrib.items():
        if name == "id":
            node.set(name, f"{prefix}{value}")
        elif name == "href" and value[0] == "#":
            node.set(name, f"#{prefix}{value[1:]}")
        elif "url(#" in value:
            node.set(name, value.replace("url(#", f"url(#{prefix}"))


def _inked(node: ET.Element) -> None:
    """Make black the ink of the page, and leave families of type to the page's style sheet."""
    node.attrib.pop("font-family", None)
    for name in ("fill", "stroke"):
        colour = node.get(name, "").lower()
        if colour:
            node.set(name, "currentColor" if colour in BLACK else tones.shown(colour))
