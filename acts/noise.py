"""Noise: random numbers of a run by their place, for dropout and random activations, whatever is drawn beside them.

A number is a hash of the run's key, the step, the place it is used at and its position there, so it depends neither on
the group that a run is trained in nor on the device. The positions of one place are a Weyl sequence whose start and
odd stride the key, the step and the place choose (Steele, Lea & Flood 2014, "Fast splittable pseudorandom number
generators"), and each is mixed by xors with its own shifts and two 32-bit products, whose constants C. Wellons found to
have the least bias ("Prospecting for hash functions", 2018).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import torch
from jaxtyping import Float, Int
from torch import Tensor

_WORD = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15  # 2^64 over the golden ratio, the stride of a sequence that fills its range evenly
_PRODUCTS = (0x7FEB352D, 0x846CA68B)
_SHIFTS = (16, 15, 16)


@dataclass(frozen=True)
class Noise:
    """Uniform random numbers for K runs at one step; a run's key (its seed) is all that tells it from another."""

    keys: Int[Tensor, " run"]
    step: int

    def uniform(
        self, place: int, shape: Sequence[int], *, dtype: torch.dtype = torch.float32
    ) -> Float[Tensor, "run ..."]:
        """Return numbers of 24 bits in [0, 1), of this shape for every run; each place of a step has its own."""
        start, stride = self._streams(place)
        position = torch.arange(prod(shape), dtype=torch.int32, device=self.keys.device)
        bits = _mixed32((stride[:, None] * position).add_(start[:, None]))
        return bits.bitwise_and_(0xFFFFFF).to(dtype).mul_(2.0**-24).view(len(self.keys), *shape)

    def _streams(self, place: int) -> tuple[Int[Tensor, " run"], Int[Tensor, " run"]]:
        """Return every run's start and odd stride at a place, as 32-bit words."""
        where = _mixed64(_mixed64(self.step & _WORD) + place & _WORD)
        words = _rows64(self.keys.long() * _signed(_GOLDEN, 64) + _signed(where, 64))
        return words.to(torch.int32), (words >> 32).to(torch.int32) | 1


def _mixed64(number: int) -> int:
    """Return a 64-bit number mixed by splitmix64's finishing steps."""
    number = number + _GOLDEN & _WORD
    number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9 & _WORD
    number = (number ^ number >> 27) * 0x94D049BB133111EB & _WORD
    return number ^ number >> 31


def _rows64(numbers: Int[Tensor, " run"]) -> Int[Tensor, " run"]:
    """Return 64-bit numbers mixed as one is by ``_mixed64``; integer tensors wrap, and their shifts keep the sign."""
    numbers = numbers + _signed(_GOLDEN, 64)
    for shift, product in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        numbers = (numbers ^ numbers >> shift & _WORD >> shift) * _signed(product, 64)
    return numbers ^ numbers >> 31 & _WORD >> 31


def _mixed32(words: Int[Tensor, "run position"]) -> Int[Tensor, "run position"]:
    """Return 32-bit words mixed in place."""
    for shift, product in zip(_SHIFTS, (*_PRODUCTS, None), strict=True):
        words.bitwise_xor_((words >> shift).bitwise_and_((1 << 32 - shift) - 1))
        if product is not None:
            words.mul_(_signed(product, 32))
    return words


def _signed(number: int, bits: int) -> int:
    """Return the two's complement number that a word of so many bits stands for."""
    return number - (1 << bits) if number >> bits - 1 else number
