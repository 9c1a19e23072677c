"""Releases cut by chance from any recordings, with exact truth, and what is measured on them."""

import os

# Before numpy is loaded: several threads that spin would be counted as cost.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
