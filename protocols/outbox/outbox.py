"""The outbox of a service. A row is inserted in the transaction of the business row; the relay claims it, publishes it
and marks it as sent; the answer acknowledges it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Any

from django.conf import settings
from kombu.exceptions import KombuError

from distviz.services.places import Place
from distviz.trace.sending import send
from distviz.trace.steps import step
from protocols.messages import Message, read

INSERT = """
INSERT INTO outbox (event_type, payload, account, withdrawal_id, message_id, headers, created_at, published)
VALUES (%(event_type)s, %(payload)s::jsonb, %(account)s, %(withdrawal)s, %(message)s, %(headers)s::jsonb, now(), false)
ON CONFLICT (message_id) DO NOTHING RETURNING id
"""
# The oldest unsent row of each account and no other, so no relay can overtake another one.
CLAIM = """
WITH due AS (
    SELECT id FROM outbox WHERE id IN (SELECT id FROM outbox_heads) AND status = 'pending'
        AND due_at <= clock_timestamp() AND (%(by_hand)s::boolean OR NOT EXISTS (SELECT 1 FROM relay WHERE stopped))
    ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE outbox SET status = 'publishing', claimed_at = clock_timestamp(), attempts = attempts + 1
    FROM due WHERE outbox.id = due.id RETURNING outbox.*
)
SELECT id, event_type, payload::text AS payload, headers::text AS headers, withdrawal_id::text AS withdrawal, attempts,
    published, event_type AS batch FROM claimed ORDER BY event_type, id
"""
# An answer can come before the mark: then both are there, and the row is done.
MARK = """
UPDATE outbox SET published = true, sent_at = COALESCE(sent_at, clock_timestamp()),
    status = CASE WHEN acknowledged_at IS NULL THEN 'sent' ELSE 'acknowledged' END
WHERE id = ANY(%(ids)s::bigint[]) AND status = 'publishing' RETURNING id, status
"""
PUT_BACK = """
UPDATE outbox SET last_error = %(error)s,
    status = CASE WHEN sent_at IS NULL THEN 'pending' WHEN acknowledged_at IS NULL THEN 'sent' ELSE 'acknowledged' END,
    due_at = clock_timestamp() + interval '1 millisecond' * (1 + 0.1 * random())
        * LEAST(%(base)s::float8 * power(2, LEAST(attempts - 1, 20)), 8000)
WHERE id = ANY(%(ids)s::bigint[]) AND status = 'publishing'
"""
# A row that a relay has claimed, or has to claim again, is not done before it is marked.
ACKNOWLEDGE = """
UPDATE outbox SET acknowledged_at = COALESCE(acknowledged_at, clock_timestamp()),
    status = CASE WHEN status IN ('pending', 'publishing') THEN status ELSE 'acknowledged' END
WHERE withdrawal_id = %(withdrawal)s AND event_type = ANY(%(types)s::text[]) AND status <> 'acknowledged'
RETURNING id, event_type, status
"""


def write(place: Place, message: Message) -> None:
    """Part of the local transaction that is open: the row is there if the business row is."""
    place.run(
        INSERT,
        event_type=type(message).__name__,
        payload=json.dumps(message.to_wire()),
        account=message.user_id,
        withdrawal=message.tx_id,
        message=message.id,
        headers=json.dumps(message.headers()),
    )


def acknowledge(place: Place, answer: Message, *answered: type[Message]) -> None:
    """The answer to these messages of a withdrawal has come."""
    types = "{" + ",".join(kind.__name__ for kind in answered) + "}"
    place.run(ACKNOWLEDGE, withdrawal=answer.tx_id, types=types)


@dataclass(frozen=True)
class ClaimedRow:
    """A row that a relay has claimed. Those of one `batch` follow each other."""

    place: Place
    id: int
    event_type: str
    payload: str
    headers: str
    withdrawal: str
    attempts: int
    published: bool
    batch: str = ""


def relay(place: Place, claim: str = CLAIM, **given: Any) -> None:
    """Claim, publish, mark, until nothing is due. A relay that dies between publish and mark leaves a row that will be
    published once more. Any number of relays may run at once."""
    while rows := [ClaimedRow(place, **row) for row in place.run(claim, **given)]:
        batches = [list(batch) for _name, batch in groupby(rows, lambda row: row.batch)]
        for number, batch in enumerate(batches):
            try:
                with step(f"publish {batch[0].event_type}", of=batch):
                    send(*(read(row.payload, f"outbox.{row.event_type}", row.withdrawal) for row in batch))
                    place.run(MARK, ids=ids(batch))
            except (KombuError, OSError) as error:  # the broker does not answer: the others need not be tried
                put_back(place, chain(*batches[number:]), error)
                break
            except Exception as error:
                put_back(place, batch, error)


def put_back(place: Place, rows: Iterable[ClaimedRow], error: Exception) -> None:
    """What could not be published stays, and is tried again later: after base, 2·base, 4·base … milliseconds."""
    place.run(PUT_BACK, ids=ids(rows), error=f"{type(error).__name__}: {error}", base=settings.RETRY_BASE_MS)


def ids(rows: Iterable[ClaimedRow]) -> str:
    return "{" + ",".join(str(row.id) for row in rows) + "}"
