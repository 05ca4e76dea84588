"""Units: what single units of networks do: which give only zeros, which learn nothing, which come back.

**zero**: output 0 on the whole training set. **flat**: |f′| below a share τ of its largest value there, on every row.
**dormant**: |f′| as large as that on under 1 % of the rows. **stuck**: the gradient of the incoming weights, over an
epoch, at or below 1e-3 of its layer's median. A census takes these while networks learn.
"""

from acts.units import rows
from acts.units.births import born_dead, bound, two_layers
from acts.units.census import Census, Found, Plan
from acts.units.readings import SHARES, sparsity, steep_rows, stuck, zeros
from acts.units.tally import LONG, tally

__all__ = [
    "LONG", "SHARES", "Census", "Found", "Plan", "born_dead", "bound", "rows", "sparsity", "steep_rows", "stuck",
    "tally", "two_layers", "zeros",
]  # fmt: skip
