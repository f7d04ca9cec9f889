"""Many runs written at once, for what is measured with a history behind it."""

import time
from importlib import import_module

from distviz.bench.stats import rounded
from distviz.errors import Unavailable

MODULE = "distviz.bench.history"


def history_of(runs: int) -> float | None:
    """Returns how many seconds it took. Raises Unavailable where there is nothing that fills."""
    since = time.monotonic()
    try:
        fill = import_module(MODULE).fill
    except ImportError:
        raise Unavailable("bench_beside_failed", what="history", text=f"there is no {MODULE}") from None
    fill(runs)
    return rounded(time.monotonic() - since)
