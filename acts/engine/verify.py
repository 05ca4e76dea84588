"""Verify: every byte of the store read and checked; what is damaged set aside, what contradicts itself named."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from acts.engine import conflicts, keys
from acts.engine.conflicts import Told
from acts.engine.jobfile import Damaged, read
from acts.engine.store import Store

Tell = Callable[[str], None]
_AGAIN = "set aside into damaged/; the next run computes it again"


@dataclass
class Counts:
    """What was read and what was found."""

    files: int = 0
    runs: int = 0
    records: int = 0
    damaged: int = 0
    conflicts: int = 0

    @property
    def code(self) -> int:
        """Return 1 when something was found, else 0."""
        return 1 if self.damaged or self.conflicts else 0


def verify(folder: Path, tell: Tell = print) -> int:
    """Check every file of a store, say what is wrong in one line each, and set aside what is damaged.

    Returns 1 when something was found, else 0. A conflict is found each time until one of its two results is removed.
    Raises NotWritable where nothing could be set aside.
    """
    return examine(folder, tell).code


def examine(folder: Path, tell: Tell = print) -> Counts:
    """Do what ``verify`` does and return what was read and found."""
    if not folder.exists():
        tell("the store is empty: nothing to check")
        return Counts()
    store = Store(folder).open()
    store.check_index()
    for name, fault in store.set_aside:
        tell(f"damaged: {name}: {fault}; {_AGAIN}")
    for name, fault in store.dropped:
        tell(f"damaged: index/{name}: {fault}; removed, it is made again from the jobs")
    counts = Counts(damaged=len(store.set_aside) + len(store.dropped))
    _read_all(store, counts, tell)
    _look_for_conflicts(store, counts, tell)
    tell(_summary(counts))
    return counts


def _read_all(store: Store, counts: Counts, tell: Tell) -> None:
    """Read every job file to its end and set aside those that are not what was written."""
    for name in store.names():
        try:
            header, table = _checked(store, name)
        except Damaged as fault:
            tell(f"damaged: {name}.acts{_of(store, name)}: {fault}; {_AGAIN}")
            store.put_aside(store.path(name), str(fault))
            counts.damaged += 1
            continue
        except FileNotFoundError:  # a run that goes on beside us has just set it aside
            continue
        counts.files += 1
        counts.runs += len(header["keys"])
        counts.records += len(table)


def _checked(store: Store, name: str) -> Told:
    """Return a job file's content; raises Damaged where it does not hold what its name and header say."""
    header, table = read(store.path(name))
    if len(name) == 40 and keys.together(header["keys"]) != name:
        raise Damaged("it holds another job than its name says")
    runs = table["run"].to_numpy()
    if len(runs) and not 0 <= runs.min() <= runs.max() < len(header["keys"]):
        raise Damaged("it holds rows of a run that its header does not name")
    return header, table


def _of(store: Store, name: str) -> str:
    """Return how many runs a job has, for a message."""
    return f" ({_many(len(store.keys_of(name)), 'run')})"


# --- conflicts --------------------------------------------------------------------------------------------------------


def _look_for_conflicts(store: Store, counts: Counts, tell: Tell) -> None:
    """Name the runs that have two results, in two job files or in one and a second that was kept apart."""
    for one, other in _pairs(store):
        try:
            found = list(conflicts.differences(read(one), read(other)))
        except Damaged as fault:
            tell(f"damaged: {other.name}: {fault}; set aside into damaged/")
            store.put_aside(other, str(fault))
            counts.damaged += 1
            continue
        if found:
            counts.conflicts += 1
            tell(_conflict(store, one, other, found))


def _pairs(store: Store) -> Iterator[tuple[Path, Path]]:
    """Yield pairs of files that hold results of the same runs, the one that counts first."""
    doubled = {(store.places[key].job, name) for name in store.names() for key in store.keys_of(name)}
    for counted, name in sorted(doubled):
        if counted != name:
            yield store.path(counted), store.path(name)
    for path in sorted((store.folder / "conflicts").glob("*.acts")):
        first = store.path(path.name.partition(".")[0])
        if first.exists():
            yield first, path


def _conflict(store: Store, one: Path, other: Path, found: list[conflicts.Difference]) -> str:
    """Return one conflict in one line."""
    header, _ = read(one)
    who = ", ".join(str(header[name]) for name in ("experiment", "activation") if name in header)
    paths = [str(path.relative_to(store.folder)) for path in (one, other)]
    return (
        f"conflict: {who or one.stem}: {len(found)} of {len(header['keys'])} runs have two results"
        f" ({found[0].first}); {paths[0]} counts, {paths[1]} does not: remove the wrong one, or both to measure again"
    )


def _summary(counts: Counts) -> str:
    """Return what was checked and found in one line."""
    read = [_many(number, what) for number, what in ((counts.runs, "run"), (counts.records, "record"))]
    found = [f"{counts.damaged} damaged"] if counts.damaged else []
    found += [_many(counts.conflicts, "conflict")] if counts.conflicts else []
    verb = "is" if counts.files == 1 else "are"
    whole = f"{_many(counts.files, 'file')} with {' and '.join(read)} {verb} whole"
    return f"{whole}; {' and '.join(found) if found else 'nothing was found'}"


def _many(number: int, what: str) -> str:
    """Return a number of things in words."""
    return f"{number} {what}{'' if number == 1 else 's'}"
