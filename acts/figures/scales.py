"""Scales: log axes written in plain numbers, as many as there is room for."""

from math import floor, log10

from matplotlib.axis import Axis
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullFormatter, NullLocator

# limits so close that even steps look even, and how many round numbers are too few there
_NARROW, _FEWEST = 2.2, 3
_LEVELS: tuple[tuple[float, ...], ...] = (
    (1,),
    (1, 3),
    (1, 2, 5),
    (1, 1.5, 2, 3, 5, 7),
    (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8),
    (1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5, 9, 9.5),
)


def plain(axis: Axis, low: float, high: float, *, count: int = 5) -> None:
    """Write a log axis from low to high in plain numbers, at most ``count`` of them, evenly dense."""
    axis.set_major_locator(FixedLocator(ticks(low, high, count=count)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())


def ticks(low: float, high: float, *, count: int = 5) -> list[float]:
    """Return round numbers in [low, high] for a log axis: the finest of a few patterns with at most ``count`` ticks."""
    best: list[float] = []
    for digits in _LEVELS:
        powers = range(floor(log10(low)) - 1, floor(log10(high)) + 2)
        inside = [digit * 10.0**power for power in powers for digit in digits if low <= digit * 10.0**power <= high]
        if len(inside) > count and best:
            break
        best = inside if len(inside) <= count else inside[:: -(-len(inside) // count)]
    few = len(best) < 2 or (len(best) < _FEWEST and high < _NARROW * low)
    return _even(low, high, count) if few and count > 1 else best


def _even(low: float, high: float, count: int) -> list[float]:
    """Return evenly spaced round numbers, for limits too close together for the patterns."""
    best: list[float] = []
    for bins in range(count - 1, count + 3):
        values = MaxNLocator(bins, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
        found = [float(tick) for tick in values if low <= tick <= high]
        best = found if len(best) < len(found) <= count else best
    return best
