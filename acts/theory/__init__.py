"""Infinite-width predictions: Gaussian moments, length map and its slope, χ, edge of chaos, depth scale, inits."""

from acts.theory.inits import StableInit, stable_init
from acts.theory.maps import Moments, chi, length_map, length_map_slope, moments

__all__ = ["Moments", "StableInit", "chi", "length_map", "length_map_slope", "moments", "stable_init"]
