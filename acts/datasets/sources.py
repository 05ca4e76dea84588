"""Sources: the table of sets, with what is known of each before it is loaded."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase
from typing import Any, NamedTuple

import numpy as np

from acts import nearest
from acts.datasets import makers, makers_packaged, makers_published


class DatasetError(ValueError):
    """A set that is unknown, absent, damaged or not what it should be; the message is one line."""


class File(NamedTuple):
    """A published file: its name in the set's folder, its sha256 and where its publisher keeps it."""

    name: str
    sha256: str
    address: str


@dataclass(frozen=True)
class Source:
    """What is known of a set before it is loaded: shapes, how to make it, and where its bytes must come from.

    ``shape`` is one input's: columns, a picture (channel, row, column), a signal (position, 1) or a text (position,).
    ``outputs`` counts the classes, targets or characters, ``rows`` all rows, ``held_out`` the last ones that are the
    published test set. ``columns`` says that inputs are standardised column by column, as unlike quantities are, and
    not as one picture with a single mean and scale. ``content`` is the sha256 of what a packaged set must hold.
    """

    label: str
    shape: tuple[int, ...]
    outputs: int
    make: Callable[..., tuple[np.ndarray, np.ndarray]]
    settings: tuple[tuple[str, Any], ...] = ()
    task: str = "classification"
    columns: bool = False
    rows: int = 0
    held_out: int = 0
    content: str = ""
    folder: str = ""
    files: tuple[File, ...] = ()

    @property
    def inputs(self) -> int:
        """The numbers, or tokens, in one input."""
        return math.prod(self.shape)

    @property
    def classes(self) -> int:
        """The number of classes; a set of another task has none."""
        if self.task != "classification":
            raise DatasetError(f"{self.label} has no classes: its task is {self.task}")
        return self.outputs


def _lines(name: str) -> list[list[str]]:
    """Return the words of every line of a text file beside this one, comments left out."""
    lines = Path(__file__).with_name(name).read_text("utf-8").splitlines()
    return [line.split() for line in lines if not line.startswith("#")]


@cache
def _registry() -> dict[str, File]:
    """Return every published file by its path under ACTS_DATA."""
    return {
        path: File(path.rpartition("/")[2], sha256.removeprefix("sha256:"), address)
        for path, sha256, address in _lines("registry.txt")
    }


def _published(label: str, *paths: str, **known: Any) -> Source:
    """Return a set that is read from files of one folder."""
    return Source(label, folder=paths[0].rpartition("/")[0], files=tuple(_registry()[path] for path in paths), **known)


