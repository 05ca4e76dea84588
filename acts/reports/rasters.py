"""Rasters: a PNG or JPEG framed by an SVG of its natural size, since Typst takes no other bytes from memory."""

import io

from PIL import Image, UnidentifiedImageError

from acts.reports.cells import Picture
from acts.reports.faults import ReportError
from acts.reports.pictures import MIMES, data_uri

POINTS, SCREEN = 72.0, 96.0  # per inch: of type, and of a picture that does not say its own


def framed(picture: Picture) -> bytes:
    """Return a raster picture as an SVG file; ReportError names the cell of one that is damaged."""
    try:
        with Image.open(io.BytesIO(picture.data)) as opened:
            across, down = opened.size
            density = float(opened.info.get("dpi", (0.0, 0.0))[0]) or SCREEN
    except (UnidentifiedImageError, OSError, ValueError):
        raise ReportError(f"{picture.place}: a picture is no {picture.form.upper()} that can be read") from None
    width, height = (f"{size * POINTS / density:.6g}" for size in (across, down))
    uri = data_uri(picture.data, MIMES[picture.form])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{width}pt"'
        f' height="{height}pt" viewBox="0 0 {width} {height}">'
        f'<image width="{width}" height="{height}" href="{uri}"/></svg>'
    ).encode()
