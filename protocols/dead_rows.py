"""Rows that a protocol's machinery has given up, and that an operator has to look at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Text = str | _StrPromise  # translated when it is shown


@dataclass(frozen=True)
class DeadRow:
    """`key` is its id on a page; `run_id` may be that of a run that is gone."""

    key: str
    title: str
    run_id: UUID
    at: datetime
    error: str
    attempts: int


@dataclass(frozen=True)
class DeadRows:
    """`title` stands above them, `happened` beside each; what to do depends on whether its run is still there.

    `rows`: the oldest of every database, except of those named: they do not answer, and need not be asked again.
    """

    title: Text
    happened: Text
    do: Text
    do_without_run: Text
    rows: Callable[[Collection[str]], Iterable[DeadRow]]
