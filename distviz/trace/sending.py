"""`send`: a message goes into the queue of every service that handles it."""

import logging
from collections.abc import Iterable
from itertools import chain
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.exceptions import KombuError

from distviz.stack.layout import PLAIN
from distviz.trace import context, faults, guards, log, points, reasons, transport
from distviz.trace.canvas import NONE, Canvas
from distviz.trace.gathering import Leaving
from distviz.trace.handlers import ROUTES, STARTS, Handler, handler_named
from distviz.trace.log_events import number
from distviz.trace.messages import Message
from distviz.trace.models import Parked, Run
from distviz.trace.post import AS_OURS, Post, alone
from distviz.trace.queues import queue_for

_log = logging.getLogger(__name__)
_DUE = """
UPDATE parked_messages SET due_at = now() + %(ms)s * interval '1 millisecond' WHERE id = %(id)s RETURNING 1
"""


def send(*messages: Message) -> None:
    """Publish each message to every service that handles it, unless a fault drops, duplicates, delays or holds it."""
    current = context.current()
    if current is None or not current.parts:
        for message in messages:
            _send(message)
        return
    for message in messages:
        with context.handling(current.parts[message.tx_id]):
            _send(message)
    _log.info("%d messages go to their queues together", len(messages))
    current.flush()


def _send(message: Message) -> None:
    delivery = context.current()
    if delivery is None or delivery.run_id != message.tx_id:
        delivery = delivery_of(message.tx_id)
    if start := STARTS.get(type(message)):
        with context.handling(delivery):
            start(message)
        return
    points.about_to_send(type(message))
    for handler in ROUTES[type(message)]:
        _send_to(handler, message, delivery)
    points.sent(type(message))


def delivery_of(run_id: str, *, lane: str = "api") -> context.Delivery:
    """For who acts on a run without being in the middle of a message: the web, an operator, a sweep."""
    run = Run.objects.only("id", "protocol", "mode", "trace_id", "span_id", "faulty").get(pk=run_id)
    return delivery_for(run, lane=lane)


def delivery_for(run: Run, *, lane: str = "api") -> context.Delivery:
    return context.Delivery(
        run_id=str(run.pk),
        protocol=run.protocol,
        lane=lane,
        mode=run.mode,
        traceparent=f"00-{run.trace_id}-{run.span_id}-01",
        faults=faults.of_run(str(run.pk)) if run.faulty else [],
    )


def send_to(handler: Handler, message: Message, canvas: Canvas) -> None:
    """The same to a single handler, in a chain."""
    delivery = context.current()
    if delivery is None:
        raise RuntimeError("a chain is started by send() or goes on from one of its links")
    _send_to(handler, message, delivery, canvas)


def _send_to(handler: Handler, message: Message, delivery: context.Delivery, canvas: Canvas = NONE) -> None:
    """What the network does with it: it is lost, waits in the database, or goes into the queue (late, or twice)."""
    name = type(message).__name__
    fault = faults.take(delivery, [f"message.{name}"], faults.MESSAGE_ACTIONS) if delivery.faults else None
    do = fault.do if fault else ""
    wire: dict[str, Any] = {"handler": handler.name, "message": message.to_wire(), **canvas.stores}
    data: dict[str, Any] = {"name": name, "to": handler.place.lane, "mid": message.id}
    data |= {"channel": message.channel, "form": message.form, "copies": 1}
    if delivery.redriven:
        data["redriven"] = True

    if do == "drop":
        delivery.tell("message", "lost", **data | {"copies": 0})
    elif do in ("hold", "reorder") or delivery.mode == "step":
        _park(wire, delivery, data, why=do or "step", due_ms=fault.ms if fault and do == "reorder" else None)
    else:
        data["copies"] = 2 if do == "duplicate" else 1
        _queue(handler, wire, delivery, data, late=fault.ms if fault and do == "delay" else 0)


def _park(
    wire: dict[str, Any], delivery: context.Delivery, data: dict[str, Any], *, why: str, due_ms: int | None
) -> None:
    """It waits in the database until an operator delivers it, or (`due_ms`) until it is overtaken or that time is
    over."""
    named = {"name": data["name"], "to": data["to"]}
    parked = Parked.objects.create(run_id=delivery.run_id, lane=delivery.lane, why=why, wire=wire, **named)
    if due_ms is not None:
        log.query(_DUE, {"ms": due_ms, "id": parked.pk})
    delivery.tell("message", "parked", opens=1, **data | {"mid": str(parked.pk), "why": why})


