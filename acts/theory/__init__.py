"""Infinite-width predictions: Gaussian moments, length map and its slope, χ, edge of chaos, depth scale, inits."""

from acts.theory.depths import DepthScale, depth_scale, fixed_point
from acts.theory.edges import CriticalInit, EdgeOfChaos, critical_init, edge_of_chaos
from acts.theory.inits import RULES, Init, Scales, StableInit, init, stable_init
from acts.theory.maps import Moments, chi, length_map, length_map_slope, moments, nodes
from acts.theory.signals import Signal, signal

__all__ = [
    "RULES",
    "CriticalInit",
    "DepthScale",
    "EdgeOfChaos",
    "Init",
    "Moments",
    "Scales",
    "Signal",
    "StableInit",
    "chi",
    "critical_init",
    "depth_scale",
    "edge_of_chaos",
    "fixed_point",
    "init",
    "length_map",
    "length_map_slope",
    "moments",
    "nodes",
    "signal",
    "stable_init",
]
