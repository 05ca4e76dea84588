"""Makers of published sets: each returns inputs and targets read from files whose sha256 was checked.

Every maker is one function that calls no other of ours, so that its code is the whole definition of what it makes.
"""

import gzip
from pathlib import Path

import numpy as np


def pictures(paths: list[Path], *, pool: int) -> tuple[np.ndarray, np.ndarray]:
    """Return training then test pictures of four idx files, averaged over squares of ``pool`` × ``pool`` pixels."""
    parts = []
    for path, header in zip(paths, (16, 8, 16, 8), strict=True):
        with gzip.open(path) as file:
            parts.append(np.frombuffer(file.read(), dtype=np.uint8, offset=header))
    images = np.concatenate(parts[::2]).reshape(-1, 28 * 28)
    if pool > 1:
        squares = images.reshape(-1, 28 // pool, pool, 28 // pool, pool).sum(axis=(2, 4), dtype=np.uint16)
        images = ((squares + pool**2 // 2) // pool**2).astype(np.uint8).reshape(len(images), -1)
    return images, np.concatenate(parts[1::2])


def characters(paths: list[Path], *, alphabet: str, window: int) -> tuple[np.ndarray, np.ndarray]:
    """Return windows of a text file as character numbers, and the characters that follow; no two share a character."""
    number = {character: position for position, character in enumerate(alphabet)}
    tokens = np.array([number[character] for character in paths[0].read_text("utf-8")])
    windows = tokens[: len(tokens) // (window + 1) * (window + 1)].reshape(-1, window + 1)
    return windows[:, :-1], windows[:, 1:]


def colours(paths: list[Path]) -> tuple[np.ndarray, np.ndarray]:
    """Return 50,000 training then 10,000 test pictures, 3 × 32 × 32, of an archive of records: a label, 3,072 bytes."""
    import tarfile

    names = [*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"]
    with tarfile.open(paths[0]) as archive:
        members = [archive.extractfile(f"cifar-10-batches-bin/{name}") for name in names]
        parts = [np.frombuffer(member.read(), dtype=np.uint8).reshape(-1, 3073) for member in members if member]
    records = np.concatenate(parts)
    return records[:, 1:], records[:, 0]


def housing(paths: list[Path]) -> tuple[np.ndarray, np.ndarray]:
    """Return 8 measures of 20,640 Californian districts, rooms and people per household, and the median price.

    Columns: income, age, rooms, bedrooms and people per household, people, latitude, longitude; price in 100,000 $.
    """
    import tarfile

    with tarfile.open(paths[0]) as archive:
        member = archive.extractfile("CaliforniaHousing/cal_housing.data")
        assert member is not None, "the archive's sha256 was checked"
        table = np.loadtxt(member, delimiter=",")
    longitude, latitude, age, rooms, bedrooms, people, households, income, price = table.T
    ratios = (rooms / households, bedrooms / households)
    return np.stack([income, age, *ratios, people, people / households, latitude, longitude], axis=1), price[
        :, None
    ] / 1e5


def titled(paths: list[Path], *, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return all columns of a gzipped table but ``target``, and that: a class, numbered from 0, or a quantity."""
    import pandas

    frame = pandas.read_csv(paths[0], sep="\t", compression="gzip", dtype=np.float64)
    y = frame.pop("target").to_numpy()
    return frame.to_numpy(), np.unique(y, return_inverse=True)[1] if classes else y[:, None]


def untitled(paths: list[Path]) -> tuple[np.ndarray, np.ndarray]:
    """Return the columns of a gzipped table without titles, and its last one as the target.

    Inputs are moved by their medians, so that a large common part, as of dates, costs no digits in float32.
    """
    import pandas

    numbers = pandas.read_csv(paths[0], header=None, compression="gzip", dtype=np.float64).to_numpy()
    return numbers[:, :-1] - np.median(numbers[:, :-1], axis=0), numbers[:, -1:]
