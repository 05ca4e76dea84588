"""Portraits: everything that is said of one thing, by its name; None from a kind that has no such name."""

import json
import re
from pathlib import Path
from typing import Any

from acts import nearest
from acts.commands import inventory, ledgers, terminal
from acts.commands.answer import Answer
from acts.commands.page import AskedError

_CLAIM = re.compile(r"[Cc]\d{1,3}")


# --- claims -----------------------------------------------------------------------------------------------------------


def claim(name: str, config: str | None) -> Answer | None:
    """Return a claim with its rule in words, and its verdict where a configuration was judged."""
    if not _CLAIM.fullmatch(name):
        return None
    from acts import claims

    known = {one.id: one for one in claims.catalogue()}
    wanted = f"C{int(name[1:]):02d}"
    if wanted not in known:
        raise AskedError(nearest.unknown("claim", wanted, known))
    one, judged = known[wanted], ledgers.chosen(config)
    found = {
        "kind": "claim", "claim": one.id, "statement": one.claim, "topic": one.topic, "sources": list(one.sources),
        "measure": one.measure, **rule(one.verdict), "margin": one.margin, "experiment": one.experiment,
        "chapter": one.notebook, "contradicts": one.contradicts, "same_evidence_as": one.same_evidence_as,
        "config": judged, "finding": finding(judged, one.id) if judged else None,
        "asked": also(judged, one) if judged else [],
    }  # fmt: skip
    return Answer(found, show=lambda: _claim(found))


def rule(told: str) -> dict[str, str | None]:
    """Return a rule in words parted into what supports a claim and what refutes it; all else is inconclusive."""
    left, slash, right = told.partition(" / ")
    return {"rule": told, "supported_if": left if slash else None, "refuted_if": right if slash else None}


def finding(config: str, name: str) -> dict[str, Any] | None:
    """Return what a configuration's ledger says of a claim."""
    row = next((row for row in ledgers.rows(config) if row["claim"] == name), None)
    if row is None:
        return None
    keys = ("verdict", "sentence", "effect", "low", "high", "unit", "level", "n", "margin", "condition")
    return {**{key: row.get(key) for key in keys}, "fragile": name in ledgers.fragile(config)}


def also(config: str, one: Any) -> list[dict[str, Any]]:
    """Return the verdicts on the same asked of each activation that a configuration brought along."""
    catalogue, measured = (ledgers.folder(config) / name for name in ("catalogue.csv", "records.parquet"))
    if not measured.is_file() or not _marked(catalogue):
        return []
    import pandas as pd

    from acts import records
    from acts.claims import Index, asking

    own = asking.own(pd.read_csv(catalogue, keep_default_na=False))
    keys = ("verdict", "effect", "low", "high", "unit", "n", "sentence")
    return [
        {"of": label, "told": asking.told(verdict), **{key: getattr(verdict, key) for key in keys}}
        for label, verdict in asking.beside(one, Index(records.read(measured)), own)
    ]


def _marked(catalogue: Path) -> bool:
    """Say whether a published catalogue marks a function as brought along; most do not, and cost no more than this."""
    try:
        return any(row.get("own") == "True" for row in ledgers.table(catalogue))
    except (OSError, ValueError):
        return False


def _claim(found: dict[str, Any]) -> None:
    terminal.heading(f"{found['claim']}  {found['statement']}")
    terminal.pairs(
        {
            "said by": "; ".join(_described(title) for title in found["sources"]),
            "measured by": found["measure"],
            "supported if": found["supported_if"] or "",
            "refuted if": found["refuted_if"] or "",
            "judged": "" if found["supported_if"] else found["rule"],
            "margin": _margin(found),
            "chapter": f"{found['chapter']}, of the experiment {found['experiment']}",
            "pulls the other way": found["contradicts"] or "",
            "same evidence as": found["same_evidence_as"] or "",
        }
    )
    terminal.lines([""])
    if found["finding"] is None:
        terminal.lines(["No verdict yet: no configuration that knows this claim is judged. Run: make report"])
        return
    word = found["finding"]["verdict"]
    terminal.heading(f"{found['config']}: {word}{_fragile(found['finding'])}", style=word)
    terminal.lines([found["finding"]["sentence"] or ""])
    terminal.lines(f"The same asked of {one['of']}: {one['told']}." for one in found["asked"])


def _described(title: str) -> str:
    """Return a source with its language, and what its title means in English."""
    from acts.claims.catalogue import SOURCES

    source = SOURCES[title]
    return f"{title} ({source.language}{': ' + source.gloss if source.gloss else ''})"


def _margin(found: dict[str, Any]) -> str:
    if found["margin"] is None:
        return ""
    unit = (found["finding"] or {}).get("unit")
    return f"{found['margin']:g}, in the unit of the effect" + (f" ({unit})" if unit else "")


def _fragile(told: dict[str, Any]) -> str:
    return " (fragile: another margin, init or half of the seeds turns it)" if told["fragile"] else ""


# --- configurations ---------------------------------------------------------------------------------------------------


def configuration(name: str, _: str | None) -> Answer | None:
    """Return a configuration with what each of its comparisons takes, and how far it has been made."""
    from acts import params

    if name not in params.configurations() and not name.endswith((".yaml", ".yml")):
        return None
    loaded = params.load(name)
    comparisons = {word: _taken(getattr(loaded.experiments, word)) for word in loaded.experiments.words()}
    found = {
        "kind": "configuration", "config": loaded.name, "title": loaded.title, "device": loaded.device,
        "dtype": loaded.dtype, "engine": loaded.engine, "workers": loaded.workers, "experiments": comparisons,
        "own": loaded.own_names(), "notebooks": list(loaded.chapters), "made": inventory.made(loaded.name),
        "measured": measured(loaded.name),
    }  # fmt: skip
    return Answer(found, show=lambda: _configuration(found))


