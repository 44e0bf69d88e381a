"""The simulator with room for all answers of a run: each is rendered once, then it is only sent."""

from __future__ import annotations

from simulator import __main__
from simulator.olap import engine as olap

CACHE_BYTES = 6 << 30  # only what is asked for is kept

if __name__ == "__main__":
    vars(olap)["CACHE_BYTES"] = CACHE_BYTES
    raise SystemExit(__main__.main())
