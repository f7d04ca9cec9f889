"""At least once: a relay died before it marked the row, or the queue lost the message, or the answer was lost."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.conf import settings

from distviz.services.places import ACCOUNT, NOTIFICATION, PAYMENT, Place
from distviz.trace import context, handlers, quiet
from distviz.trace.context import Delivery
from distviz.trace.sending import backlog, send
from distviz.trace.statements import Rows, at_statement
from distviz.trace.steps import afterwards
from protocols.messages import read
from protocols.outbox import outbox
from protocols.outbox.messages import WithdrawalRequested
from protocols.outbox.outbox import ClaimedRow

QUEUES = (ACCOUNT.queue, PAYMENT.queue, NOTIFICATION.queue)
FEW = 2 * settings.WORKER_CONCURRENCY  # messages; with more than that the queues are full

# Late after `age` seconds; each time that a row is taken it gets twice as long, up to eight times.
UNANSWERED = """
SELECT id, withdrawal_id::text AS withdrawal,
    claimed_at <= clock_timestamp() - %(age)s::float8 * power(2, LEAST(attempts - 1, 3)) * interval '1 second' AS late
FROM outbox
WHERE withdrawal_id = ANY(%(runs)s::uuid[]) AND status IN ('publishing', 'sent')
    AND claimed_at <= clock_timestamp() - %(age)s / 2 * interval '1 second'
ORDER BY id
"""
# Unless another pass was first.
CLAIM_AGAIN = """
WITH due AS (
    SELECT id FROM outbox
    WHERE id = ANY(%(ids)s::bigint[]) AND status IN ('publishing', 'sent') AND claimed_at
        <= clock_timestamp() - %(age)s::float8 * power(2, LEAST(attempts - 1, 3)) * interval '1 second'
    ORDER BY id FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE outbox SET status = 'publishing', claimed_at = clock_timestamp(), attempts = attempts + 1
    FROM due WHERE outbox.id = due.id RETURNING outbox.*
)
SELECT id, event_type, payload::text AS payload, headers::text AS headers, withdrawal_id::text AS withdrawal, attempts,
    published, id::text AS batch FROM claimed ORDER BY id
"""


def send_again(place: Place, min_age: float) -> None:
    """Not for a run that is held or waits for an operator. While the queues are full an answer is late rather than
    lost, and sending again would only make them fuller: then the relay waits longer."""
    runs = quiet.of("outbox", 0)
    if not runs:
        return
    if min_age and backlog(QUEUES) > FEW:
        min_age = max(min_age, settings.T_TERM)
    rows = place.ask(UNANSWERED, {"age": min_age, "runs": runs})
    quiet.leave_to_us({row["withdrawal"] for row in rows})
    late = {row["id"]: row["withdrawal"] for row in rows if row["late"]}
    free = quiet.quiet(list(late.values()), 0, step_mode=min_age) if late else set()
    ids = [str(number) for number, withdrawal in late.items() if withdrawal in free]
    if ids:
        outbox.relay(place, CLAIM_AGAIN, ids="{" + ",".join(ids) + "}", age=min_age)


@at_statement(CLAIM_AGAIN)
def _say_so(place: handlers.Place, given: Mapping[str, Any], rows: Rows) -> None:
    data: dict[str, Any] = {"from": "outbox"}
    for row in rows:
        Delivery(row["withdrawal"], lane="queue").tell("sweep", "redriven", row["event_type"], **data)


@at_statement(outbox.MARK)
def _answered_before(place: handlers.Place, given: Mapping[str, Any], rows: Rows) -> None:
    """The answer came before the mark, so no other message would drive the run on: the request is sent again."""
    status = {row["id"]: row["status"] for row in rows}
    for delivery in context.of_each():
        row = delivery.of
        if isinstance(row, ClaimedRow) and status.get(row.id) == "acknowledged":
            request = WithdrawalRequested.of(read(row.payload, f"outbox.{row.event_type}", row.withdrawal))
            afterwards(partial(_ask_again, delivery, request))


def _ask_again(delivery: Delivery, request: WithdrawalRequested) -> None:
    delivery.redriven = True
    with context.handling(delivery):
        send(request)
