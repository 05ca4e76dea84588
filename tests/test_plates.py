"""A figure on a page: its data to take along, the files made from it, the line that says where it comes from."""

import nbformat
import pandas as pd

from acts.figures import style
from acts.reports import cells

FRAME = pd.DataFrame({"learning rate": [0.1, 1 / 3], "networks": [3, 4], "function": ["ReLU", 'a "quoted", name']})


def _drawing() -> style.Drawing:
    figure, (axes,) = style.panels(1, 1, height=1.0)
    axes.plot([1, 2], [3, 4])
    figure.finding = "The line rises from 3 to 4."
    figure.data = FRAME
    return figure


def _notebook(data: dict[str, str]) -> nbformat.NotebookNode:
    output = nbformat.v4.new_output("display_data", data, metadata={"image/svg+xml": {"alt": "Rises."}})
    source = "#| label: fig-x\n#| fig-cap: A line.\n#| fig-alt: A plot.\ndraw()"
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source, outputs=[output])])


def test_a_drawing_gives_its_data_as_csv_beside_its_finding() -> None:
    shown, said = _drawing()._repr_mimebundle_()
    assert shown["text/csv"].splitlines() == [
        "learning rate,networks,function",
        "0.1,3,ReLU",
        '0.333333,4,"a ""quoted"", name"',
    ]
    assert said["image/svg+xml"] == {"alt": "The line rises from 3 to 4."}
    assert style.Drawing()._repr_mimebundle_() == ({}, {})


def test_a_picture_is_read_with_its_data() -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg"/>'
    (cell,) = cells.read(_notebook({"image/svg+xml": svg, "text/csv": "x\n1\n"}), name="n")
    assert cell.outputs[0].picture is not None
    assert cell.outputs[0].picture.table == "x\n1\n"
    (cell,) = cells.read(_notebook({"image/svg+xml": svg}), name="n")
    assert cell.outputs[0].picture is not None
    assert cell.outputs[0].picture.table == ""
