"""When the relay reads its outbox: it is nudged after a commit and ticks every second. A nudge may be lost."""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

from celery import shared_task
from kombu.exceptions import KombuError

from distviz.services.places import ACCOUNT, PAYMENT, Place
from distviz.trace import handlers
from distviz.trace.registering import sweeps
from distviz.trace.statements import Rows, at_statement
from distviz.trace.steps import afterwards
from distviz.trace.transport import NOT_KEPT
from protocols.outbox import outbox
from protocols.outbox.recovery import stopped, unanswered

_log = logging.getLogger(__name__)
HOMES = {place.name: place for place in (ACCOUNT, PAYMENT)}  # the services that have an outbox


@at_statement(outbox.INSERT)
def _nudge_later(place: handlers.Place, given: Mapping[str, Any], rows: Rows) -> None:
    afterwards(partial(nudge, place))


def nudge(place: handlers.Place) -> None:
    """There is something to publish. If the nudge is lost, the next tick finds the row."""
    try:
        relay_task.apply_async(args=[place.name], queue=place.queue, retry=False)
    except (KombuError, OSError) as error:
        _log.info("the relay was not nudged (%s); its next tick finds the rows", error)


@shared_task(name="outbox.relay", acks_late=False)
def relay_task(service: str) -> None:
    outbox.relay(HOMES[service], by_hand=False)


NOT_KEPT.add(relay_task.name)


@sweeps(ACCOUNT)
def tick_account(min_age: float) -> int:
    return tick(ACCOUNT, min_age)["published"]


@sweeps(PAYMENT)
def tick_payment(min_age: float) -> int:
    return tick(PAYMENT, min_age)["published"]


def tick(place: Place, min_age: float, *, by_hand: bool = False) -> dict[str, int]:
    """One pass: what is due, and again what was not marked or answered for `min_age` seconds. By hand it runs while the
    relay is stopped, too. Returns how many rows were published, how many of them again, and how many were not."""
    with counting() as done:
        if not by_hand and not stopped.passes(place):
            stopped.rest(place)
        else:
            unanswered.send_again(place, min_age)
            outbox.relay(place, by_hand=by_hand)
    return {what: done[what] for what in ("published", "again", "failed")}


# --- what a pass has done, as its statements tell -------------------------------------------------------------------

_counted: ContextVar[Counter[str] | None] = ContextVar("counted", default=None)


@contextmanager
def counting() -> Iterator[Counter[str]]:
    done: Counter[str] = Counter()
    token = _counted.set(done)
    try:
        yield done
    finally:
        _counted.reset(token)


def _count(what: str, rows: int) -> None:
    done = _counted.get()
    if done is not None:
        done[what] += rows


@at_statement(outbox.MARK)
def _count_published(place: handlers.Place, given: Mapping[str, Any], rows: Rows) -> None:
    _count("published", len(given["ids"].strip("{}").split(",")))


@at_statement(unanswered.CLAIM_AGAIN)
def _count_again(place: handlers.Place, given: Mapping[str, Any], rows: Rows) -> None:
    _count("again", len(rows))


@at_statement(outbox.PUT_BACK)
def _count_failed(place: handlers.Place, given: Mapping[str, Any], rows: Rows) -> None:
    _count("failed", len(given["ids"].strip("{}").split(",")))
