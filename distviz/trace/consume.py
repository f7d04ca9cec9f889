"""Handling one delivery: count it, do it, answer for it. Retries and dead letters live here."""

import logging
import random
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings

from distviz import money
from distviz.codes import LOCKED, Reason
from distviz.connections import close_unusable
from distviz.errors import Declined
from distviz.trace import (
    context,
    ending,
    handlers,
    late,
    letters,
    log,
    outages,
    processes,
    reasons,
    sending,
    tracing,
)
from distviz.trace.canvas import NONE, Canvas
from distviz.trace.failures import RETRYABLE
from distviz.trace.gathering import NotAdmitted
from distviz.trace.handlers import as_end
from distviz.trace.log_events import FirstDelivery, number
from distviz.trace.messages import Message, from_wire
from distviz.trace.models import Run

_log = logging.getLogger(__name__)
MAX_WAIT_MS = 16_000

Handed = tuple[Message | handlers.Failed, context.Delivery]


def consume(
    handler: handlers.Handler, args: tuple[Any, ...], headers: Mapping[str, Any], canvas: Canvas = NONE
) -> Handed | None:
    """The body of every Celery task. Lets nothing escape: a failure becomes a retry, a dead letter or an answer.

    In a chain it returns what is handed to the next link, or that this one has failed, and in whose name.
    """
    try:
        wire, note = args
        message, traceparent = _read(handler, wire), str(headers.get("traceparent") or note["traceparent"])
        given = context.read_note(note)
        tracing.parent(traceparent)
    except Exception as error:  # whatever garbage is on the queue must not kill the worker
        letters.bury_garbage(handler.place.name, handler.name, log.dumps(args), reasons.of(error))
        return None
    if _is_plain(note, given):  # most often it is the first delivery, and is counted along with its first events
        try:
            first = FirstDelivery(who=handler.name, mid=message.id)
            return _deliver(handler, message, traceparent, note, gathers=True, first=first, canvas=canvas)
        except NotAdmitted:
            _log.debug("%s was given run %s before, or it is over", handler.name, message.tx_id)
    counted = log.receive(message.tx_id, handler.name)
    if counted is None:  # the run is over: its end is true of the databases and stays so
        late.count(handler, message, counted=bool(note.get("on_purpose")))
        if note.get("on_purpose"):
            late.handle_copy(handler, message, traceparent)
        return None
    attempt, deliveries, holding = counted
    mine = bool(holding and holding.get("mid") == message.id)
    if holding and mine and processes.alive(holding):
        return None  # the broker thought the held process dead; it is not, and it will finish the work
    more: dict[str, Any] = {"attempt": attempt, "again": deliveries > 1 or bool(note.get("again")), "faults": given}
    try:
        gathers = not given and note.get("mode", "run") == "run"
        return _deliver(handler, message, traceparent, note, freed=mine, gathers=gathers, canvas=canvas, **more)
    except NotAdmitted:  # the run has ended meanwhile
        late.count(handler, message)
        return None


def _is_plain(note: Mapping[str, Any], faults: Sequence[context.FaultRef]) -> bool:
    """Nothing is special about this delivery, as far as its message knows."""
    asked = note.get("again") or note.get("on_purpose") or note.get("mode", "run") != "run"
    return not (asked or faults or tracing.exporting())


def _deliver(
    handler: handlers.Handler,
    message: Message,
    traceparent: str,
    note: Mapping[str, Any],
    *,
    freed: bool = False,
    **more: Any,
) -> Handed | None:
    """`freed`: who held this message was killed. Who holds another one (a relay, the message before) still does."""
    delivery = context.Delivery(
        run_id=message.tx_id,
        protocol=message.protocol,
        lane=handler.place.lane,
        mode=str(note.get("mode", "run")),
        who=handler.name,
        mid=message.id,
        admitted=False,
        **more,
    )
    label, attempt = f"{handler.place.name} {type(message).__name__}", str(delivery.attempt)
    with tracing.span(label, traceparent, run=message.tx_id, attempt=attempt) as (here, onward):
        delivery.span_id, delivery.traceparent = here, onward
        with context.handling(delivery):
            try:
                return _handle(handler, message, delivery, note, freed=freed)
            finally:
                delivery.say_rest()