def _pictures(label: str, folder: str, *, pool: int = 1) -> Source:
    """Return one of the two sets in the idx format, at full size or averaged over squares of pixels."""
    parts = [f"{part}-{what}" for part in ("train", "t10k") for what in ("images-idx3", "labels-idx1")]
    return _published(
        label,
        *(f"{folder}/raw/{part}-ubyte.gz" for part in parts),
        shape=(1, 28 // pool, 28 // pool),
        outputs=10,
        make=makers_published.pictures,
        settings=(("pool", pool),),
        rows=70_000,
        held_out=10_000,
    )


def _tables() -> dict[str, Source]:
    """Return PMLB's and UCI's tables, each under its archive's word and its own name in small letters."""
    found = {}
    for path, rows, inputs, classes in _lines("tables.txt"):
        archive, _, name = path.partition("/")
        pmlb = archive == "pmlb"
        found[f"{archive.partition('_')[0]}_{name.lower()}"] = _published(
            f"{name} ({'PMLB' if pmlb else 'UCI'})",
            f"{path}/{name}.tsv.gz" if pmlb else f"{path}/data.csv.gz",
            shape=(int(inputs),),
            outputs=int(classes) or 1,
            make=makers_published.titled if pmlb else makers_published.untitled,
            settings=(("classes", int(classes)),) if pmlb else (),
            task="classification" if int(classes) else "regression",
            columns=True,
            rows=int(rows),
        )
    return found


_XOR = (("rows", 4000), ("noise", 0.5), ("seed", 0))
_SPIRALS = (("rows", 4000), ("turns", 1.25), ("noise", 0.03), ("seed", 0))
_MOONS = (("rows", 4000), ("noise", 0.2), ("seed", 0))
_CIRCLES = (("rows", 4000), ("inner", 0.5), ("noise", 0.15), ("seed", 0))
_QUANTILES = (("rows", 4000), ("inputs", 4), ("classes", 3), ("seed", 0))
_SIGNS = (("rows", 4000), ("inputs", 4), ("seed", 0))
_HASTIE = (("rows", 4000), ("inputs", 10), ("seed", 0))
_TEACHER = (("rows", 6000), ("inputs", 16), ("classes", 4), ("waves", 16), ("seed", 0))
_WAVES = (("rows", 2000), ("tones", 8), ("noise", 0.1), ("seed", 0))
_ROUGH = (("rows", 4000), ("octaves", 8), ("noise", 0.1), ("seed", 0))
# The ten patterns of Greydanus, arXiv:2011.14439, as its authors published them.
_PATTERNS = (
    (5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5),
    (5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5),
    (5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5),
    (5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5),
    (5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5),
    (5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5),
    (5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5),
    (5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5),
    (5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5),
    (5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5),
)
_MNIST1D = (("templates", _PATTERNS), ("rows", 5000), ("test", 10_000), ("length", 40), ("seed", 0))
_DOCSTRINGS = (
    ("folders", ("cluster", "decomposition", "gaussian_process", "manifold", "mixture", "neighbors", "svm", "tree")),
    ("alphabet", "\n" + "".join(map(chr, range(32, 127))).replace("@", "")),  # the 95 characters that occur
    ("window", 64),
)

# What the packaged sets hold, as float32 or integers, inputs before targets.
_CONTENT = {
    "digits": "65e5b4619795efb40c1082f4c350c049e4ad552200d369b6ae99e21eef5e72c5",
    "breast_cancer": "f86286b06e0eb4fbbb699d6ba5df7f1432e65642369ae111d0e47b47d02338bc",
    "wine": "300d849b9eb766c3058bcebb4f806f42766e213cbcd8402c411d3d592747e011",
    "iris": "879b81724528964779983358162a724401de00141f8cb9c922d27f908396b8c7",
    "diabetes": "70a45af6bc04fb77f713e6aca86019c4707501ef0cbd17c743d74f7a9ca8bf11",
    "docstrings": "593c3de7d40e9258d0ad781f457b0ac7fa79edd73d7e5e6c6d7a5dbb75d21e1e",
}
# The 65 characters of the text.
_SHAKESPEARE = (("alphabet", "\n !$&',-.3:;?" + ascii_uppercase + ascii_lowercase), ("window", 64))


def _made() -> dict[str, Source]:
    """Return the sets that are generated from a seed."""
    curve: dict[str, Any] = {"task": "regression", "columns": True}
    return {
        "xor": Source("XOR", (2,), 2, makers.xor, _XOR, columns=True, rows=4000),
        "spirals": Source("two spirals", (2,), 2, makers.spirals, _SPIRALS, columns=True, rows=4000),
        "moons": Source("two moons", (2,), 2, makers.moons, _MOONS, columns=True, rows=4000),
        "circles": Source("two rings", (2,), 2, makers.circles, _CIRCLES, columns=True, rows=4000),
        "quantiles": Source("Gaussian shells", (4,), 3, makers.quantiles, _QUANTILES, columns=True, rows=4000),
        "signs": Source("sign patterns", (4,), 16, makers.signs, _SIGNS, columns=True, rows=4000),
        "hastie": Source("Hastie's ten Gaussians", (10,), 2, makers.hastie, _HASTIE, columns=True, rows=4000),
        "teacher": Source("cosine teacher", (16,), 4, makers.teacher, _TEACHER, columns=True, rows=6000),
        "waves": Source("smooth curve", (1,), 1, makers.waves, _WAVES, rows=2000, **curve),
        "rough": Source("rough curve", (1,), 1, makers.rough, _ROUGH, rows=4000, **curve),
        "mnist1d": Source("MNIST-1D", (40, 1), 10, makers.mnist1d, _MNIST1D, rows=15_000, held_out=10_000),
    }


def _packaged() -> dict[str, Source]:
    """Return the sets that come with scikit-learn, each with the sha256 of what it holds."""
    make = makers_packaged
    known = {
        "digits": Source("digits", (1, 8, 8), 10, make.digits, rows=1797),
        "breast_cancer": Source("breast cancer", (30,), 2, make.breast_cancer, columns=True, rows=569),
        "wine": Source("wine", (13,), 3, make.wine, columns=True, rows=178),
        "iris": Source("irises", (4,), 3, make.iris, columns=True, rows=150),
        "diabetes": Source("diabetes", (10,), 1, make.diabetes, task="regression", columns=True, rows=442),
        "docstrings": Source(
            "scikit-learn's docstrings", (64,), 95, make.docstrings, _DOCSTRINGS, task="text", rows=6475
        ),
    }
    return {name: replace(found, content=_CONTENT[name]) for name, found in known.items()}


def _named() -> dict[str, Source]:
    """Return the published sets that have a name of their own."""
    made = makers_published
    archive, housing = "CIFAR10/cifar-10-binary.tar.gz", "CaliforniaHousing/cal_housing.tgz"
    return {
        "fashion_mnist": _pictures("Fashion-MNIST", "FashionMNIST"),
        "fashion_mnist_14": _pictures("Fashion-MNIST at 14 × 14", "FashionMNIST", pool=2),
        "mnist": _pictures("MNIST", "MNIST"),
        "mnist_14": _pictures("MNIST at 14 × 14", "MNIST", pool=2),
        "cifar10": _published(
            "CIFAR-10", archive, shape=(3, 32, 32), outputs=10, make=made.colours, rows=60_000, held_out=10_000
        ),
        "california_housing": _published(
            "California housing",
            housing,
            shape=(8,),
            outputs=1,
            make=made.housing,
            task="regression",
            columns=True,
            rows=20_640,
        ),
        "tinyshakespeare": _published(
            "Tiny Shakespeare",
            "tinyshakespeare/input.txt",
            shape=(64,),
            outputs=65,
            make=made.characters,
            settings=_SHAKESPEARE,
            task="text",
            rows=17_159,
        ),
    }


@cache
def sources() -> dict[str, Source]:
    """Return all sets by name, read once a process."""
    return _made() | _packaged() | _named() | _tables()


def names() -> list[str]:
    """Return the names of all sets, here or not."""
    return list(sources())


def source(name: str) -> Source:
    """Return what is known of a set without loading it; an unknown name is a DatasetError that says what is near."""
    known = sources()
    if name not in known:
        raise DatasetError(nearest.unknown("data set", name, known))
    return known[name]
