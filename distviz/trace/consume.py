"""Handling one delivery: count it, do it, answer for it. Retries and dead letters live here."""

import logging
import random
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pymongo.errors
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from kombu.exceptions import KombuError

from distviz import money
from distviz.codes import LOCKED, Reason
from distviz.connections import close_unusable
from distviz.errors import Declined, Transient
from distviz.trace import (
    context,
    ending,
    handlers,
    letters,
    log,
    outages,
    processes,
    reasons,
    registering,
    sending,
    tracing,
)
from distviz.trace.messages import Message, from_wire
from distviz.trace.models import Run
from distviz.trace.outcomes import Outcome

_log = logging.getLogger(__name__)
RETRYABLE = (
    Transient,
    DatabaseError,
    InterfaceError,
    pymongo.errors.PyMongoError,
    KombuError,
    ConnectionError,
    TimeoutError,
)
MAX_WAIT_MS = 16_000

Handed = tuple[Message, context.Delivery]


def consume(
    handler: handlers.Handler, args: tuple[Any, ...], headers: Mapping[str, Any], links: Sequence[Any] = ()
) -> Handed | None:
    """The body of every Celery task. Lets nothing escape: a failure becomes a retry, a dead letter or an answer.

    In a chain (`links` are still to come) it returns what is handed to the next one, and in whose name.
    """
    try:
        wire, note = args
        message, traceparent = _read(handler, wire), str(headers.get("traceparent") or note["traceparent"])
        given = context.read_note(note)
        tracing.parent(traceparent)
    except Exception as error:  # whatever garbage is on the queue must not kill the worker
        letters.bury_garbage(handler.place.name, handler.name, log.dumps(args), reasons.of(error))
        return None
    counted = log.receive(message.tx_id, handler.name)
    if counted is None:  # the run is over: its end is true of the databases and stays so
        _count_late(handler, message, counted=bool(note.get("on_purpose")))
        if note.get("on_purpose"):
            _handle_copy(handler, message, traceparent)
        return None
    attempt, deliveries, holding = counted
    if holding and holding.get("mid") == message.id and processes.alive(holding):
        return None  # the broker thought the held process dead; it is not, and it will finish the work
    delivery = context.Delivery(
        run_id=message.tx_id,
        protocol=message.protocol,
        lane=handler.place.lane,
        mode=str(note.get("mode", "run")),
        who=handler.name,
        mid=message.id,
        attempt=attempt,
        again=deliveries > 1 or bool(note.get("again")),
        faults=given,
        links=links,
    )
    label = f"{handler.place.name} {type(message).__name__}"
    with tracing.span(label, traceparent, run=message.tx_id, attempt=str(attempt)) as (here, onward):
        delivery.span_id, delivery.traceparent = here, onward
        with context.handling(delivery):
            try:
                return _handle(
                    handler, message, delivery, note, freed=bool(holding and holding.get("mid") == message.id)
                )
            finally:
                delivery.say_rest()


def _read(handler: handlers.Handler, wire: Mapping[str, Any]) -> Message:
    message = from_wire(wire)
    if type(message) is not handler.message:
        raise ValueError(f"{handler.name} was sent a {message.wire_type()}")
    return message


def _count_late(handler: handlers.Handler, message: Message, *, counted: bool = False) -> None:
    """A copy after the end of its run is not handled, but it is counted: by the run, and where its first copy was
    received. One that is `counted` is counted there by its handler."""
    if not log.count_late(message.tx_id) or counted:
        return
    for count in registering.LATE:
        try:
            count(handler.place, message)
        except RETRYABLE:
            _log.warning("a late copy for run %s was counted by the run alone", message.tx_id, exc_info=True)
            close_unusable()


def _handle_copy(handler: handlers.Handler, message: Message, traceparent: str) -> None:
    """An operator sends a copy after the end, to test that the consumer is idempotent. It reacts as to any other
    message; the run's log is closed, so nothing is added to it, and a failure is not retried."""
    delivery = context.Delivery(
        run_id=message.tx_id,
        protocol=message.protocol,
        lane=handler.place.lane,
        who=handler.name,
        mid=message.id,
        traceparent=traceparent,
        again=True,
    )
    with context.handling(delivery):
        try:
            handler.take(message, again=True)
        except Exception:
            _log.warning("%s did not take a copy for run %s", handler.name, message.tx_id, exc_info=True)
            close_unusable()


