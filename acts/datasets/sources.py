"""Sources: the table of sets, with what is known of each before it is loaded."""

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from acts.datasets.makers import digits, pictures, spirals, teacher


@dataclass(frozen=True)
class Source:
    """What is known of a set before it is loaded: shapes, how to make it, and where its bytes must come from.

    ``held_out`` counts the last rows that are the published test set; ``columns`` says that inputs are standardised
    column by column, as unlike quantities are, and not as one picture with a single mean and scale.
    """

    label: str
    inputs: int
    classes: int
    make: Callable[..., tuple[np.ndarray, np.ndarray]]
    settings: tuple[tuple[str, Any], ...] = ()
    folder: str = ""
    files: tuple[tuple[str, str], ...] = ()
    publisher: str = ""
    held_out: int = 0
    columns: bool = False


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
_FASHION_AT = "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/b2617bb6d3ffa2e429640350f613e3291e10b141/data/fashion/"


def _published(label: str, folder: str, sha256: tuple[str, ...], publisher: str, *, pool: int = 1) -> Source:
    return Source(
        label,
        inputs=(28 // pool) ** 2,
        classes=10,
        make=pictures,
        settings=(("pool", pool),),
        folder=f"{folder}/raw",
        files=tuple(zip(_IDX, sha256, strict=True)),
        publisher=publisher,
        held_out=10_000,
    )


_SPIRALS = (("rows", 4000), ("turns", 1.25), ("noise", 0.03), ("seed", 0))
_TEACHER = (("rows", 6000), ("inputs", 16), ("classes", 4), ("waves", 16), ("seed", 0))

SOURCES: dict[str, Source] = {
    "digits": Source("digits", 64, 10, digits),
    "spirals": Source("two spirals", 2, 2, spirals, _SPIRALS, columns=True),
    "teacher": Source("cosine teacher", 16, 4, teacher, _TEACHER, columns=True),
    "fashion_mnist": _published("Fashion-MNIST", "FashionMNIST", _FASHION_SHA256, _FASHION_AT),
    "fashion_mnist_14": _published("Fashion-MNIST at 14 × 14", "FashionMNIST", _FASHION_SHA256, _FASHION_AT, pool=2),
    "mnist": _published("MNIST", "MNIST", _MNIST_SHA256, _MNIST_AT),
    "mnist_14": _published("MNIST at 14 × 14", "MNIST", _MNIST_SHA256, _MNIST_AT, pool=2),
}


def names() -> list[str]:
    """Return the names of all sets, here or not."""
    return list(SOURCES)


def source(name: str) -> Source:
    """Return what is known of a set without loading it; an unknown name is a ValueError that says what is near."""
    if name not in SOURCES:
        near = difflib.get_close_matches(name, SOURCES, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"unknown dataset {name!r}{hint} ({', '.join(SOURCES)})")
    return SOURCES[name]
