"""The best combination of existing tools: frame hashes, aligned by a temporal network."""

import os

# Before numpy is loaded: several threads that spin would be counted as cost.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
