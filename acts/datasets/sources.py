"""Sources: the table of sets, with what is known of each before it is loaded."""

import difflib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

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
    ``outputs`` counts the classes, targets or characters. ``held_out`` counts the last rows that are the published
    test set; ``columns`` says that inputs are standardised column by column, as unlike quantities are, and not as one
    picture with a single mean and scale. ``content`` is the sha256 of what a packaged set must hold.
    """

    label: str
    shape: tuple[int, ...]
    outputs: int
    make: Callable[..., tuple[np.ndarray, np.ndarray]]
    settings: tuple[tuple[str, Any], ...] = ()
    task: str = "classification"
    columns: bool = False
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


_IDX = tuple(f"{part}-{what}-ubyte.gz" for part in ("train", "t10k") for what in ("images-idx3", "labels-idx1"))
_MNIST_SHA256 = (
    "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
)
_FASHION_SHA256 = (
    "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
)
_MNIST_AT = "https://storage.googleapis.com/cvdf-datasets/mnist/"
_FASHION_AT = (
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/b2617bb6d3ffa2e429640350f613e3291e10b141/"
    "data/fashion/"
)


def _pictures(label: str, folder: str, sha256: tuple[str, ...], publisher: str, *, pool: int = 1) -> Source:
    """Return one of the two sets in the idx format, at full size or averaged over squares of pixels."""
    return Source(
        label,
        shape=(1, 28 // pool, 28 // pool),
        outputs=10,
        make=makers_published.pictures,
        settings=(("pool", pool),),
        held_out=10_000,
        folder=f"{folder}/raw",
        files=tuple(File(name, sha, publisher + name) for name, sha in zip(_IDX, sha256, strict=True)),
    )


_XOR = (("rows", 4000), ("noise", 0.5), ("seed", 0))
_SPIRALS = (("rows", 4000), ("turns", 1.25), ("noise", 0.03), ("seed", 0))
_MOONS = (("rows", 4000), ("noise", 0.2), ("seed", 0))
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
    ("alphabet", "\n" + "".join(map(chr, range(32, 127)))),
    ("window", 64),
)

SOURCES: dict[str, Source] = {
    "xor": Source("XOR", (2,), 2, makers.xor, _XOR, columns=True),
    "spirals": Source("two spirals", (2,), 2, makers.spirals, _SPIRALS, columns=True),
    "moons": Source("two moons", (2,), 2, makers.moons, _MOONS, columns=True),
    "teacher": Source("cosine teacher", (16,), 4, makers.teacher, _TEACHER, columns=True),
    "waves": Source("smooth curve", (1,), 1, makers.waves, _WAVES, task="regression", columns=True),
    "rough": Source("rough curve", (1,), 1, makers.rough, _ROUGH, task="regression", columns=True),
    "mnist1d": Source("MNIST-1D", (40, 1), 10, makers.mnist1d, _MNIST1D, held_out=10_000),
    "digits": Source("digits", (1, 8, 8), 10, makers_packaged.digits),
    "breast_cancer": Source("breast cancer", (30,), 2, makers_packaged.breast_cancer, columns=True),
    "wine": Source("wine", (13,), 3, makers_packaged.wine, columns=True),
    "diabetes": Source("diabetes", (10,), 1, makers_packaged.diabetes, task="regression", columns=True),
    "docstrings": Source("scikit-learn's docstrings", (64,), 96, makers_packaged.docstrings, _DOCSTRINGS, task="text"),
    "fashion_mnist": _pictures("Fashion-MNIST", "FashionMNIST", _FASHION_SHA256, _FASHION_AT),
    "fashion_mnist_14": _pictures("Fashion-MNIST at 14 × 14", "FashionMNIST", _FASHION_SHA256, _FASHION_AT, pool=2),
    "mnist": _pictures("MNIST", "MNIST", _MNIST_SHA256, _MNIST_AT),
    "mnist_14": _pictures("MNIST at 14 × 14", "MNIST", _MNIST_SHA256, _MNIST_AT, pool=2),
}


def names() -> list[str]:
    """Return the names of all sets, here or not."""
    return list(SOURCES)


def source(name: str) -> Source:
    """Return what is known of a set without loading it; an unknown name is a DatasetError that says what is near."""
    if name not in SOURCES:
        near = difflib.get_close_matches(name, SOURCES, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise DatasetError(f"unknown dataset {name!r}{hint} ({', '.join(SOURCES)})")
    return SOURCES[name]
