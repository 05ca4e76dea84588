"""The calls to pandoc: markdown to its tree, the tree to a writer's text; offline, and quiet or failing."""

import json
import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pypandoc

from acts.reports.faults import ReportError
from acts.reports.tree import Node

# Raw HTML and TeX, and whatever a string could smuggle past a writer, stay text.
MARKDOWN = (
    "markdown-raw_html-raw_tex-raw_attribute-native_divs-native_spans-markdown_in_html_blocks"
    "-yaml_metadata_block-pandoc_title_block-latex_macros-example_lists"
)


@cache
def _binary() -> str:
    return pypandoc.get_pandoc_path()


def _run(arguments: list[str], content: str) -> str:
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [_binary(), *arguments], input=content.encode(), capture_output=True, check=False, env=environment
    )
    complaint = done.stderr.decode(errors="replace").strip()
    if done.returncode or "Citeproc" in complaint:
        raise ReportError(f"pandoc: {complaint.splitlines()[0] if complaint else f'exit {done.returncode}'}")
    return done.stdout.decode()


def read(content: str, form: str = MARKDOWN) -> list[Node]:
    """Return the blocks of a text in markdown (or another form pandoc reads)."""
    tree = _run(["-f", form, "-t", "json", "--columns=100000"], content)
    return json.loads(tree)["blocks"]


@cache
def version() -> list[int]:
    """Return the version of pandoc's tree."""
    return json.loads(_run(["-f", "markdown", "-t", "json"], ""))["pandoc-api-version"]


def _tree(blocks: list[Node], meta: dict[str, Any]) -> str:
    return json.dumps({"pandoc-api-version": version(), "meta": meta, "blocks": blocks}, ensure_ascii=False)


def write(blocks: list[Node], form: str) -> str:
    """Return the blocks as a fragment in a form pandoc writes."""
    arguments = ["-f", "json", "-t", form, "--wrap=none", "--email-obfuscation=none"]
    return _run(arguments, _tree(blocks, {}))


def cite(blocks: list[Node], *, bibliography: Path, style: Path) -> list[Node]:
    """Return the blocks with citations written out and the list of references at the end."""
    meta = {
        "link-citations": {"t": "MetaBool", "c": True},
        "lang": {"t": "MetaString", "c": "en-GB"},
        "suppress-bibliography": {"t": "MetaBool", "c": False},
    }
    arguments = ["-f", "json", "-t", "json", "--citeproc", f"--bibliography={bibliography}", f"--csl={style}"]
    return json.loads(_run(arguments, _tree(blocks, meta)))["blocks"]