def _read(handler: handlers.Handler, wire: Mapping[str, Any]) -> Message:
    message = from_wire(wire)
    if type(message) is not handler.message:
        raise ValueError(f"{handler.name} was sent a {message.wire_type()}")
    return message


def _handle(
    handler: handlers.Handler, message: Message, delivery: context.Delivery, note: Mapping[str, Any], *, freed: bool
) -> Handed | None:
    _log.info("%s takes %s %s, attempt %d", handler.name, type(message).__name__, message.id[:8], delivery.attempt)
    taken: dict[str, Any] = {"mid": message.id, **processes.me()}
    more: dict[str, Any] = {"cause": note.get("cause"), "holding": None if freed else False, "wake_ms": 0}
    delivery.cause = delivery.gather("message", "received", type(message).__name__, **more, **taken)
    try:
        outcome = _react(handler, message, delivery)
        if handed := _handed(outcome, delivery):
            return handed
        left = ending.conclude(delivery, as_end(outcome))
    except RETRYABLE as error:
        close_unusable()
        _write_down(delivery)
        why = reasons.explained(error)
        if handler.retries and delivery.attempt <= settings.RETRY_MAX:
            _retry(handler, message, delivery, why)
            return None
        outcome = _failed(handler, message, delivery, error, why)
    except Declined as no:  # where the protocol has no answer to a business "no", an operator decides
        _write_down(delivery)
        outcome = _attention(handler, message, delivery, no.reason)
    except Exception as error:
        _log.exception("%s failed on run %s", handler.name, delivery.run_id)
        close_unusable()
        _write_down(delivery)
        outcome = _attention(handler, message, delivery, reasons.of(error))
    else:
        ending.go_on(delivery, left)
        return None
    if handed := _handed(outcome, delivery):
        return handed
    ending.close(delivery, as_end(outcome))
    return None


def _handed(outcome: handlers.Answer, delivery: context.Delivery) -> Handed | None:
    """What goes on in the chain; it is dealt with once that is published."""
    if isinstance(outcome, handlers.Failed) or (isinstance(outcome, Message) and delivery.canvas.links):
        return outcome, delivery
    return None


def _react(handler: handlers.Handler, message: Message, delivery: context.Delivery) -> handlers.Answer:
    if delivery.attempt > settings.RETRY_MAX + 1:
        return _exhausted(handler, message, delivery, Reason("kills_its_worker"))
    return handler.take(message, again=delivery.again)


def _write_down(delivery: context.Delivery) -> None:
    """What was told before a failure. What cannot leave now is driven on from the databases."""
    try:
        delivery.flush()
    except RETRYABLE as error:
        _log.warning("run %s: %s", delivery.run_id, error)


def _failed(
    handler: handlers.Handler, message: Message, delivery: context.Delivery, error: BaseException, why: Reason
) -> handlers.Answer:
    """What becomes of a failure that is not tried again."""
    if handler.retries:
        return _exhausted(handler, message, delivery, why, passes=outages.passes(error))
    note_failure(delivery, error)
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
        sending.publish(
            handler, message.to_wire(), delivery, cause=number(delivery.cause), delay_ms=wait, canvas=delivery.canvas
        )
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


def _attention(handler: handlers.Handler, message: Message, delivery: context.Delivery, why: Reason) -> handlers.Answer:
    """In a chain with a `link_error` that is who acts. Otherwise the run needs manual action: keep the message, record
    what is owed, and leave the run open."""
    if delivery.canvas.errbacks:
        return handlers.Failed(message, why)
    payload = message.to_wire() | delivery.canvas.stores
    letters.bury(delivery.run_id, handler.place.name, handler.name, payload, why, delivery.attempt)
    run = Run.objects.get(pk=delivery.run_id)
    owed = money.text(max(run.unexplained, Decimal(0)))
    who = delivery.who.rpartition(".")[2]
    delivery.tell("attention", "raised", who, error=why, status="needs_attention", owed=owed)
    return None
