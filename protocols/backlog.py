"""What a protocol's machinery has yet to work off, as /readyz tells it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Backlog:
    """`{part: {name: how many}}` in the answer. `sql` runs in each of the `databases`, over a connection of its own.
    It gives one row: how many, and, if `wrong` is given, whether that code applies: then the lab is not ready."""

    part: str
    name: str
    databases: Sequence[str]
    sql: str
    wrong: str = ""
