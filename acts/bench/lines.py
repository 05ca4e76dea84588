"""Lines: the table that a bench's records make, one line a question with its median, its quartiles and its bar."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from acts import records

WORD = "bench"
PARTS = ("training", "engine", "store", "report")
HEADINGS = ("Measured", "Median", "Quartiles", "Bar", "Met")
QUARTILES = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Contest:
    """One network to be trained by both sides; ``bar`` is how many times as fast as the loop ours should be.

    ``ours`` is how many networks each of our processes trains (0: as many as learn together in one group), ``loops``
    how many the loop trains, one after the other; both for ``steps`` steps.
    """

    network: str
    said: str
    dataset: str
    batch: int
    bar: float
    steps: int
    loops: int
    ours: int = 0


CONTESTS = (
    Contest("mlp_8x32", "MLP 8×32", "digits", 64, 15.0, steps=100, loops=2),
    Contest("mlp_8x64", "MLP 8×64", "digits", 64, 9.0, steps=100, loops=2),
    Contest("mlp_8x128", "MLP 8×128", "digits", 128, 2.5, steps=60, loops=2),
    Contest("cnn_2x16", "CNN 2×16", "digits", 64, 1.5, steps=50, loops=4),
    Contest("transformer_2x32", "Transformer 2×32", "docstrings", 16, 1.1, steps=20, loops=2, ours=2),
)
AGAINST = {  # how the loop over modules was run: the threads of a process, and how many processes
    "default": "default threads",
    "one": "1 process × 1 thread",
    "two": "2 processes × 1 thread",
    "two_fused": "2 processes × 1 thread, fused optimiser",
}
SHAPES = {"jobs": "100 files of 1,000 records", "files": "100,000 files of one record"}
STAGES = {  # and whether what a stage takes is held to the bars
    "write": ("written", False),
    "first": ("opened for the first time", True),
    "open": ("opened again", True),
    "read": ("opened and read", False),
    "damaged": ("opened and read, 12 of the files read being damaged", False),
    "repair": ("what was damaged written again", False),
    "repaired": ("opened and read after the repair", False),
}


@dataclass(frozen=True)
class Unit:
    """How a metric is shown: what it is multiplied by, its unit, and whether less is better."""

    scale: float
    name: str
    less: bool


UNITS = {
    "loop_time_ratio": Unit(1, "×", less=False),
    "job_seconds": Unit(1e3, " ms", less=True),
    "stage_seconds": Unit(1, " s", less=True),
    "peak_bytes": Unit(1e-9, " GB", less=True),
    "report_seconds": Unit(1, " s", less=True),
}
JOB_BAR, OPEN_BAR, PEAK_BAR = 20e-3, 5.0, 1e9  # seconds a job, seconds to open, bytes while opened


@dataclass(frozen=True)
class Line:
    """One line of the table; ``low``, ``median`` and ``high`` are the quartiles, in the metric's own unit."""

    part: str
    said: str
    metric: str
    low: float
    median: float
    high: float
    repeats: int
    bar: float | None = None
    busy: bool = False

    @property
    def met(self) -> str:
        """Say whether the median meets the bar, yes or no; nothing where there is no bar.

        Other work on the machine makes everything slower, the loop with its many threads most of all: then a ratio
        says nothing, and a time that is too long says nothing either.
        """
        if self.bar is None:
            return ""
        less = UNITS[self.metric].less
        met = self.median <= self.bar if less else self.median >= self.bar
        undecided = self.busy and not (less and met)
        return "not decidable: busy" if undecided else "yes" if met else "no"

    @property
    def cells(self) -> tuple[str, ...]:
        """Return the line as the table shows it, a text a heading."""
        unit = UNITS[self.metric]
        sign = "≤" if unit.less else "≥"
        spread = f"{_shown(self.low, unit)} – {_shown(self.high, unit)}" if self.repeats > 1 else "measured once"
        bar = "" if self.bar is None else f"{sign} {_shown(self.bar, unit)}{unit.name}"
        return self.said, f"{_shown(self.median, unit)}{unit.name}", spread, bar, self.met


