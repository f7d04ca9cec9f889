"""`step`: a piece of work that can be watched and broken. One of the two words that a protocol knows of the lab."""

import logging
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from distviz.errors import Declined
from distviz.trace import context, faults, points, reasons

_log = logging.getLogger(__name__)
_PARAMETER = re.compile(r"%\((\w+)\)s")


@contextmanager
def step(
    name: str,
    *,
    of: Sequence[object] = (),
    compensates: str = "",
) -> Iterator[context.OpenStep]:
    """Watch one local piece of work: its begin, its rows and statements, and whether it was kept.

    Opens outside the transaction it describes: the end is written after the COMMIT, and a rollback cannot erase the
    begin. `of` are the things that it is done for, if no message is being handled (see `context.acts_for`). What else
    the lab knows of the step is registered beside the protocol, see points.py.
    """
    with context.acting(of):
        with _watched(name, compensates) as opened:
            yield opened
        delivery = context.current()
        if opened.afterwards and delivery:
            delivery.flush()
        for react in opened.afterwards:
            react()


@contextmanager
def _watched(name: str, compensates: str) -> Iterator[context.OpenStep]:
    delivery = context.current()
    if delivery is None:
        raise RuntimeError("step() works inside a handler; see distviz/trace/bus.py")
    watch = points.watch(delivery, name, compensates)
    if delivery.leaving:
        delivery.flush()
    faults.fire(watch.names(watch.ahead, delivery))
    before_it = watch.names(watch.before, delivery)
    data: dict[str, Any] = {"point": watch.points[0] if watch.points else ""}
    if compensates:
        data["compensates"] = compensates
    if watch.order:
        data["order"] = True
    begun = delivery.tell("step", "begin", name, status=_status(watch, delivery, compensates), **data)
    opened = context.OpenStep(name, watch.points, begun, tuple(watch.names(watch.within)), data=data)
    since = time.perf_counter()
    outer, delivery.step = delivery.step, opened
    try:
        if watch.begun:
            watch.begun(delivery, opened)
        _refuse(delivery, opened, before_it)
        faults.fire(before_it)
        yield opened
    except Exception as error:
        why = reasons.of(error)
        _log.info("%s: rolled back after %.1f ms: %s", name, ms(since), why)
        delivery.tell("step", watch.fails, name, error=why, statements=opened.statements, **data)
        raise
    else:
        for react in opened.closing:
            react()
        phase = opened.ends or watch.ends
        if opened.wrote and not opened.changes and type(delivery) is context.Delivery:
            data["rows"] = opened.wrote
        _log.info("%s: %s after %.1f ms, %d rows changed", name, phase, ms(since), _rows_of(opened))
        opened.ended = True
        then = opened.then or (watch.then(opened) if callable(watch.then) else watch.then)
        seen: dict[str, Any] = {"changes": opened.changes, "statements": opened.statements, "status": then or None}
        done = delivery.gather("step", phase, name, **seen, **data, money=opened.money)
        delivery.cause = done or delivery.cause
        if watch.ended:
            watch.ended(delivery, opened)
        faults.fire(watch.names(watch.after), lambda: list(data.get("locks", ())))
    finally:
        delivery.step = outer


def _rows_of(opened: context.OpenStep) -> int:
    """Rows that it wrote: as the servers counted them, or (a document, a row that one statement wrote beside another)
    as they are shown."""
    shown = [change for one in context.of_each() if one.step for change in one.step.changes if not change.get("found")]
    return max(opened.wrote, len(shown))


def _status(watch: points.StepWatch, delivery: context.Delivery, compensates: str) -> str | None:
    if callable(watch.status):
        return watch.status(delivery)
    return watch.status or ("compensating" if compensates else "running")


def _refuse(delivery: context.Delivery, opened: context.OpenStep, before: list[str]) -> None:
    """A business "no" that was switched on for this step: the service's operation gets it from `refusal`."""
    fault = faults.take(delivery, [*before, *opened.within], ("decline",)) if delivery.faults else None
    if fault:
        opened.refused = Declined("declined_on_purpose", who=fault.at.split(".")[0])


def ms(since: float) -> float:
    """Milliseconds since a moment of `time.perf_counter`."""
    return (time.perf_counter() - since) * 1000


# --- what the services say while a step is open -------------------------------------------------------------------


def refusal() -> Declined | None:
    """The business "no" that was switched on for the open step."""
    opened = context.open_step()
    return opened.refused if opened else None


def ends(how: str) -> None:
    """The connection has done it: `commit`, `prepared` or `rollback`; `nothing`, if there was nothing to be done."""
    opened = context.open_step()
    if opened is not None:
        opened.ends = how


def becomes(status: str) -> None:
    """The run has this status once the open step is committed, and not if it is rolled back."""
    opened = context.open_step()
    if opened is not None:
        opened.then = status


def closing(react: Callable[[], object]) -> None:
    """Call it when the open step's work is done and its end is not told yet: it may still add rows."""
    opened = context.open_step()
    if opened is not None:
        opened.closing.append(react)


def afterwards(react: Callable[[], object]) -> None:
    """Call it once the open step is committed and told, and not if it is rolled back; at once if no step is open."""
    opened = context.open_step()
    if opened is None:
        react()
    else:
        opened.afterwards.append(react)


def waits_for(row: str, holder: str, gives_up_ms: int, gid: str = "") -> None:
    """Told at once, for it may take long: this step wants a row that another transaction holds. `holder` is its run,
    or "" if that is not known; `gid` names the prepared transaction, if it is one. PostgreSQL gives up on the row
    after so many milliseconds."""
    delivery, opened = context.current(), context.open_step()
    if delivery is None or opened is None:
        return
    more: dict[str, Any] = {"holder": holder, "gives_up_ms": gives_up_ms} | ({"gid": gid} if gid else {})
    delivery.tell("lock", "waiting", row, status="waiting_lock", **more)


def changed(
    store: str,
    row: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    *,
    account: Decimal | None = None,
    paid: Decimal | None = None,
    found: bool = False,
) -> None:
    """Show a row before → after. `account` and `paid` say how much this row moved; told twice it counts once. `found`:
    it was there already and is shown because the process that wrote it may have died before recording it."""
    opened = context.open_step()
    if opened is None:
        return
    change: dict[str, Any] = {"store": store, "row": row, "before": before, "after": after}
    opened.changes.append(change | {"found": True} if found else change)
    counts(store, row, account=account, paid=paid)


def counts(store: str, row: str, *, account: Decimal | None = None, paid: Decimal | None = None) -> None:
    """How much a row moved, where the row itself need not be shown (again)."""
    opened = context.open_step()
    amounts = {key: f"{value:.2f}" for key, value in (("account", account), ("paid", paid)) if value is not None}
    if opened is not None and amounts:
        opened.money[f"{store}:{row}"] = amounts


def wrote(rows: int) -> None:
    """A statement has written so many rows, whether or not they are shown."""
    opened = context.open_step()
    if opened is not None:
        opened.wrote += rows


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
