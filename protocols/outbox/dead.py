"""Poison in an outbox: a row that cannot be published, whatever the broker does."""

import hashlib
from decimal import Decimal

from django.conf import settings

from distviz import money
from distviz.trace import handlers, log
from distviz.trace.models import DeadLetter, Run
from protocols.outbox.events import MoneyDeducted, WithdrawalRequested
from protocols.outbox.table import PAYMENT_OUTBOX, OutboxTable, Row


def poison(box: OutboxTable, row: Row, error: str) -> None:
    """Tried again with back-off, then put aside: it blocks nobody any more, and a person learns of it."""
    if row.attempts <= settings.RETRY_MAX:
        box.put_back([row.id], error)
        return
    box.bury(row, error)
    run = Run.objects.filter(pk=row.withdrawal).first()
    kind = MoneyDeducted if box is PAYMENT_OUTBOX else WithdrawalRequested
    handler = handlers.ROUTES[kind][0]
    asked = kind(tx_id=row.withdrawal, user_id=run.account, amount=run.amount) if run else None
    DeadLetter.objects.create(
        run=run,
        service=box.place.name,
        name=handler.name,  # whoever wrote the row; asked once more, it gives its dead rows fresh attempts
        payload={**(asked.to_wire() if asked else {}), "outbox": row.id, "unpublishable": row.payload},
        digest=hashlib.sha256(log.dumps(row.payload).encode()).hexdigest(),
        error=error[:4000],
        attempts=row.attempts,
    )
    if run:
        log.append(
            run.pk,
            lane="queue",
            kind="attention",
            phase="raised",
            name=f"publish {row.event_type}",
            attempt=row.attempts,
            error=f"outbox row {row.id} cannot be published: {error}",
            data={"owed": money.text(max(run.unexplained, Decimal(0)))},
            status="needs_attention",
        )
