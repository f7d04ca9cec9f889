"""Dead rows: what cannot be published, whatever the broker does, and how a row gets fresh attempts."""

import hashlib
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from django.conf import settings
from kombu.exceptions import KombuError

from distviz import money
from distviz.codes import Reason
from distviz.services.places import PAYMENT, Place
from distviz.story.words.sentences import english
from distviz.trace import handlers, log, reasons
from distviz.trace.context import Delivery
from distviz.trace.failures import RETRYABLE
from distviz.trace.models import DeadLetter, Run
from protocols.outbox.messages import MoneyDeducted, WithdrawalRequested
from protocols.outbox.outbox import ClaimedRow

_log = logging.getLogger(__name__)

MARK_DEAD = "UPDATE outbox SET status = 'dead', last_error = %(error)s WHERE id = %(id)s AND status = 'publishing'"
REQUEUE = """
UPDATE outbox SET status = 'pending', attempts = 0, due_at = now(), headers = headers || '{"revived": true}'::jsonb
WHERE withdrawal_id = %(withdrawal)s AND status = 'dead'
"""


@contextmanager
def unless_published(row: ClaimedRow) -> Iterator[None]:
    """What can be published later goes back into the outbox, as the page has it; all else is poison."""
    try:
        yield
    except (*RETRYABLE, KombuError, OSError):
        raise
    except Exception as error:
        _log.exception("outbox row %s of %s cannot be published", row.id, row.place.name)
        if row.attempts > settings.RETRY_MAX:
            mark_dead(row, error)
        raise


def mark_dead(row: ClaimedRow, error: Exception) -> None:
    """It was tried often enough: it blocks no other row any more, and the run needs manual action."""
    why, wrong = reasons.of(error), f"{type(error).__name__}: {error}"
    row.place.ask(MARK_DEAD, {"id": row.id, "error": wrong.replace("\x00", "")[:2000]})
    run = Run.objects.filter(pk=row.withdrawal).first()
    kind = MoneyDeducted if row.place is PAYMENT else WithdrawalRequested
    asked = kind(tx_id=row.withdrawal, user_id=run.account, amount=run.amount) if run else None
    payload = json.loads(row.payload)
    DeadLetter.objects.create(
        run=run,
        service=row.place.name,
        name=handlers.ROUTES[kind][0].name,  # who wrote the row; asked once more, it gives its dead rows fresh attempts
        payload={**(asked.to_wire() if asked else {}), "outbox": row.id, "unpublishable": payload},
        digest=hashlib.sha256(log.dumps(payload).encode()).hexdigest(),
        error=english(why).replace("\x00", "")[:4000],
        why=why.as_json(),
        attempts=row.attempts,
    )
    if run:
        Delivery(str(run.pk), protocol="outbox", lane="queue", attempt=row.attempts).tell(
            "attention",
            "raised",
            f"publish {row.event_type}",
            error=Reason.of("outbox_row_unpublishable", row=row.id, why=why),
            status="needs_attention",
            owed=money.text(max(run.unexplained, Decimal(0))),
        )


def requeue(place: Place, withdrawal: str) -> None:
    """All its dead rows are due again, with fresh attempts, as an operator wants."""
    place.ask(REQUEUE, {"withdrawal": withdrawal})
