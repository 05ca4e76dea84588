"""One thread a test process, so that xdist's workers do not fight for the cores and figures repeat bit for bit."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")
