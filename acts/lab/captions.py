"""Captions: what a cell's ``#|`` header says of its figure or table, shown beside it while a notebook is live."""

import os
from typing import Any

from acts.lab import markup

CAPTION = "application/vnd.acts.caption+json"  # marks an output that a report passes over: it has the caption itself
PICTURES = ("image/svg+xml", "image/png")
STYLE = "max-width:56rem;margin:.4em 0;font-size:.92em;line-height:1.45;opacity:.85"


def live() -> bool:
    """Return whether a reader sees what this process shows: it is a notebook's kernel, and no report is rendered."""
    if os.environ.get("ACTS_RENDER") == "1":
        return False
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return getattr(get_ipython(), "kernel", None) is not None


def announce() -> None:
    """Show the captions of all cells to come: a table's above it, a figure's below; twice is as once."""
    if not live():
        return
    from IPython import get_ipython

    events = get_ipython().events
    for moment, tell in (("pre_run_cell", above), ("post_run_cell", below)):
        if not any(getattr(one, "__module__", "") == __name__ for one in events.callbacks[moment]):
            events.register(moment, tell)


def by_itself(kind: type) -> None:
    """Take the notebook's own pictures of figures of a kind away: such a figure shows itself, and is drawn once."""
    from IPython import get_ipython

    for form in PICTURES:
        get_ipython().display_formatter.formatters[form].for_type(kind, _nothing)


def above(info: Any) -> None:
    """Show the caption of a table before its cell is run."""
    _show(header(info.raw_cell), "tbl")


def below(result: Any) -> None:
    """Show the caption of a figure after its cell was run; a cell that failed has none."""
    if result.success and result.info is not None:
        _show(header(result.info.raw_cell), "fig")


def header(source: str) -> dict[str, str]:
    """Return the ``#|`` header of a cell, empty where it has none or one that cannot be read."""
    from ruamel.yaml import YAML, YAMLError

    lines = [line[2:].removeprefix(" ") for line in source.splitlines() if line.startswith("#|")]
    if not lines:
        return {}
    try:
        found = YAML(typ="safe", pure=True).load("\n".join(lines))
    except YAMLError:
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def bundle(label: str, caption: str) -> dict[str, Any]:
    """Return a caption in every form that a front end shows, under the name that the text calls the figure by."""
    told = " ".join(caption.split())
    page = f'<div class="acts-caption" style="{STYLE}"><b>@{markup.inline(label)}</b> {markup.inline(told)}</div>'
    return {"text/html": page, "text/plain": f"@{label} {told}", CAPTION: {"label": label}}


def _nothing(_: object) -> None:
    """Show nothing."""


def _show(found: dict[str, str], kind: str) -> None:
    label, caption = found.get("label", ""), found.get(f"{kind}-cap", "")
    if label.startswith(f"{kind}-") and caption:
        from IPython.display import publish_display_data

        publish_display_data(bundle(label, caption))
