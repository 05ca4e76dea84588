"""Makers: each returns inputs and class numbers of one set, generated from a seed or read from files.

Every maker is one function that calls no other of ours, so that its code is the whole definition of what it makes.
"""

import gzip
from pathlib import Path

import numpy as np


def spirals(*, rows: int, turns: float, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return points of two interleaved spiral arms in the plane, equally dense along the radius, and their arm."""
    generator = np.random.default_rng(seed)
    arm = np.arange(rows) % 2
    radius = np.sqrt(generator.uniform(0.02, 1.0, rows))
    angle = 2 * np.pi * turns * radius + np.pi * arm
    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return x + noise * generator.standard_normal((rows, 2)), arm


def teacher(*, rows: int, inputs: int, classes: int, waves: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return Gaussian points and the largest output of a fixed random network of cosines.

    The cosine is no function under review, so the teacher is nobody's relative.
    """
    generator = np.random.default_rng(seed)
    x = generator.standard_normal((rows, inputs))
    directions = generator.standard_normal((inputs, waves)) / np.sqrt(inputs)
    phases = generator.uniform(0, 2 * np.pi, waves)
    scores = np.cos(x @ directions + phases) @ generator.standard_normal((waves, classes))
    return x, ((scores - scores.mean(axis=0)) / scores.std(axis=0)).argmax(axis=1)


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Return scikit-learn's 1,797 handwritten digits of 8 × 8 pixels, 0 to 16."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return bunch.data.astype(np.uint8), bunch.target


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