def _taken(section: Any) -> dict[str, Any]:
    """Return how many activations, data sets and seeds a comparison takes, as far as it says."""
    lists = {noun: list(dict.fromkeys(name for _, name in section.mentions(noun))) for noun in _NOUNS}
    nested = [inner for _, inner in section if hasattr(inner, "mentions")]
    for noun in _NOUNS:
        for inner in nested:
            lists[noun] += [name for _, name in inner.mentions(noun) if name not in lists[noun]]
    every = any(getattr(part, "activations", None) == "all" for part in (section, *nested))
    return {
        "activations": "all" if every else lists["activations"],
        "datasets": lists["datasets"],
        "seeds": getattr(section, "seeds", None),
    }


_NOUNS = ("activations", "datasets")


def measured(name: str) -> dict[str, Any] | None:
    """Return what a configuration's last run measured: when, how many runs, and the seconds of computing they took."""
    path = ledgers.folder(name) / "provenance.json"
    try:
        told = json.loads(path.read_text("utf-8"))
        parts = told["experiments"].values()
        return {
            "when": told["measured"], "commit": told["commit"], "runs": sum(part["runs"] for part in parts),
            "seconds": sum(part["seconds"] for part in parts), "workers": told["workers"],
            "failed": told["failed"], "missing": sorted(told["missing"]),
        }  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _configuration(found: dict[str, Any]) -> None:
    terminal.heading(f"{found['config']}  {found['title']}")
    told, workers = found["measured"], f"{found['workers']} workers"
    terminal.pairs(
        {
            "computes": f"on {found['device']} in {found['dtype']}, engine {found['engine']}, {workers}",
            "brings along": ", ".join(found["own"]),
            "chapters": ", ".join(found["notebooks"]),
            "made": found["made"],
            "measured": f"{told['when']}, {told['runs']:,} runs" if told else "",
        }
    )
    terminal.lines([""])
    columns = (
        terminal.Column("experiment"), terminal.Column("seeds"), terminal.Column("activations", text=True),
        terminal.Column("data sets", text=True, spare=True),
    )  # fmt: skip
    rows = [
        (word, str(taken["seeds"] or ""), _short(taken["activations"]), _short(taken["datasets"]))
        for word, taken in found["experiments"].items()
    ]
    terminal.Table(columns, rows).show()


def _short(names: list[str] | str) -> str:
    if isinstance(names, str):
        return names
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


# --- data sets and experiments ----------------------------------------------------------------------------------------


def dataset(name: str, _: str | None) -> Answer | None:
    """Return a data set with its files, and who uses it."""
    from acts import datasets

    if name not in datasets.names():
        return None
    known = datasets.source(name)
    files = [{"path": f"{known.folder}/{file.name}", "sha256": file.sha256} for file in known.files]
    found = {"kind": "dataset", **inventory.dataset(name), "shape": list(known.shape), "files": files}
    return Answer(found, show=lambda: _dataset(found))


def _dataset(found: dict[str, Any]) -> None:
    terminal.heading(f"{found['label']}  ({found['dataset']})")
    outputs = {"classification": "classes", "regression": "targets", "text": "characters"}[found["task"]]
    size = " × ".join(map(str, found["shape"]))
    terminal.pairs(
        {
            "task": found["task"],
            "rows": f"{found['rows']:,}",
            "inputs": f"{found['inputs']:,}" + (f" ({size})" if len(found["shape"]) > 1 else ""),
            outputs: f"{found['outputs']:,}",
            "comes": "from published files" if found["files"] else "with the packages, or is generated",
            **{f"file {number}": f"$ACTS_DATA/{file['path']}" for number, file in enumerate(found["files"], 1)},
            "here": found["missing"] or "yes",
        }
    )


def experiment(name: str, _: str | None) -> Answer | None:
    """Return a comparison with the claims that it decides."""
    from acts.engine import keys

    if name not in keys.words():
        return None
    from acts import claims

    (row,) = [row for row in inventory.experiments() if row["experiment"] == name]
    decided = [{"claim": one.id, "statement": one.claim} for one in claims.catalogue() if one.experiment == name]
    found = {"kind": "experiment", **row, "decides": decided}
    return Answer(found, show=lambda: _experiment(found))


def _experiment(found: dict[str, Any]) -> None:
    terminal.heading(f"{found['experiment']}  {found['about']}")
    terminal.pairs({"chapter": found["chapter"] or "", "run by": ", ".join(found["configurations"])})
    terminal.lines([""])
    columns = (terminal.Column("claim"), terminal.Column("statement", text=True))
    terminal.Table(columns, [(one["claim"], one["statement"]) for one in found["decides"]]).show()


# --- activations ------------------------------------------------------------------------------------------------------


def activation(name: str, config: str | None) -> Answer:
    """Return an activation's portrait; what nothing is called is a line with the nearest name of any kind."""
    from acts import activations, datasets, params, show
    from acts.activations.registry import UnknownActivation
    from acts.engine import keys

    if config is not None:
        inventory.brought(config)
    try:
        entry = activations.get(name)
    except UnknownActivation:
        aliases = [alias for one in activations.names() for alias in activations.get(one).aliases]
        others = [*params.configurations(), *datasets.names(), *keys.words()]
        told = nearest.unknown("name", name, [*activations.names(), *others], aliases=aliases)
        raise AskedError(f"{told}; acts list KIND names them") from None
    except ValueError as error:  # a variant that is not written as one, or of a parameter that is not there
        raise AskedError(str(error)) from None
    found = show.facts(entry)
    return Answer(found, show=lambda: show.tell(entry, found))
