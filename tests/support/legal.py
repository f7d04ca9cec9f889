"""Whether run logs are such as their protocols can write."""

import json
from typing import Any

from tests.support.stack import Stack

_OVER = "SELECT id::text AS id FROM runs WHERE finished_at IS NOT NULL ORDER BY created_at"


def illegal(stack: Stack, *runs: str) -> list[dict[str, Any]]:
    """Those of these runs, or of these files, that are not legal, with the first event that is not."""
    told = [json.loads(line) for line in stack.manage("conform", "--json", *runs, check=False).stdout.splitlines()]
    assert len(told) == len(runs)
    return [one for one in told if not one["legal"]]


def all_over(stack: Stack) -> list[str]:
    return [row["id"] for row in stack.sql("default", _OVER)]
