"""One thread a test process, so that xdist's workers do not fight for the cores and figures repeat bit for bit.

Shapes in signatures are checked at every call while tests run.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")

from jaxtyping import install_import_hook

install_import_hook(
    ["acts.diagnostics", "acts.networks", "acts.noise", "acts.training", "acts.trials", "acts.stats", "acts.claims"],
    "beartype.beartype",
)
