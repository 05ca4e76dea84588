"""What networks did while they learned: batch losses, a watched loss curve, and where they diverged."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

EXPLODED = 1e4  # nats, or variances of the target; a batch loss above counts as divergence, as nan does
