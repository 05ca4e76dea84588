"""Every formula that a reader meets, and how each is set in both outputs.

``python tests/formula_list.py`` writes what the committed files of ``tests/golden`` should hold now.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import acts
from acts.reports import cells, formulas, pandoc, tree

HERE = Path(__file__).parents[1]
GOLDEN = HERE / "tests" / "golden"
COMMAND = "python tests/formula_list.py"
FORMS = ("mathml", "typst")


def of_catalogue() -> Iterator[str]:
    """Yield the formula of each function and of its derivative; what else is registered, as by a test, is left out."""
    for activation in map(acts.get, acts.names()):
        if activation.body.__module__ == "acts.activations.catalogue":
            yield from (tex for tex in (activation.latex, activation.derivative_latex) if tex)


def of_notebooks() -> Iterator[str]:
    """Yield the formulas of each notebook's prose and captions, in order."""
    said = [text for path in sorted((HERE / "notebooks").glob("*.ipynb")) for text in _said(path)]
    blocks = pandoc.read("\n\n".join(f"::: acts\n{text}\n:::" for text in said))
    yield from (node["c"][1] for node in tree.find(blocks, "Math"))


def _said(path: Path) -> Iterator[str]:
    """Yield the texts of a notebook that are markdown: its prose, and the captions of its figures and tables."""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            yield source
        elif cell["cell_type"] == "code":
            header, _ = cells.split_header(source, cells.Place(path.stem, 0))
            yield from (str(header[key]) for key in ("fig-cap", "tbl-cap") if key in header)


def every() -> list[str]:
    """Return each distinct formula once: the catalogue's first, then the notebooks'."""
    return list(dict.fromkeys([*of_catalogue(), *of_notebooks()]))


def converted(tex: str, form: str) -> str:
    """Return a formula as MathML or as Typst, on one line."""
    made = formulas.to_typst(tex) if form == "typst" else formulas.to_mathml(tex, display=True)
    return " ".join(made.split())


def golden(texts: Sequence[str], form: str) -> str:
    """Return what the golden file of a form holds: each formula's LaTeX, and below it how it is set."""
    return "".join(f"{' '.join(tex.split())}\n    {converted(tex, form)}\n" for tex in texts)


def main() -> None:
    """Write the golden files anew and say how many formulas they hold."""
    texts = every()
    GOLDEN.mkdir(exist_ok=True)
    for form in FORMS:
        (GOLDEN / f"{form}.txt").write_text(golden(texts, form), encoding="utf-8")
    print(f"{len(texts)} formulas in {GOLDEN.relative_to(HERE)}; look at them: make pictures")


if __name__ == "__main__":
    main()
