"""`step`: a piece of work that can be watched and broken. One of the two words that a protocol knows of the lab."""

import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from distviz.errors import Declined
from distviz.trace import context, faults, log

_log = logging.getLogger(__name__)
_PARAMETER = re.compile(r"%\((\w+)\)s")


@contextmanager
def step(
    name: str,
    *,
    of: object = None,
    at: str | tuple[str, ...] | None = "",
    compensates: str = "",
    status: str | None = None,
    ends: str = "commit",
    before: tuple[str, ...] = ("before_tx",),
    after: tuple[str, ...] = ("after_commit",),
) -> Iterator[context.OpenStep]:
    """Watch one local piece of work: its begin, its rows and statements, and whether it was kept.

    Opens outside the transaction it describes: "commit" is written after the COMMIT, and a rollback cannot erase
    it. `of` is what it is done for, if no message is being handled (see `context.acts_for`).
    `at` names its fault points (the service by default, `refund` for a compensation, None for no points).
    Two-phase commit has other ends and moments: `ends` is "prepared" or "rollback" where the work is not committed
    by it, `before` and `after` are the moments at which its fault points are met.
    """
    with context.acting(of):
        with _watched(name, at, compensates, status, ends, before, after) as opened:
            yield opened
        for react in opened.afterwards:
            react()


@contextmanager
def _watched(
    name: str,
    at: str | tuple[str, ...] | None,
    compensates: str,
    status: str | None,
    ends: str,
    before: tuple[str, ...],
    after: tuple[str, ...],
) -> Iterator[context.OpenStep]:
    delivery = context.current()
    if delivery is None:
        raise RuntimeError("step() works inside a handler; see distviz/trace/bus.py")
    points = _points(delivery, at, compensates)
    data: dict[str, Any] = {"point": points[0] if points else ""}
    if compensates:
        data["compensates"] = compensates
    where: dict[str, Any] = {"lane": delivery.lane, "kind": "step", "name": name, "attempt": delivery.attempt}
    begun = log.append(
        delivery.run_id,
        phase="begin",
        caused_by=delivery.cause,
        span_id=delivery.span_id,
        data=data,
        status=status or ("compensating" if compensates else "running"),
        **where,
    )
    opened = context.OpenStep(name, points, begun, data=data)
    since = time.perf_counter()
    outer, delivery.step = delivery.step, opened
    seen: dict[str, Any] = {"caused_by": begun, "span_id": delivery.span_id, "statements": opened.statements, **where}
    try:
        refusal = faults.take(delivery, _all(points, *before, "in_tx"), ("decline",)) if delivery.faults else None
        if refusal:
            opened.declined = f"{refusal.at.split('.')[0]} said no (switched on)"
        faults.fire(_all(points, *before))
        yield opened
    except Exception as error:
        why = str(error) if isinstance(error, Declined) else f"{type(error).__name__}: {error}"
        _log.info("%s: rolled back after %.1f ms: %s", name, ms(since), why)
        log.append(delivery.run_id, phase="rollback", error=why, data=data, **seen)
        raise
    else:
        _log.info("%s: %s after %.1f ms, %d rows changed", name, ends, ms(since), len(opened.changes))
        opened.ended = True
        done = log.append(
            delivery.run_id,
            phase=ends,
            changes=opened.changes,
            data={**data, "money": opened.money},
            status=opened.then or None,
            **seen,
        )
        delivery.cause = done or delivery.cause
        faults.fire(_all(points, *after), lambda: list(data.get("locks", ())))
    finally:
        delivery.step = outer


def ms(since: float) -> float:
    """Milliseconds since a moment of `time.perf_counter`."""
    return (time.perf_counter() - since) * 1000


def _points(delivery: context.Delivery, at: str | tuple[str, ...] | None, compensates: str) -> tuple[str, ...]:
    if at is None:
        return ()
    if isinstance(at, tuple):
        return at
    return (at or ("refund" if compensates else delivery.lane),)


def _all(points: tuple[str, ...], *moments: str) -> list[str]:
    return [f"{point}.{moment}" for point in points for moment in moments]


# --- what the services say while a step is open -------------------------------------------------------------------


def declined() -> str:
    """The reason of a business "no" that was switched on for the open step, or ""."""
    opened = context.open_step()
    return opened.declined if opened else ""


def becomes(status: str) -> None:
    """The run has this status once the open step is committed, and not if it is rolled back."""
    opened = context.open_step()
    if opened is not None:
        opened.then = status


def afterwards(react: Callable[[], object]) -> None:
    """Call it once the open step is committed and told, and not if it is rolled back; at once if no step is open."""
    opened = context.open_step()
    if opened is None:
        react()
    else:
        opened.afterwards.append(react)


def waits_for(row: str, holder: str, gives_up_ms: int) -> None:
    """Told at once, for it may take long: this step wants a row that another transaction holds. `holder` is its run,
    or "" if that is not known; PostgreSQL gives up on the row after so many milliseconds."""
    delivery, opened = context.current(), context.open_step()
    if delivery is None or opened is None:
        return
    log.append(
        delivery.run_id,
        lane=delivery.lane,
        kind="lock",
        phase="waiting",
        name=row,
        attempt=delivery.attempt,
        caused_by=opened.begun,
        span_id=delivery.span_id,
        data={"holder": holder, "gives_up_ms": gives_up_ms},
        status="waiting_lock",
    )


def changed(
    store: str,
    row: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    *,
    account: Decimal | None = None,
    paid: Decimal | None = None,
) -> None:
    """Show a row before → after. `account` and `paid` say how much this row moved; told twice it counts once."""
    opened = context.open_step()
    if opened is None:
        return
    opened.changes.append({"store": store, "row": row, "before": before, "after": after})
    amounts = {key: f"{value:.2f}" for key, value in (("account", account), ("paid", paid)) if value is not None}
    if amounts:
        opened.money[f"{store}:{row}"] = amounts


def ran(statement: str, params: dict[str, Any] | None = None) -> None:
    """Show a statement as it ran, with its values in place."""
    opened = context.open_step()
    if opened is not None:
        opened.statements.append(" ".join(_PARAMETER.sub(lambda m: _literal((params or {})[m[1]]), statement).split()))


def _literal(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool | int | Decimal):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"
