"""Publishing the request of a run, the first time and again."""

import logging

from kombu.exceptions import KombuError

from distviz.trace import context, sending
from distviz.trace.messages import TYPES, Message
from distviz.trace.models import Run

_log = logging.getLogger(__name__)


def _request_of(run: Run) -> Message:
    kind = TYPES[f"{run.protocol}.WithdrawalRequested"]
    return kind(tx_id=str(run.pk), user_id=run.account, amount=run.amount)


def start(run: Run) -> bool:
    """Publish the request. False if the broker does not answer: the sweep starts the run later, from the database."""
    return _publish_request(run, sending.delivery_of(str(run.pk)))


def request_again(run: Run) -> None:
    """What a client would do: the same request with the same id. Every handler recognises it."""
    delivery = sending.note_redriven(str(run.pk), "api", "WithdrawalRequested", "runs")
    if delivery:
        _publish_request(run, delivery)


def _publish_request(run: Run, delivery: context.Delivery) -> bool:
    with context.handling(delivery):
        try:
            sending.send(_request_of(run))
            return True
        except (KombuError, OSError) as error:
            _log.warning("run %s: the broker does not answer (%s); the sweep will start it", run.pk, error)
            return False
