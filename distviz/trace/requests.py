"""Publishing the request of a run, the first time and again."""

import logging
from collections.abc import Callable

from kombu.exceptions import KombuError

from distviz.trace import context, sending
from distviz.trace.log_events import PendingEvent
from distviz.trace.messages import TYPES, Message
from distviz.trace.models import Run

_log = logging.getLogger(__name__)
Leave = Callable[[], object]


def _request_of(run: Run) -> Message:
    kind = TYPES[f"{run.protocol}.WithdrawalRequested"]
    return kind(tx_id=str(run.pk), user_id=run.account, amount=run.amount)


def open_log(run: Run, made: list[PendingEvent], *, leaves: bool) -> Leave:
    """The beginning of its log, in the transaction that writes the run down: that it was asked for and, if it `leaves`
    right after the COMMIT and nothing is to happen to the request itself, that it does. Returns what lets it leave, to
    be called after the COMMIT or, without `leaves`, perhaps never."""
    delivery = sending.delivery_for(run)
    delivery.gathers = run.mode == "run" and not any(_of_the_request(fault) for fault in delivery.faults)
    delivery.pending = made
    if delivery.gathers and leaves:
        _send(run, delivery)
        delivery.write()
        return delivery.flush
    delivery.write()
    return lambda: _send_and_flush(run, delivery)


def _send_and_flush(run: Run, delivery: context.Delivery) -> None:
    _send(run, delivery)
    delivery.flush()


def _of_the_request(fault: context.FaultRef) -> bool:
    return fault.at == "message.WithdrawalRequested" or fault.do == "reorder"


def leave(run: Run, leaves: Leave) -> bool:
    """False if the broker does not answer: the sweep starts the run later, from the database."""
    try:
        leaves()
        return True
    except (KombuError, OSError) as error:
        _log.warning("run %s: the broker does not answer (%s); the sweep will start it", run.pk, error)
        return False


def request_again(run: Run) -> None:
    """What a client would do: the same request with the same id. Every handler recognises it."""
    delivery = sending.note_redriven(str(run.pk), "api", "WithdrawalRequested", "runs")
    if delivery:
        leave(run, lambda: _send(run, delivery))


def _send(run: Run, delivery: context.Delivery) -> None:
    with context.handling(delivery):
        sending.send(_request_of(run))
