"""Publish: the stages that ``make report`` goes through, each from one configuration to whole files under reports/.

Files are made in reports/.staging and moved; the manifest, provenance.json, comes last. A stage that fails leaves what
an earlier one published as it was.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

from acts import params as configuration
from acts import records as table
from acts.engine import addresses, keys, published
from acts.engine import desk as desks
from acts.engine.desk import Desk, Failure, Outcome
from acts.engine.progress import Teller
from acts.engine.work import silent
from acts.params import Params, ParamsError
from acts.params.sections import Place
from acts.provenance import describe
from acts.staging import held, moved, writable

if TYPE_CHECKING:
    from acts.dry import Sheet

FAILED = ".failed"  # in a configuration's folder: what the last run could not do, a line each
WATCHED = ".plugins"  # there too: a rule for make that names the Python files that the run read


class PublishError(RuntimeError):
    """A stage cannot begin; the message says what to run first."""


# --- run --------------------------------------------------------------------------------------------------------------


def run(
    config: str,
    *,
    engine: str | None = None,
    insecure: bool = False,
    dry: "Sheet | None" = None,
    teller: Teller | None = None,
) -> int:
    """Plan, compute what is missing and publish records.parquet, catalogue.csv and provenance.json.

    ``engine`` is where to compute, instead of what the configuration says; ``insecure`` lets it be a plain address that
    others reach too. A ``dry`` run fills the sheet that it is given and computes nothing. Returns 0, or 1 when a job
    failed; what could be measured is published even then.
    """
    teller = teller or Teller()
    params = _checked(config)
    where = addresses.check(engine or params.engine, insecure=insecure)
    params, unusable = _usable(params)
    _plannable(params)
    folder = writable(published(params))
    _watch(folder, params)
    absent = missing_data(params)
    with held(params.name), desks.at(params, teller=teller, engine=where, insecure=insecure) as desk:
        asked, params = params.device, desk.params
        auto = " (asked for: auto)" if asked == "auto" else ""
        for line in (f"{', '.join(params.experiments.words())} on {params.device}{auto}", *absent.values()):
            teller.line(f"  {line}")
        if dry is not None:
            from acts.dry import tell

            return tell(desk, dry)
        outcomes = [_one(desk, word) for word in params.experiments.words()]
        for outcome in outcomes[:1]:
            outcome.failures[:0] = unusable
        failures = [failure.line for outcome in outcomes for failure in outcome.failures]
        for name, fault in desk.store.set_aside:
            teller.line(f"  {name}: {fault}; set aside and computed again")
        provenance = describe(params, asked=asked, outcomes=outcomes, missing=absent, store=desk.store)
        _publish(folder, outcomes, provenance, failures, own=params.own_names())
    for line in failures:
        teller.line(f"  {line}")
    return 1 if failures else 0


def _checked(config: str) -> Params:
    """Return a configuration whose every activation, data set and notebook is known."""
    params = configuration.load(config, notebooks=notebooks())
    _admit(params)
    if not any(_mentions(params, "activations")) and not any(_mentions(params, "datasets")):
        return params
    from acts import activations, datasets

    names = [name for known in activations.names() for name in (known, *activations.get(known).aliases)]
    loaded = configuration.load(config, names=names, datasets=datasets.names(), notebooks=notebooks())
    for place, mention in _mentions(loaded, "activations"):
        try:
            activations.get(mention)
        except ValueError as error:
            raise ParamsError(f"{loaded.line(*place)}: activations: {error}") from None
    return loaded


def _admit(params: Params) -> None:
    """Enter the activations that a configuration brings along; raises ParamsError, with the line, for a bad one."""
    own = params.own
    if not own:
        return
    from acts.activations import own as owned

    for name, told in own.get("formulas", {}).items():
        _entered(owned, {"formulas": {name: told}}, params.line("formulas", name) + ": formulas")
    for place, told in enumerate(own.get("plugins", ())):
        _entered(owned, {"plugins": [told]}, params.line("plugins", place) + ": plugins")
    _distinct(params)


def _distinct(params: Params) -> None:
    """Raise ParamsError, with the line, for a label of two own functions; the register knows those of all others."""
    from acts import activations
    from acts.activations import registry

    taken: dict[str, str] = {}
    for name in sorted(params.own_names(), key=params.formulas.__contains__):  # a formula's line is the one that helps
        label = activations.get(name).label
        other = taken.setdefault(registry.plain(label), name)
        if other != name:
            place = ("formulas", name) if name in params.formulas else ("plugins",)
            told = f"label {label!r} is that of {other}; give it another"
            raise ParamsError(f"{params.line(*place)}: {place[0]}: {name}: {told}")


def _entered(owned: ModuleType, own: Mapping[str, Any], where: str) -> None:
    try:
        owned.admit(own)
    except ValueError as error:
        raise ParamsError(f"{where}: {error}") from None


def _usable(params: Params) -> tuple[Params, list[Failure]]:
    """Return the configuration without those of its own functions that nothing can be trained with, and why."""
    if not params.own_names():
        return params, []
    from acts import activations
    from acts.activations import own as owned

    faults = {name: owned.fault(activations.get(name)) for name in params.own_names()}
    failures = [Failure("every comparison", name, "left out", told) for name, told in faults.items() if told]
    return params.lacking([one.activation for one in failures], every=activations.names()), failures


def _mentions(params: Params, noun: Literal["activations", "datasets"]) -> Iterator[tuple[Place, str]]:
    """Yield every activation or data set that a comparison names, with its place in the file."""
    for word in params.experiments.words():
        for place, name in getattr(params.experiments, word).mentions(noun):
            yield ("experiments", word, *place), name


def _plannable(params: Params) -> None:
    """Raise ParamsError, with the line, for a comparison whose plan refuses what it is asked, on whatever device."""
    for word in params.experiments.words():
        try:
            with silent():
                keys.resolve(word).plan(params.on("cpu"), table.frame([]))
        except ValueError as error:
            raise ParamsError(f"{params.line('experiments', word)}: {' '.join(str(error).split())}") from None


def _watch(folder: Path, params: Params) -> None:
    """Leave make a rule by which an edited plugin runs the configuration again, as one removed does, or its imports."""
    rules, place = folder / WATCHED, folder.relative_to(configuration.root())
    if not params.plugins:
        rules.unlink(missing_ok=True)
        return
    files = [re.sub(r"([ #\\%])", r"\\\1", path.replace("$", "$$")) for path in params.plugin_files()]
    rules.write_text("".join(f"{place}/.run: {path}\n{path}:\n" for path in files), "utf-8")


def notebooks() -> list[str]:
    """Return the names of the notebooks that there are."""
    return sorted(path.stem for path in (configuration.root() / "notebooks").glob("*.ipynb"))


def missing_data(params: Params) -> dict[str, str]:
    """Return the data sets that are asked for and not here, each with one line that says where to put it."""
    asked = [name for _, name in _mentions(params, "datasets")]
    if not asked:
        return {}
    from acts import datasets

    return {name: line for name in dict.fromkeys(asked) if (line := datasets.missing(name))}


def _one(desk: Desk, word: str) -> Outcome:
    """Compute one comparison and say what came of it."""
    outcome = desk.compute(keys.resolve(word))
    diverged = f", {outcome.diverged} diverged" if outcome.diverged else ""
    failed = f", {len(outcome.failures)} jobs failed" if outcome.failures else ""
    told = f"{outcome.computed} computed now{diverged}{failed}"
    desk.teller.line(f"  {word}: {outcome.runs} runs ({told}), {len(outcome.records)} records")
    return outcome


def _publish(folder: Path, outcomes: list[Outcome], provenance: dict, failures: list[str], *, own: list[str]) -> None:
    """Stage records, catalogue and provenance and move them, the provenance last; ``own`` functions are marked."""
    from acts import listing

    whole = table.concat([outcome.records for outcome in outcomes])
    with moved(folder, last="provenance.json") as staging:
        table.write(whole, staging / "records.parquet", provenance=provenance)
        listing.table(own).to_csv(staging / "catalogue.csv", index=False)
        (staging / "provenance.json").write_text(json.dumps(provenance, indent=1, sort_keys=True) + "\n", "utf-8")
    if failures:
        (folder / FAILED).write_text("\n".join(failures) + "\n", "utf-8")
    else:
        (folder / FAILED).unlink(missing_ok=True)


# --- judge and render -------------------------------------------------------------------------------------------------


def judge(config: str, *, teller: Teller | None = None) -> int:
    """Judge the published records, write ledger.csv and sensitivity.csv; trains nothing and needs no torch.

    Raises ClaimError, one line, for a claim that names what nobody knows.
    """
    from acts import claims

    params = configuration.load(config)
    folder = writable(published(params))
    path = folder / "records.parquet"
    if not path.is_file():
        raise PublishError(f"reports/{params.name}/{path.name} is not there; first run: python -m acts run {config}")
    with held(params.name), moved(folder, last="ledger.csv") as staging:
        index = claims.Index(table.read(path))
        ledger = claims.ledger(index, config=params.name)
        sensitivity = claims.fragile(index)
        ledger.to_csv(staging / "ledger.csv", index=False)
        sensitivity.to_csv(staging / "sensitivity.csv", index=False)
    counts = ledger["verdict"].value_counts()
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    (teller or Teller()).line(f"  {told}; {int(sensitivity['fragile'].sum())} fragile")
    return 0


def render(config: str) -> int:
    """Execute the notebooks on the published records and write report.html, report.pdf and the index."""
    from acts.reports import book

    params = configuration.load(config, notebooks=notebooks())
    folder = writable(published(params))
    if not (folder / "ledger.csv").is_file():
        raise PublishError(f"reports/{params.name}/ledger.csv is not there; first run: python -m acts judge {config}")
    with held(params.name):
        book.render(params.name)
    return 0


def site() -> int:
    """Write reports/index.html, which puts the configurations that have a report side by side."""
    from acts.reports import book

    print(f"made: {book.index(configuration.root()).relative_to(configuration.root())}")
    return 0
