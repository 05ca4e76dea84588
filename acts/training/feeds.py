"""Feeds: batches for many networks from one pool of rows, each network in its own order and standardised its way."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

_ORDER = 13  # names the random stream of batch orders


def order(seed: int, rows: np.ndarray, *, length: int) -> np.ndarray:
    """Return ``length`` row numbers: one random permutation of the rows after the other, from the seed alone."""
    generator = np.random.default_rng([seed, _ORDER])
    epochs = -(-length // len(rows))
    return np.concatenate([generator.permutation(rows) for _ in range(epochs)])[:length]


@dataclass(frozen=True)
class Standard:
    """What a sequence's numbers are standardised by: (number - centre) / scale, each (sequence, 1, 1 or column)."""

    centre: Float[Tensor, "sequence 1 column"]
    scale: Float[Tensor, "sequence 1 column"]

    def __call__(self, numbers: Tensor) -> Tensor:
        """Return numbers (sequence, row, column) standardised, as floats."""
        return numbers.to(self.centre.dtype).sub_(self.centre).div_(self.scale)

    @classmethod
    def of(
        cls, centre: Sequence[np.ndarray], scale: Sequence[np.ndarray], *, dtype: torch.dtype, device: str
    ) -> "Standard":
        """Return the standard of sequences that have a number, or one number a column, each."""
        shifts = [np.stack([np.reshape(one, (1, -1)) for one in each]) for each in (centre, scale)]
        return cls(*(torch.from_numpy(shift).to(device=device, dtype=dtype) for shift in shifts))


@dataclass(frozen=True)
class Feed:
    """Batches for K networks from one pool of rows.

    ``rows[s]`` are the row numbers that sequence s visits, ``of[k]`` is network k's sequence: networks of one seed
    share theirs, so a batch is gathered once a seed. ``inputs`` standardises x, None for tokens. ``y`` holds class
    numbers, tokens, or numbers that ``targets`` standardises; without y a network's own inputs are its targets.
    ``instead`` are targets by position, in place of those of y; ``noise`` is added to standardised inputs, by position.
    """

    x: Tensor
    y: Tensor | None
    rows: Int[Tensor, "sequence position"]
    of: Int[Tensor, " run"]
    inputs: Standard | None = None
    targets: Standard | None = None
    instead: Int[Tensor, "sequence position"] | None = None
    noise: Float[Tensor, "sequence position input"] | None = None

    def __len__(self) -> int:
        return self.rows.shape[1]

    def batch(self, start: int, stop: int) -> tuple[Tensor, Tensor]:
        """Return inputs (run, batch, input) and targets (run, batch, ...) of the positions from start to stop."""
        rows = self.rows[:, start:stop]
        x = _standardised(self.x[rows], self.inputs)
        if self.noise is not None:
            x = x + self.noise[:, start:stop]
        x = x[self.of]
        if self.instead is not None:
            return x, self.instead[:, start:stop][self.of]
        return x, x if self.y is None else _standardised(self.y[rows], self.targets)[self.of]

    @classmethod
    def of_arrays(
        cls,
        x: np.ndarray,
        y: np.ndarray | None,
        *,
        rows: Sequence[np.ndarray],
        of: Sequence[int],
        inputs: tuple[Sequence[np.ndarray], Sequence[np.ndarray]] | None = None,
        targets: tuple[Sequence[np.ndarray], Sequence[np.ndarray]] | None = None,
        dtype: torch.dtype = torch.float32,
        device: str = "cpu",
    ) -> "Feed":
        """Return a feed of arrays; rows, and (centres, scales) of inputs and targets, have one entry a sequence."""
        return cls(
            torch.from_numpy(x).to(device),
            None if y is None else torch.from_numpy(y).to(device),
            torch.from_numpy(np.stack(rows)).to(device),
            torch.tensor(of, device=device),
            inputs=Standard.of(*inputs, dtype=dtype, device=device) if inputs else None,
            targets=Standard.of(*targets, dtype=dtype, device=device) if targets else None,
        )

    def pick(self, runs: Tensor) -> "Feed":
        """Return the feed of some of the networks."""
        return replace(self, of=self.of[runs])


def _standardised(numbers: Tensor, standard: Standard | None) -> Tensor:
    return numbers if standard is None else standard(numbers)
