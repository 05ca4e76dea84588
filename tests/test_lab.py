"""The lab: JupyterLab as `make lab` starts it, driven in Debian's chromium on a small review not made before."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
import visits
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

HERE = Path(__file__).parents[1]
CONFIG = """\
title: A review for the lab
engine: serial
experiments:
  formulas: {activations: [tanh, relu, gelu], points: 61, span: 6}
  gradient_flow: {activations: [tanh, relu], inits: [he, stable], depths: [2, 5], width: 16, seeds: 2}
notebooks: [01_catalogue, 03_gradient_flow]
"""
CHAPTERS = ("01_catalogue", "03_gradient_flow", "playground")
PATIENCE = 120_000  # ms
MENU = ".jp-NotebookPanel .jupyter-widgets select"
ALL = sorted(path.stem for path in (HERE / "notebooks").glob("[01][0-9]_*.ipynb"))[:12]  # 12_yours is of own functions
SMOKE = HERE / "reports" / "smoke"

pytestmark = [*visits.BROWSER_TESTS, pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]


def laid_out(root: Path, config: str, names: tuple[str, ...]) -> Path:
    """Write a folder with notebooks that ask for a configuration, as a reader who changes that one cell has them."""
    for folder in ("params", "notebooks", "reports"):
        (root / folder).mkdir(parents=True)
    (root / "Makefile").touch()
    for name in names:
        text = (HERE / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8")
        assert 'config = \\"cpu\\"' in text
        changed = text.replace('config = \\"cpu\\"', f'config = \\"{config}\\"')
        (root / "notebooks" / f"{name}.ipynb").write_text(changed, encoding="utf-8")
    return root


def command(flags: str, notebook: str) -> list[str]:
    """Return what `make lab` runs, its environment first; make itself is not to install anything here."""
    said = subprocess.run(
        ["make", "-n", "--no-print-directory", "-o", f"{sys.prefix}/.ready", "lab",
         f"NOTEBOOK={notebook}", f"LAB_FLAGS={flags}", f"VENV={sys.prefix}"],
        cwd=HERE, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return ["env", *shlex.split(said.stdout.replace("\\\n", " "))]


class Lab:
    """A running JupyterLab and a tab of the browser that shows it."""

    def __init__(self, root: Path, chromium: Any, *, theme: str = "JupyterLab Light") -> None:
        self.root = root
        own = {name: root / "jupyter" / name for name in ("config", "data", "runtime", "settings", "workspaces")}
        wrong = (
            own["data"] / "kernels" / "python3"
        )  # another kernel of that name, as users have them, which must not win
        wrong.mkdir(parents=True)
        (wrong / "kernel.json").write_text('{"argv": ["false"], "display_name": "Python 3", "language": "python"}')
        _set(own["settings"], "apputils-extension/themes", {"theme": theme})
        _set(own["settings"], "notebook-extension/tracker", {"windowingMode": "none"})
        names = {
            "JUPYTER_CONFIG_DIR": own["config"], "JUPYTER_DATA_DIR": own["data"], "JUPYTER_RUNTIME_DIR": own["runtime"],
            "JUPYTERLAB_SETTINGS_DIR": own["settings"], "JUPYTERLAB_WORKSPACES_DIR": own["workspaces"],
            "IPYTHONDIR": root / "ipython", "ACTS_ROOT": root,
        }  # fmt: skip
        left_out = ("ACTS_STORE", "MPLBACKEND", "ACTS_RENDER", "JUPYTER_PATH")
        given = {name: value for name, value in os.environ.items() if name not in left_out}
        flags = "--no-browser --allow-root --port=0 --expose-app-in-browser --IdentityProvider.token=t"
        self.log = root / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command(flags, "playground"), cwd=root, stdout=log, stderr=log, start_new_session=True,
                env={**given, "OMP_NUM_THREADS": "1", **{name: str(value) for name, value in names.items()}},
            )  # fmt: skip
        self.url = self._url(own["runtime"])
        self.tab = chromium.new_page(viewport={"width": 1400, "height": 2600})

    def _url(self, runtime: Path) -> str:
        """Return where the server listens, once it says so."""
        for _ in range(600):
            for path in runtime.glob("jpserver-*.json"):
                told = json.loads(path.read_text() or "{}")
                if told.get("port"):
                    return f"http://127.0.0.1:{told['port']}/lab"
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.1)
        raise AssertionError(self.log.read_text())

    def open(self, name: str) -> None:
        """Open a notebook, as the only one, and wait for its kernel."""
        self.tab.goto(f"{self.url}/tree/notebooks/{name}.ipynb?token=t&reset")
        self.tab.wait_for_function(
            """name => { const panel = window.jupyterapp?.shell.currentWidget;
            return panel?.context?.path.endsWith(name + ".ipynb") && panel.context.isReady
            && panel.sessionContext.session?.kernel?.status === "idle"; }""",
            arg=name, timeout=PATIENCE,
        )  # fmt: skip

    def run(self) -> float:
        """Run all cells and return the seconds until the last one was done."""
        began = time.monotonic()
        self.tab.set_default_timeout(PATIENCE)
        self.tab.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
        self.tab.wait_for_function(
            """() => { const panel = window.jupyterapp.shell.currentWidget;
            const codes = panel.content.widgets.filter(cell => cell.model.type === "code");
            return codes.every(cell => cell.model.executionState !== "running" && cell.model.executionCount)
            || codes.some(cell => cell.model.outputs.toJSON().some(one => one.output_type === "error")); }""",
            timeout=PATIENCE,
        )  # fmt: skip
        return time.monotonic() - began

    def outputs(self) -> list[dict[str, Any]]:
        """Return all outputs in order, each with the source of its cell."""
        return self.tab.evaluate(
            """() => window.jupyterapp.shell.currentWidget.content.widgets.flatMap(cell =>
            cell.model.type !== "code" ? [] : cell.model.outputs.toJSON().map(one =>
            ({...one, source: cell.model.sharedModel.getSource()})))"""
        )

    def close(self) -> None:
        """End the server and its kernels."""
        self.tab.close()
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def _set(folder: Path, name: str, settings: dict[str, Any]) -> None:
    path = folder / "@jupyterlab" / f"{name}.jupyterlab-settings"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(settings))


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[Lab]:
    root = laid_out(tmp_path_factory.mktemp("lab") / "review", "tiny", CHAPTERS)
    (root / "params" / "tiny.yaml").write_text(CONFIG, encoding="utf-8")
    running = Lab(root, browser)
    yield running
    running.close()


def whole(outputs: list[dict[str, Any]], name: str) -> None:
    """Hold what a chapter shows against its cells: no error, and every caption beside its figure or table."""
    assert [one["ename"] + ": " + one["evalue"] for one in outputs if one["output_type"] == "error"] == []
    assert [one["text"] for one in outputs if one.get("name") == "stderr"] == []
    source = nbformat.read(HERE / "notebooks" / f"{name}.ipynb", as_version=4)
    labels = [found[1] for cell in source.cells if (found := re.search(r"^#\| label: (\S+)", cell.source))]
    told = [one["data"]["application/vnd.acts.caption+json"]["label"] for one in outputs if _is_caption(one)]
    assert told == labels
    for label in labels:
        own = [one for one in outputs if f"label: {label}\n" in one["source"] and one["output_type"] != "stream"]
        places = [place for place, one in enumerate(own) if _is_caption(one)]
        assert places == [0 if label.startswith("tbl-") else len(own) - 1], label
        assert len(own) >= 2, label


def _is_caption(output: dict[str, Any]) -> bool:
    return "application/vnd.acts.caption+json" in output.get("data", {})


def test_chapters_compute_what_is_missing_once_and_show_themselves_as_in_the_report(lab: Lab) -> None:
    lab.open("01_catalogue")
    lab.run()
    outputs = lab.outputs()
    whole(outputs, "01_catalogue")
    said = "".join(one["text"] for one in outputs if one["output_type"] == "stream")
    assert re.search(r"formulas: \d+ runs planned, 0 stored, \d+ to compute", said)
    page = lab.tab.inner_html("body")
    assert 'aria-label="' in page
    assert lab.tab.locator(".acts-caption >> visible=true").count() >= 5
    assert lab.tab.locator("#claim-C28").count() == 1
    assert ":::" not in "".join(lab.tab.locator(".jp-OutputArea").all_inner_texts())

    seconds = lab.run()  # again: what was computed is read
    outputs = lab.outputs()
    whole(outputs, "01_catalogue")
    assert not [one for one in outputs if one["output_type"] == "stream"]
    assert seconds < 60

    lab.open("03_gradient_flow")  # another chapter, on what the first has left
    lab.run()
    outputs = lab.outputs()
    whole(outputs, "03_gradient_flow")
    said = "".join(one["text"] for one in outputs if one["output_type"] == "stream")
    assert "gradient_flow: " in said
    assert "formulas: " not in said


MARKED = [
    new_markdown_cell(
        "# Marks\n\nIn @fig-late, by @eq-one and [@he2015; @montufar2014]; @fig-flow; [@nobody2000], `@fig-late`.\n\n"
        "$$ x^2 $$ {#eq-one}"
    ),
    new_code_cell("from acts import figures\nfrom IPython.display import HTML\nfigures.use_style()"),
    *(new_markdown_cell(f"Paragraph {place}.\n\n" + "\n\n".join("and so on" for _ in range(9))) for place in range(9)),
    new_code_cell("#| label: fig-late\n#| fig-cap: By @eq-one.\nHTML('<p>Drawn, see @eq-one.</p>')"),
]


def test_marks_of_the_report_are_words_and_links_in_the_lab(lab: Lab) -> None:
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(new_notebook(cells=MARKED, metadata=kernel), lab.root / "notebooks" / "marked.ipynb")
    (lab.root / "reports" / "references.bib").write_bytes((HERE / "reports" / "references.bib").read_bytes())
    lab.open("marked")
    prose = lab.tab.locator(".jp-MarkdownOutput").first
    prose.get_by_text("He et al. 2015; Montúfar et al. 2014").wait_for(timeout=PATIENCE)
    told = prose.inner_text()
    assert "In Figure 1, by Equation 1 and (He et al. 2015; Montúfar et al. 2014);" in told
    assert re.search(r"Figure \d+ of 03_gradient_flow; \[@nobody2000\], @fig-late\.", told)
    assert "{#" not in told
    source = prose.get_by_text("He et al. 2015")
    assert source.get_attribute("href") == "https://arxiv.org/abs/1502.01852"
    assert source.get_attribute("title").startswith("Delving deep into rectifiers")
    lab.run()
    lab.tab.evaluate("() => window.jupyterapp.shell.currentWidget.content.scrollToItem(0)")
    prose.get_by_text("Figure 1", exact=True).click()
    caption = lab.tab.locator(".acts-caption", has_text="Figure 1 By Equation 1.")
    caption.wait_for(timeout=PATIENCE)
    lab.tab.wait_for_function(
        "node => { const box = node.getBoundingClientRect(); return box.top > 0 && box.bottom <= innerHeight; }",
        arg=caption.element_handle(), timeout=PATIENCE,
    )  # fmt: skip
    assert lab.tab.get_by_text("Drawn, see Equation 1.").count() == 1


def picture(lab: Lab, part: int) -> str:
    return lab.tab.locator(".acts-drawing").nth(part).inner_html()


def drawn_anew(lab: Lab, part: int, before: str) -> str:
    """Wait until a picture is another one and return it."""
    lab.tab.wait_for_function(
        "([part, before]) => { const now = document.querySelectorAll('.acts-drawing')[part]?.innerHTML;"
        " return now && now !== before; }",
        arg=[part, before], timeout=PATIENCE,
    )  # fmt: skip
    return picture(lab, part)


def play(lab: Lab) -> None:
    """Open the playground, its cells run."""
    lab.open("playground")
    lab.run()
    lab.tab.wait_for_selector(".acts-drawing >> nth=1", timeout=PATIENCE)


def test_the_playground_answers_to_sliders_menus_and_buttons(lab: Lab) -> None:
    play(lab)
    assert not [one for one in lab.outputs() if one["output_type"] in ("error", "stream")]
    before = picture(lab, 0)
    lab.tab.locator(".noUi-handle").first.focus()
    lab.tab.keyboard.press("ArrowRight")
    moved = drawn_anew(lab, 0, before)
    lab.tab.locator(MENU).nth(1).select_option(label="tanh")
    assert ">tanh</text>" in drawn_anew(lab, 0, moved)

    deep = picture(lab, 1)
    lab.tab.locator(MENU).last.select_option(label="stable")
    drawn_anew(lab, 1, deep)

    lab.tab.get_by_role("button", name="Learn").click()
    lab.tab.wait_for_selector("text=Pair by pair", timeout=PATIENCE)
    learnt = picture(lab, 1)
    assert learnt.count("<image") == 2
    lab.tab.get_by_role("button", name="Other seeds").click()
    drawn_anew(lab, 1, learnt)


def test_it_does_not_ask_whether_to_fetch_news(lab: Lab) -> None:
    lab.open("playground")
    assert lab.tab.get_by_text("official Jupyter news").count() == 0
    assert lab.tab.evaluate("window.jupyterapp.isPluginActivated('@jupyterlab/apputils-extension:notification')")


def test_a_notebook_that_is_not_there_is_refused_before_anything_starts() -> None:
    told = subprocess.run(["make", "-n", "lab", "NOTEBOOK=nope"], cwd=HERE, capture_output=True, text=True, check=False)
    assert told.returncode == 2
    assert told.stderr.count("\n") == 1
    assert "unknown notebook 'nope' (known: 00_verdicts, " in told.stderr


def test_a_formula_that_is_none_is_said_in_one_line(lab: Lab) -> None:
    play(lab)
    menu = lab.tab.locator(MENU).first
    menu.select_option(label="a formula of your own …")
    typed = lab.tab.get_by_label("f(x) =").first
    typed.fill("__import__('os')")
    typed.press("Enter")
    said = lab.tab.locator("p", has_text="__import__")
    said.first.wait_for(timeout=PATIENCE)
    assert len(said.first.inner_text().splitlines()) == 1
    before = picture(lab, 0)
    typed.fill("x * sigmoid(a*x)")
    typed.press("Enter")
    drawn_anew(lab, 0, before)
    said.first.wait_for(state="detached", timeout=PATIENCE)


@pytest.mark.slow
@pytest.mark.skipif(not (SMOKE / "records.parquet").exists(), reason="reads what `make report CONFIG=smoke` left")
@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_every_chapter_runs_in_the_lab(theme: str, tmp_path: Path, browser: Any) -> None:
    root = laid_out(tmp_path / "review", "smoke", tuple(ALL))
    shutil.copy(HERE / "params" / "smoke.yaml", root / "params")
    shutil.copytree(SMOKE, root / "reports" / "smoke")
    shutil.copytree(HERE / ".store", root / ".store", ignore=shutil.ignore_patterns("tmp"))
    running = Lab(root, browser, theme=theme)
    try:
        for name in ALL:
            running.open(name)
            running.run()
            whole(running.outputs(), name)
    finally:
        running.close()