def _shown(value: float, unit: Unit) -> str:
    """Return a value in the unit's scale with three figures, without an exponent."""
    scaled = value * unit.scale
    return f"{scaled:.0f}" if abs(scaled) >= 100 else f"{scaled:.3g}"


def table(part: str, measured: pd.DataFrame, *, busy: bool = False) -> list[Line]:
    """Return the lines that one part's records make, in the order in which they are asked.

    ``busy`` says that the machine had other work meanwhile.
    """
    asked = {"training": _training, "engine": _engine, "store": _store, "report": _report}[part]
    return [replace(one, busy=busy) for one in asked(measured)]


def line(part: str, said: str, measured: pd.DataFrame, *, metric: str, bar: float | None = None) -> list[Line]:
    """Return the line of some repetitions of one metric, as a list that is empty where none was measured."""
    values = measured.loc[measured["metric"] == metric, "value"]
    if values.empty:
        return []
    low, median, high = (float(values.quantile(share)) for share in QUARTILES)
    return [Line(part, said, metric, low, median, high, len(values), bar)]


def arms(measured: pd.DataFrame, **wanted: str) -> pd.DataFrame:
    """Return the rows whose arm has these factors at these levels."""
    rows = [all(factors(arm).get(name) == level for name, level in wanted.items()) for arm in measured["arm"]]
    return measured[pd.Series(rows, index=measured.index, dtype=bool)]


def factors(arm: str) -> dict[str, str]:
    """Return the factors of an arm such as ``side=ours;repeat=0`` with their levels."""
    return dict(factor.split("=", 1) for factor in arm.split(";"))


def arm(**levels: object) -> str:
    """Return factors and levels as an arm is written."""
    return ";".join(f"{name}={level}" for name, level in levels.items())


def _training(measured: pd.DataFrame) -> list[Line]:
    """Return two lines a network: over the loop as a user writes it, and over the loop at its best setting."""
    found = []
    for contest in CONTESTS:
        own = records.where(measured, network=contest.network)
        said = f"{contest.said}, batch {contest.batch}: over the loop"
        default, best = arms(own, loop="default"), arms(own, loop="best")
        found += line("training", f"{said}, {AGAINST['default']}", default, metric="loop_time_ratio", bar=contest.bar)
        for setting in sorted({factors(one)["setting"] for one in best["arm"]}):
            found += line("training", f"{said} at its best, {AGAINST[setting]}", best, metric="loop_time_ratio")
    return found


def _engine(measured: pd.DataFrame) -> list[Line]:
    """Return a line for each place in which empty jobs were done."""
    places = {"serial": "in this process", "local": "in 2 worker processes"}
    return [
        one
        for place, said in places.items()
        for one in line(
            "engine", f"an empty job {said}", arms(measured, place=place), metric="job_seconds", bar=JOB_BAR
        )
    ]


def _store(measured: pd.DataFrame) -> list[Line]:
    """Return a line for each stage of each store."""
    found = []
    for shape, of in SHAPES.items():
        for stage, (said, barred) in STAGES.items():
            own, named = arms(measured, shape=shape, stage=stage), f"{of}: {said}"
            found += line("store", named, own, metric="stage_seconds", bar=OPEN_BAR if barred else None)
            if barred:
                found += line("store", f"{named}, peak memory", own, metric="peak_bytes", bar=PEAK_BAR)
    return found


def _report(measured: pd.DataFrame) -> list[Line]:
    """Return the line of a report that is up to date."""
    return line("report", "make report with nothing to do", measured, metric="report_seconds")


# --- the results on disk ----------------------------------------------------------------------------------------------


def folder(root: Path) -> Path:
    """Return where a review's bench stands."""
    return root / "reports" / WORD


def read(root: Path) -> dict[str, tuple[pd.DataFrame, dict[str, Any]]]:
    """Return records and provenance of every part that was measured, in the order of the parts."""
    paths = {part: folder(root) / f"{part}.parquet" for part in PARTS}
    return {part: (records.read(path), records.provenance(path)) for part, path in paths.items() if path.is_file()}