def _handle(
    handler: handlers.Handler, message: Message, delivery: context.Delivery, note: Mapping[str, Any], *, freed: bool
) -> Handed | None:
    """`freed`: who held this message was killed. Who holds another one (a relay, the message before) still does."""
    _log.info("%s takes %s %s, attempt %d", handler.name, type(message).__name__, message.id[:8], delivery.attempt)
    taken: dict[str, Any] = {"mid": message.id, **processes.me()}
    delivery.cause = delivery.tell(
        "message",
        "received",
        type(message).__name__,
        cause=note.get("cause"),
        holding=None if freed else False,
        wake_ms=0,
        **taken,
    )
    if delivery.cause is None:  # the run has ended meanwhile
        _count_late(handler, message)
        return None
    outcome: handlers.Answer = None
    try:
        if delivery.attempt > settings.RETRY_MAX + 1:
            outcome = _exhausted(handler, message, delivery, Reason("kills_its_worker"))
        else:
            outcome = handler.take(message, again=delivery.again)
    except RETRYABLE as error:
        close_unusable()
        why = reasons.explained(error)
        if not handler.retries:
            note_failure(delivery, error)
        elif delivery.attempt <= settings.RETRY_MAX:
            _retry(handler, message, delivery, why)
            return None
        else:
            outcome = _exhausted(handler, message, delivery, why, passes=outages.passes(error))
    except Declined as no:  # where the protocol has no answer to a business "no", an operator decides
        outcome = _attention(handler, message, delivery, no.reason)
    except Exception as error:
        _log.exception("%s failed on run %s", handler.name, delivery.run_id)
        close_unusable()
        outcome = _attention(handler, message, delivery, reasons.of(error))
    if isinstance(outcome, Message):
        if delivery.links:
            return outcome, delivery  # dealt with once it is published
        outcome = None
    ending.close(delivery, outcome)
    return None


def _retry(handler: handlers.Handler, message: Message, delivery: context.Delivery, why: Reason) -> None:
    """Exponential back-off with jitter: base, 2·base, 4·base … never over 16 s (a third of the visibility time-out)."""
    wait = min(settings.RETRY_BASE_MS * 2 ** (delivery.attempt - 1), MAX_WAIT_MS)
    wait = round(wait * random.uniform(1, 1.1))
    _log.info("attempt %d failed: %s; again in %d ms", delivery.attempt, why, wait)
    status = "waiting_lock" if why.code in LOCKED else "retrying"
    plan = {"wait_ms": wait, "next_attempt": delivery.attempt + 1, "of": settings.RETRY_MAX + 1}
    _note(delivery, "scheduled", why, status=status, wake_ms=wait + 1000, **plan)
    try:
        sending.publish(handler, message.to_wire(), delivery, cause=delivery.cause, delay_ms=wait, links=delivery.links)
    except RETRYABLE as error:  # the broker is down: the sweep drives the run on from its database
        _log.warning("retry of %s could not be published: %s", handler.name, error)


def note_failure(delivery: context.Delivery, error: BaseException) -> None:
    """Where a failure is not retried."""
    _note(delivery, "failed", reasons.explained(error))


def _note(delivery: context.Delivery, phase: str, why: Reason, **more: Any) -> None:
    """What became of an attempt that failed."""
    delivery.tell("retry", phase, delivery.who.rpartition(".")[2], error=why, mid=delivery.mid, **more)


def _exhausted(
    handler: handlers.Handler, message: Message, delivery: context.Delivery, why: Reason, *, passes: bool = False
) -> handlers.Answer:
    """Max retries exceeded: the protocol's failure path, or else manual action. While nothing can be written down, the
    run stays open, and sweeps drive it on."""
    last = Reason.of("retries_used_up", why=why)
    _note(delivery, "exhausted", last, of=settings.RETRY_MAX + 1)
    if handler.give_up:
        try:
            return handler.give_up(message, why)
        except RETRYABLE as error:
            close_unusable()
            last, passes = reasons.of(error), outages.passes(error)
    if not passes:
        return _attention(handler, message, delivery, last)
    outages.leave_open(delivery, Reason.of("cannot_be_decided_now", why=last))
    return None


def _attention(handler: handlers.Handler, message: Message, delivery: context.Delivery, why: Reason) -> Outcome | None:
    """The run needs manual action: keep the message, record what is owed, and leave the run open."""
    payload = message.to_wire() | ({"links": list(delivery.links)} if delivery.links else {})
    letters.bury(delivery.run_id, handler.place.name, handler.name, payload, why, delivery.attempt)
    run = Run.objects.get(pk=delivery.run_id)
    owed = money.text(max(run.unexplained, Decimal(0)))
    who = delivery.who.rpartition(".")[2]
    delivery.tell("attention", "raised", who, error=why, status="needs_attention", owed=owed)
    return None
