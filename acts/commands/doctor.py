"""`acts doctor`: say what this machine can do, problems first."""

import argparse
from collections.abc import Mapping
from typing import Any

from acts.commands import terminal
from acts.commands.answer import Answer
from acts.commands.page import Page

PAGE = Page(
    summary="say what this machine can do, and what is missing",
    about="""
    Looks at Python, torch, devices, threads, fonts, programs, data sets, the store and the reports, and says what each
    configuration can run here and about how long that takes. Problems stand first, each with what to do. It computes
    nothing.
    """,
    examples=(
        ("acts doctor", "the whole examination"),
        ("acts doctor --json", "the same for a program, or for a report of a fault"),
    ),
    reads="what is installed, ACTS_DATA, params/, the store, reports/",
    json="{problems: [{what, do}], software, machine, tools, data_sets: {name: null, or what to put where},"
    " store: {jobs, mib, free_gib, writable}, reports: {mib, writable}, configurations: {name: {runs, readable, where,"
    " without, time: {seconds, source, words}, made}}}",
    codes={0: "examined; what is absent is no failure"},
)


def run(given: argparse.Namespace) -> Answer:
    """Examine the machine."""
    del given
    from acts import doctor

    found = doctor.examine()
    return Answer(found, show=lambda: tell(found))


def tell(found: Mapping[str, Any]) -> None:
    """Print an examination, problems first."""
    _problems(found["problems"])
    sections = {
        "Software": {name: _said(value) for name, value in found["software"].items()},
        "Machine": found["machine"],
        "Tools": found["tools"],
        "Data sets": _data(found["data_sets"]),
        "Store and reports": _kept(found),
        "Configurations": {name: _can(one) for name, one in found["configurations"].items()},
    }
    for heading, told in sections.items():
        terminal.lines([""])
        terminal.pairs(told, heading=heading)


def _problems(told: list[dict[str, str]]) -> None:
    if not told:
        terminal.lines(["No problem was found."])
        return
    columns = (terminal.Column("problem", text=True), terminal.Column("what to do", text=True))
    terminal.heading(f"{len(told)} problem{'' if len(told) == 1 else 's'}")
    terminal.Table(columns, [(one["what"], one["do"]) for one in told]).show()


def _said(value: Any) -> str:
    return "; ".join(value) if isinstance(value, list) else str(value)


def _data(sets: Mapping[str, str | None]) -> dict[str, str]:
    """Return the sets that are here in one line, and those that are not, each with where its files belong."""
    from acts import datasets
    from acts.datasets import shelf

    here = [name for name, line in sets.items() if line is None]
    absent = [name for name in sets if name not in here]
    tables = [name for name in absent if name.startswith(("pmlb_", "uci_"))]
    told = {f"{len(here)} here": ", ".join(here)}
    step = "" if shelf.root() else "set ACTS_DATA, then "
    for name in absent:
        if name not in tables:
            known = datasets.source(name)
            files = ", ".join(file.name for file in known.files)
            told[name] = f"missing: $ACTS_DATA/{known.folder}/ wants {files} ({step}acts fetch {name})"
    if tables:
        told["tables"] = f"{len(tables)} of PMLB and UCI missing; acts show {tables[0]} says where one belongs"
    return told


def _kept(found: Mapping[str, Any]) -> dict[str, str]:
    store, sizes = found["store"], found["reports"]["mib"]
    return {
        "store": f"{store['jobs']} job{'' if store['jobs'] == 1 else 's'}, {store['mib']} MiB",
        "reports": ", ".join(f"{name} {mib} MiB" for name, mib in sizes.items()) or "none yet",
        "free on disk": f"{store['free_gib']} GiB",
    }


def _can(one: Mapping[str, Any]) -> str:
    """Return one line about one configuration."""
    if not one["runs"]:
        return f"cannot run: {one['where']}"
    named = ", ".join(one["without"][:4]) + (f" and {len(one['without']) - 4} more" if len(one["without"]) > 4 else "")
    without = f", without {named} (not measured here)" if named else ""
    words = one["time"]["words"]
    made = {"nothing": "not made yet"}.get(one["made"], f"made: {one['made']}")
    return f"runs on {one['where']}{without}; {words + '; ' if words else ''}{made}"
