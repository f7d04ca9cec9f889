"""The figures of a run of chaos, as a campaign keeps them."""

from typing import Any

FIGURES: dict[str, Any] = {
    "operations": 540,
    "ok": 500,
    "failed": 3,
    "unknown": 37,
    "unknown_made": 11,
    "repeated": 80,
    "statuses": {"succeeded": 400, "compensated": 33},
    "refunds": 33,
    "faults": {"kill": 2},
    "missed": [],
    "of_runs": {},
    "longest_s": 21.5,
    "after_healing_s": 4.0,
}
