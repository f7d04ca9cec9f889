"""`send`: a message goes into the queue of everyone who reacts to it."""

import logging
from collections.abc import Iterable
from typing import Any

from celery import current_app
from kombu.exceptions import KombuError

from distviz.trace import context, faults, log
from distviz.trace.handlers import ROUTES, Handler, handler_named
from distviz.trace.messages import Message
from distviz.trace.models import Parked, Run

_log = logging.getLogger(__name__)


def send(message: Message) -> None:
    """Publish a message to everyone who reacts to it, unless somebody wants it lost, doubled, late or held."""
    delivery = context.current()
    if delivery is None or delivery.run_id != message.tx_id:
        delivery = delivery_of(message.tx_id)
    for handler in ROUTES[type(message)]:
        _send_to(handler, message, delivery)


def delivery_of(run_id: str, *, lane: str = "api") -> context.Delivery:
    """For who acts on a run without being in the middle of a message: the web, an operator, a sweep."""
    run = Run.objects.only("id", "protocol", "mode", "trace_id", "span_id").get(pk=run_id)
    return context.Delivery(
        run_id=str(run.pk),
        protocol=run.protocol,
        lane=lane,
        mode=run.mode,
        traceparent=f"00-{run.trace_id}-{run.span_id}-01",
        faults=faults.of_run(run_id),
    )


def _send_to(handler: Handler, message: Message, delivery: context.Delivery) -> None:
    name = type(message).__name__
    fault = faults.take(delivery, [f"message.{name}"], faults.MESSAGE_ACTIONS) if delivery.faults else None
    do = fault.do if fault else ""
    wire = {"handler": handler.name, "message": message.to_wire()}
    event: dict[str, Any] = {
        "lane": delivery.lane,
        "to": handler.place.lane,
        "kind": "message",
        "name": name,
        "attempt": delivery.attempt,
        "caused_by": delivery.cause,
        "span_id": delivery.span_id,
    }
    data: dict[str, Any] = {"mid": message.id, "channel": message.channel, "form": message.form, "copies": 1}
    if delivery.redriven:
        data["redriven"] = True

    if do == "drop":
        log.append(delivery.run_id, phase="lost", data={**data, "copies": 0}, **event)
    elif do in ("hold", "reorder") or delivery.mode == "step":
        why = do or "step"
        parked = Parked.objects.create(
            run_id=delivery.run_id, name=name, lane=delivery.lane, to=handler.place.lane, why=why, wire=wire
        )
        if fault and do == "reorder":
            log.query(
                "UPDATE parked_messages SET due_at = now() + %(ms)s * interval '1 millisecond' "
                "WHERE id = %(id)s RETURNING 1",
                {"ms": fault.ms, "id": parked.pk},
            )
        log.append(delivery.run_id, phase="parked", opens=1, data={**data, "mid": parked.pk, "why": why}, **event)
    else:
        copies = 2 if do == "duplicate" else 1
        _log.info("%s %s goes to the queue %s", name, message.id[:8], handler.place.queue)
        late = fault.ms if fault and do == "delay" else 0
        data |= {"copies": copies, **({"ms": late} if late else {})}
        cause = log.append(
            delivery.run_id,
            phase="delayed" if late else "sent",
            opens=copies,
            data=data,
            wake_ms=late + 1000 if late else None,
            **event,
        )
        try:
            for _ in range(copies):
                publish(handler, wire["message"], delivery, cause=cause, delay_ms=late)
        except Exception as error:  # the broker does not answer: whoever sends it has to try again
            why = f"{type(error).__name__}: {error}"
            log.append(delivery.run_id, phase="lost", opens=-copies, error=why, data={**data, "copies": 0}, **event)
            raise
        _overtaken(delivery, name)


def publish(
    handler: Handler, body: object, delivery: context.Delivery, *, cause: int | None, delay_ms: int = 0
) -> None:
    """Into the service's queue. Raises kombu.exceptions.OperationalError if the broker does not answer."""
    note = {**delivery.note(), "cause": cause, **({"on_purpose": True} if delivery.on_purpose else {})}
    handler.task.apply_async(
        args=[body, note],
        queue=handler.place.queue,
        headers={"traceparent": delivery.traceparent},
        countdown=delay_ms / 1000 if delay_ms else None,
    )


def backlog(queues: Iterable[str]) -> int:
    """Messages that wait in these queues, as the broker counts them; 0 if it does not answer."""
    waiting = 0
    with current_app.connection_for_read() as connection:
        try:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=3)
            with connection.channel() as channel:
                for queue in queues:  # declared as the workers do: kombu finds none passively
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
    """Put a parked message into its queue, once: False if somebody else was quicker. If the broker does not answer it
    is parked again, and whoever wanted to deliver it hears of that."""
    if not Parked.objects.filter(pk=parked.pk, state="parked").update(state="delivered"):
        return False
    delivery = delivery_of(str(parked.run_id), lane=parked.lane)
    body = parked.wire["message"]
    event: dict[str, Any] = {"lane": parked.lane, "to": parked.to, "kind": "message", "name": parked.name}
    phase = "delivered" if copies == 1 else "duplicated"
    data = {"mid": str(parked.pk), "by": by, "copies": copies}
    cause = log.append(parked.run_id, phase=phase, opens=copies - 1, data=data, **event)
    try:
        for _ in range(copies):
            publish(handler_named(parked.wire["handler"]), body, delivery, cause=cause)
    except Exception:
        Parked.objects.filter(pk=parked.pk).update(state="parked")
        again = {"mid": str(parked.pk), "why": parked.why}
        log.append(parked.run_id, phase="parked", opens=1 - copies, data=again, **event)
        raise
    return True


def note_redriven(run_id: str, lane: str, name: str, source: str) -> context.Delivery | None:
    """Write that a run is driven on, and from what. None if the run is over."""
    seq = log.append(run_id, lane=lane, kind="sweep", phase="redriven", name=name, data={"from": source})
    if seq is None:
        return None
    delivery = delivery_of(run_id, lane=lane)
    delivery.cause, delivery.redriven = seq, True
    return delivery
