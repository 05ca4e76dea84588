"""Makers of generated sets: each returns inputs and targets drawn from a seed.

Every maker is one function that calls no other of ours, so that its code is the whole definition of what it makes.
"""

import numpy as np


def xor(*, rows: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return points scattered about the corners (±1, ±1), and whether the corner's signs differ."""
    generator = np.random.default_rng(seed)
    corner = np.arange(rows) % 4
    signs = np.stack([1 - 2 * (corner % 2), 1 - 2 * (corner // 2)], axis=1)
    return signs + noise * generator.standard_normal((rows, 2)), (signs[:, 0] != signs[:, 1]).astype(np.int64)


def spirals(*, rows: int, turns: float, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return points of two interleaved spiral arms in the plane, equally dense along the radius, and their arm."""
    generator = np.random.default_rng(seed)
    arm = np.arange(rows) % 2
    radius = np.sqrt(generator.uniform(0.02, 1.0, rows))
    angle = 2 * np.pi * turns * radius + np.pi * arm
    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return x + noise * generator.standard_normal((rows, 2)), arm


def moons(*, rows: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return points of two half circles of radius 1, each reaching to the other's centre, and their half circle."""
    generator = np.random.default_rng(seed)
    moon = np.arange(rows) % 2
    angle = generator.uniform(0, np.pi, rows) + np.pi * moon
    centre = np.stack([moon - 0.5, 0.5 * moon - 0.25], axis=1)
    x = centre + np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return x + noise * generator.standard_normal((rows, 2)), moon


def circles(*, rows: int, inner: float, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return points of two rings about the origin, of radius 1 and ``inner``, and whether each is of the inner one."""
    generator = np.random.default_rng(seed)
    ring = np.arange(rows) % 2
    angle = generator.uniform(0, 2 * np.pi, rows)
    radius = np.where(ring == 1, inner, 1.0)
    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return x + noise * generator.standard_normal((rows, 2)), ring


def quantiles(*, rows: int, inputs: int, classes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return Gaussian points and the shell about the origin that each lies in, all shells equally full."""
    x = np.random.default_rng(seed).standard_normal((rows, inputs))
    return x, (x**2).sum(axis=1).argsort().argsort() * classes // rows


def signs(*, rows: int, inputs: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return Gaussian points and the number of each one's pattern of signs, of which the first input's counts 1."""
    x = np.random.default_rng(seed).standard_normal((rows, inputs))
    return x, (x > 0) @ 2 ** np.arange(inputs)


def hastie(*, rows: int, inputs: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return Gaussian points and whether their squared length exceeds its median.

    Source: Hastie, Tibshirani and Friedman, The elements of statistical learning, 2009, equation 10.2.
    """
    from scipy.stats import chi2

    x = np.random.default_rng(seed).standard_normal((rows, inputs))
    return x, ((x**2).sum(axis=1) > chi2.ppf(0.5, inputs)).astype(np.int64)


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


def waves(*, rows: int, tones: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers in [−1, 1] and a sum of ``tones`` sines, of 0.5, 1, 1.5 … periods, with noise; analytic."""
    generator = np.random.default_rng(seed)
    frequencies, phases = 0.5 * np.arange(1, tones + 1), generator.uniform(0, 2 * np.pi, tones)
    x = generator.uniform(-1, 1, (rows, 1))
    y = np.sin(np.pi * frequencies * x + phases).sum(axis=1, keepdims=True)
    return x, y + noise * generator.standard_normal((rows, 1))


def rough(*, rows: int, octaves: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers in [−1, 1] and a Weierstrass sum of cosines with noise: every octave has half the power.

    With all octaves the function would be Hölder continuous of order ½ and differentiable nowhere.
    """
    generator = np.random.default_rng(seed)
    frequencies, phases = 2.0 ** np.arange(octaves), generator.uniform(0, 2 * np.pi, octaves)
    x = generator.uniform(-1, 1, (rows, 1))
    y = (np.cos(np.pi * frequencies * x + phases) / np.sqrt(frequencies)).sum(axis=1, keepdims=True)
    return x, y + noise * generator.standard_normal((rows, 1))


def mnist1d(
    *, templates: tuple[tuple[float, ...], ...], rows: int, test: int, length: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return short signals that each hide one of ten patterns, and the pattern's number; ``test`` rows come last.

    A pattern is stretched, scaled, moved along a line of 72 points, set in smooth noise, tilted and sampled at
    ``length`` points, with the published constants. Source: Greydanus, Scaling down deep learning, arXiv:2011.14439.
    """
    from scipy.ndimage import gaussian_filter1d

    generator, points = np.random.default_rng(seed), 72
    total, line = rows + test, np.arange(points)
    label = np.concatenate([generator.permutation(np.arange(part) % len(templates)) for part in (rows, test)])
    shapes = np.array(templates)
    shapes = (shapes - shapes.mean(axis=1, keepdims=True)) / shapes.std(axis=1, keepdims=True) / 6
    shapes = np.pad(shapes - shapes[:, :1], ((0, 0), (0, points + 1 - shapes.shape[1])))
    end = shapes.shape[1] - 1 - generator.integers(1, 26, (total, 1))  # 36 to 60 empty points follow the pattern's 12
    moved = (line - generator.integers(0, 48, (total, 1))) % points
    place = moved * end / (points - 1)
    left = place.astype(np.int64)
    before, after = shapes[label[:, None], left], shapes[label[:, None], left + 1]
    signal = (before + (place - left) * (after - before)) * generator.uniform(0.8, 1.2, (total, 1))
    smooth = gaussian_filter1d(0.25 * generator.standard_normal((total, points)), 2, axis=1)
    signal = np.where(place < len(templates[0]), signal, smooth) + 0.02 * generator.standard_normal((total, points))
    signal -= generator.uniform(-0.375, 0.375, (total, 1)) * np.linspace(-0.5, 0.5, points)
    at = np.linspace(0, points - 1, length)
    left = np.minimum(at.astype(np.int64), points - 2)
    return signal[:, left] + (at - left) * (signal[:, left + 1] - signal[:, left]), label
