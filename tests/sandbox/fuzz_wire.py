"""Fuzz the wire's decoder by coverage: whatever bytes a student's process sends, a value or a WireError comes of them.

Not one of the tests, which fuzz with hypothesis. In an environment with atheris, numpy and this package on its path:

    python tests/sandbox/fuzz_wire.py CORPUS -max_total_time=60 -max_len=4096 -rss_limit_mb=2000
"""

import contextlib
import sys
from pathlib import Path

import atheris
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))
with atheris.instrument_imports(include=["autograder.sandbox.wire"]):
    from autograder.sandbox import wire

SEEDS = (
    1, "a", (1, [2.5, None, True], {"k": np.ones((2, 3))}), ("returned", (np.arange(4),), (np.float32(1),)),
    ("cell", 0, [{"output_type": "stream", "name": "stdout", "text": "x"}], 1),
)  # fmt: skip


def decode(data):
    with contextlib.suppress(wire.WireError):
        wire.decode(data, cap=1 << 20)


if __name__ == "__main__":
    corpus = Path(sys.argv[1])
    corpus.mkdir(exist_ok=True)
    for number, value in enumerate(SEEDS):
        (corpus / f"seed-{number}").write_bytes(wire.encode(value))
    atheris.Setup(sys.argv, decode)
    atheris.Fuzz()
