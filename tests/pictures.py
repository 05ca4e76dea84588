"""Contact sheets of what a reader gets, for looking at: every part of a page and every sheet of a PDF, many at once.

``python tests/pictures.py reports/cpu build/pictures/cpu`` draws ``report.html`` in light, in the dark and as wide as
a phone, ``report.pdf``, the index of all reports and every formula in both of its forms.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any

import formula_list
import typst
from PIL import Image

from acts.reports import fonts, formulas, html, pictures

CHROMIUM = Path("/usr/bin/chromium")
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
LOOKS = {"light": (1280, "light"), "dark": (1280, "dark"), "phone": (390, "light")}
TILE = 1800  # pixels of a page that one tile shows
ACROSS, DOWN = 5, 2  # tiles on a contact sheet
GAP = 12
TYPST = "#set page(width: auto, height: auto, margin: 4pt, fill: none)\n#set text(size: 12pt)\n{}"
LIST = """
table { width: 1240px; table-layout: fixed; font-size: 16px }
td { padding: 4px 10px; border: 1px solid #ccc; width: 36% } td:first-child { width: 28% }
td code { overflow-wrap: anywhere; font-size: 10px; white-space: normal } math { font-size: 16px }
td img { max-width: none }
"""
PAPER, AROUND = 60, (128, 128, 128)  # dots an inch of a PDF's pages


@contextmanager
def chromium() -> Iterator[Any]:
    """Give Debian's chromium, quiet, and close it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=list(QUIET))
        yield browser
        browser.close()


def page_tiles(browser: Any, page: Path, look: str) -> Iterator[Image.Image]:
    """Yield a page from top to bottom in tiles, in one of the looks."""
    width, scheme = LOOKS[look]
    context = browser.new_context(
        viewport={"width": width, "height": TILE}, color_scheme=scheme, reduced_motion="reduce"
    )
    tab = context.new_page()
    tab.goto(page.absolute().as_uri())
    with tempfile.TemporaryDirectory() as folder:
        top, height = 0, TILE
        while top < height:
            tab.evaluate("(top) => scrollTo({top, behavior: 'instant'})", top)
            tab.wait_for_timeout(120)
            tab.screenshot(path=f"{folder}/tile.png")
            yield Image.open(f"{folder}/tile.png").convert("RGB")
            top, height = top + TILE, tab.evaluate("document.documentElement.scrollHeight")
    context.close()


def paper_tiles(sheets: Path, *, dots: int = PAPER) -> Iterator[Image.Image]:
    """Yield the pages of a PDF."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["pdftoppm", "-r", str(dots), "-png", sheets, f"{folder}/page"], check=True)
        for path in sorted(Path(folder).glob("*.png")):
            yield Image.open(path).convert("RGB")


def contact(tiles: Sequence[Image.Image], *, across: int, scale: float = 1.0) -> Image.Image:
    """Return tiles side by side and row under row, on grey."""
    small = [tile.resize((round(tile.width * scale), round(tile.height * scale))) for tile in tiles]
    wide, high = max(tile.width for tile in small), max(tile.height for tile in small)
    rows = -(-len(small) // across)
    columns = min(across, len(small))
    sheet = Image.new("RGB", (GAP + columns * (wide + GAP), GAP + rows * (high + GAP)), AROUND)
    for place, tile in enumerate(small):
        row, column = divmod(place, across)
        sheet.paste(tile, (GAP + column * (wide + GAP), GAP + row * (high + GAP)))
    return sheet


def written(
    tiles: Iterator[Image.Image], out: Path, name: str, *, across: int = ACROSS, down: int = DOWN, scale: float = 1.0
) -> list[Path]:
    """Write tiles as contact sheets ``name-01.png``, … and return their paths."""
    sheets: list[Path] = []
    waiting: list[Image.Image] = []
    for tile in [*tiles, None]:
        if waiting and (tile is None or len(waiting) == across * down):
            sheets.append(out / f"{name}-{len(sheets) + 1:02d}.png")
            contact(waiting, across=across, scale=scale).save(sheets[-1])
            waiting = []
        waiting += [tile] if tile is not None else []
    return sheets


def formula_page() -> str:
    """Return a page of every formula: its LaTeX, then as a browser sets it, then as Typst does."""
    texts = formula_list.every()
    papers = typst.compile(
        TYPST.format("#pagebreak()\n".join(f"$ {formulas.to_typst(tex)} $\n" for tex in texts)).encode(),
        format="svg", font_paths=[fonts.FOLDER], ignore_system_fonts=True,
    )  # fmt: skip
    rows = [
        f"<tr><td><code>{escape(tex)}</code><td>{formulas.to_mathml(tex, display=True)}"
        f'<td><img src="{pictures.data_uri(paper, "image/svg+xml")}">'
        for tex, paper in zip(texts, papers, strict=True)
    ]
    return f"<!DOCTYPE html><meta charset=utf-8><style>{html.stylesheet()}{LIST}</style><table>{''.join(rows)}</table>"


def draw(folder: Path, out: Path) -> list[Path]:
    """Write the contact sheets of a configuration's report, of the index beside it and of the formulas."""
    made: list[Path] = []
    out.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        with tempfile.TemporaryDirectory() as scratch:
            listed = Path(scratch, "formulas.html")
            listed.write_text(formula_page(), encoding="utf-8")
            made += written(page_tiles(browser, listed, "light"), out, "formulas", across=2, down=1)
        for name, page in (("report", folder / "report.html"), ("index", folder.parent / "index.html")):
            for look in LOOKS if page.is_file() else ():
                made += written(page_tiles(browser, page, look), out, f"{name}-{look}", scale=0.5)
    if (folder / "report.pdf").is_file():
        made += written(paper_tiles(folder / "report.pdf"), out, "paper", across=6, down=3)
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw what the command line names and say what was written."""
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("folder", type=Path, help="a report's folder, as reports/cpu")
    reader.add_argument("out", type=Path, help="the folder for the contact sheets")
    given = reader.parse_args(arguments)
    if not (given.folder / "report.html").is_file():
        print(f"{given.folder}/report.html is not there; first run: make report", file=sys.stderr)
        return 2
    made = draw(given.folder, given.out)
    print(f"{len(made)} contact sheets in {given.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