def _queue(
    handler: Handler, wire: dict[str, Any], delivery: context.Delivery, data: dict[str, Any], *, late: int
) -> None:
    name, copies = data["name"], data["copies"]
    if not delivery.in_company:
        _log.info("%s %s goes to the queue %s", name, data["mid"][:8], handler.place.queue)
    if late:
        cause = delivery.gather("message", "delayed", opens=copies, wake_ms=late + 1000, **data, ms=late)
    else:
        cause = delivery.gather("message", "sent", opens=copies, **data)

    def leave(post: Post | None) -> None:
        more: dict[str, Any] = {"delay_ms": late, "canvas": Canvas.stored(wire), "post": post}
        for _ in range(copies):
            publish(handler, wire["message"], delivery, cause=number(cause), **more)

    def fail(error: Exception) -> None:  # the broker does not answer: the sender has to try again
        tell = delivery.gather if delivery.in_company else delivery.tell
        tell("message", "lost", opens=-copies, error=reasons.of(error), **data | {"copies": 0})

    delivery.leaving.append(Leaving(leave, fail))
    if not delivery.in_company and (delivery.step or not delivery.gathers):
        delivery.flush()
    _overtaken(delivery, name)


def publish(
    handler: Handler,
    body: object,
    delivery: context.Delivery,
    *,
    cause: int | None,
    delay_ms: int = 0,
    canvas: Canvas = NONE,
    post: Post | None = None,
) -> None:
    """Into one of the service's queues, or into the post that is about to go there. Raises
    kombu.exceptions.OperationalError if the broker does not answer."""
    note = {**delivery.note(), "cause": cause}
    note |= {"on_purpose": True} if delivery.on_purpose else {}
    note |= {"again": True} if delivery.redriven else {}
    headers: dict[str, Any] = {"traceparent": delivery.traceparent}
    if guards.is_out(delivery, transport.GUARD):
        headers[transport.NOT_IN_HAND] = True
    if not (delay_ms or canvas or transport.NOT_IN_HAND in headers):
        if post:
            post.add(handler, [body, note], delivery.traceparent)
            return
        if alone(handler, [body, note], delivery.traceparent):
            return
    handler.task.apply_async(
        args=[body, note],
        queue=queue_for(handler.place.queue, note),
        headers=headers,
        countdown=delay_ms / 1000 if delay_ms else None,
        **canvas.options,
        **AS_OURS,
    )


def backlog(queues: Iterable[str]) -> int:
    """Messages that wait in these queues and in those beside them, as the broker counts them; 0 if it does not
    answer."""
    waiting = 0
    with current_app.connection_for_read() as connection:
        try:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=3)
            with connection.channel() as channel:
                for queue in chain.from_iterable((name, PLAIN[name]) for name in queues):
                    # Declared as the workers do: kombu finds none passively.
                    waiting += int(channel.queue_declare(queue=queue, durable=True, auto_delete=False).message_count)
        except (KombuError, OSError, *connection.connection_errors, *connection.channel_errors):
            return 0
    return waiting


def _overtaken(delivery: context.Delivery, newer: str) -> None:
    """A message that was to be reordered goes right after the next one that leaves."""
    if not any(fault.do == "reorder" for fault in delivery.faults):
        return
    for parked in Parked.objects.filter(run_id=delivery.run_id, why="reorder", state="parked").exclude(name=newer):
        deliver(parked, by="reorder")


def deliver(parked: Parked, *, by: str, copies: int = 1) -> bool:
    """Put a parked message into its queue, once: False if another request was first. If the broker does not answer it
    is parked again, and the caller is told. A run whose message is not parked any more has been told so, or recovery
    would take it for one that nothing has happened to for long."""
    delivery = delivery_of(str(parked.run_id), lane=parked.lane)
    data: dict[str, Any] = {"name": parked.name, "to": parked.to, "mid": str(parked.pk)}
    phase = "delivered" if copies == 1 else "duplicated"
    with transaction.atomic(using="default"):  # the run first, then its message, as everybody locks them
        cause = delivery.tell("message", phase, opens=copies - 1, by=by, copies=copies, **data)
        if not Parked.objects.filter(pk=parked.pk, state="parked").update(state="delivered"):
            transaction.set_rollback(True, using="default")
            return False
    try:
        for _ in range(copies):
            _publish_parked(parked, delivery, cause)
    except Exception:
        Parked.objects.filter(pk=parked.pk).update(state="parked")
        delivery.tell("message", "parked", opens=1 - copies, why=parked.why, **data)
        raise
    return True


def _publish_parked(parked: Parked, delivery: context.Delivery, cause: int | None) -> None:
    wire = parked.wire
    publish(handler_named(wire["handler"]), wire["message"], delivery, cause=cause, canvas=Canvas.stored(wire))


def note_redriven(run_id: str, lane: str, name: str, source: str) -> context.Delivery | None:
    """Write that a run is driven on, and from what. None if the run is over."""
    data: dict[str, Any] = {"from": source}
    seq = context.Delivery(run_id, lane=lane).tell("sweep", "redriven", name, **data)
    if seq is None:
        return None
    delivery = delivery_of(run_id, lane=lane)
    delivery.cause, delivery.redriven = seq, True
    return delivery
