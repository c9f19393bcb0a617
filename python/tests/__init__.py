"""Tests of the package: ``python -m unittest discover -s tests -t .`` in ``python/``, with ``src`` on the path.

They need nothing but Python. With ``$TROUPE`` they also compare the reader with the program and check its exports, and with
inspect_ai, tensorboard, opentelemetry-proto, pandas, pyarrow and nbclient they open the exports with these.
"""

import sys
from pathlib import Path

_SOURCES = str(Path(__file__).resolve().parents[1] / "src")
if _SOURCES not in sys.path:
    sys.path.insert(0, _SOURCES)
