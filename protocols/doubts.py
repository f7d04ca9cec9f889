"""Transactions in doubt: what a protocol whose participants may have to wait for a decision lets people see, and
decide."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from distviz.trace.models import Run

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Text = str | _StrPromise  # translated when it is shown


class Decision(Protocol):
    """What binds every participant."""

    @property
    def decision(self) -> str: ...
    @property
    def decided_by(self) -> str: ...


class Prepared(Protocol):
    """One prepared transaction of one server."""

    @property
    def gid(self) -> str: ...


class Doubt(Protocol):
    """One distributed transaction of which something is prepared. `run` is None if its run is gone."""

    @property
    def tx_id(self) -> str: ...
    @property
    def run(self) -> Run | None: ...
    @property
    def prepared(self) -> Sequence[Prepared]: ...
    @property
    def age(self) -> float: ...
    @property
    def decision(self) -> Decision | None: ...
    @property
    def missing(self) -> Sequence[str]: ...


@dataclass(frozen=True)
class FoundDoubts:
    """The oldest first, and which servers did not answer: of those nothing is known."""

    doubts: Sequence[Doubt]
    silent: Sequence[str]


@dataclass(frozen=True)
class Doubts:
    """`rows`: the prepared transactions now, of one run or (for "") of all. `find`: the same with all that is known of
    them, those older than so many seconds. `preview` adds what either decision would change. `count`: what tells them
    apart, cheap enough for a badge. `decide` (run, "commit" or "rollback", reason, who): asked twice, it is done once.
    `abort` (run): from now on nothing of it can be committed; False if that was decided already.

    `hint` says how to see one on purpose, with `fault` switched on in the lab.
    """

    rows: Callable[[str], list[dict[str, Any]]]
    find: Callable[[float, str], FoundDoubts]
    preview: Callable[[Any], Doubt]
    count: Callable[[float], set[str]]
    decide: Callable[[str, str, str, str], Decision]
    abort: Callable[[str], bool]
    hint: Text
    fault: str
