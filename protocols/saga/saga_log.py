"""Reading and writing the saga log. Its primary key is the barrier: whatever comes first, a saga is opened once, so a
refund that overtakes its deduction leaves a tombstone, and the late deduction finds it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from distviz.codes import Reason
from distviz.services.places import ACCOUNT
from distviz.story.words.sentences import english
from distviz.trace.messages import Message
from distviz.trace.steps import changed

PENDING, COMPLETED, COMPENSATED, DECLINED = "pending", "completed", "compensated", "declined"

_OPEN = """
INSERT INTO saga_log (tx_id, user_id, amount, status, reason, created_at, updated_at)
VALUES (%(tx)s, %(user)s, %(amount)s::numeric, %(status)s, '', now(), now())
ON CONFLICT (tx_id) DO NOTHING RETURNING 1 AS opened
"""
_SET = """
UPDATE saga_log SET status = %(status)s, reason = %(reason)s, why = %(why)s::jsonb, updated_at = now(),
    closed_at = CASE WHEN %(closed)s::boolean THEN now() ELSE closed_at END
WHERE tx_id = %(tx)s AND closed_at IS NULL RETURNING status
"""
_READ = "SELECT status, reason, why::text AS why, closed_at IS NOT NULL AS closed FROM saga_log WHERE tx_id = %(tx)s"
_STILL_OPEN = """
UPDATE saga_log SET updated_at = now() WHERE tx_id IN (
    SELECT tx_id FROM saga_log WHERE closed_at IS NULL AND updated_at <= now() - %(age)s * interval '1 second'
    ORDER BY updated_at LIMIT 100 FOR UPDATE SKIP LOCKED
) RETURNING tx_id::text AS tx_id, user_id, amount, status, reason, why::text AS why
"""


@dataclass(frozen=True)
class Entry:
    status: str
    reason: Reason | None = None
    closed: bool = False


def opens(message: Message, status: str = PENDING) -> bool:
    """Open the saga, once. False: it is open already, or it was compensated before it began."""
    rows = ACCOUNT.run(_OPEN, tx=message.tx_id, user=message.user_id, amount=message.amount, status=status)
    if rows:
        changed("account", "saga_log", None, {"status": status})
    return bool(rows)


def record(message: Message, status: str, *, reason: Reason | None = None, closed: bool = False) -> None:
    why = orjson.dumps(reason.as_json()).decode() if reason else None
    if ACCOUNT.run(_SET, tx=message.tx_id, status=status, reason=english(reason)[:300], why=why, closed=closed):
        changed("account", "saga_log", {"status": PENDING}, {"status": status})


def read(message: Message) -> Entry:
    row = ACCOUNT.run(_READ, tx=message.tx_id)[0]
    return Entry(row["status"], reason_of(row), row["closed"])


def reason_of(row: Mapping[str, Any]) -> Reason | None:
    """Why a saga failed; rows from before there were codes have only the sentence."""
    return Reason.read(orjson.loads(row["why"] or "null") or row["reason"])


def still_open(min_age: float) -> list[dict[str, Any]]:
    """Sagas at which nothing has happened for `min_age` seconds; each is handed to one caller only."""
    return ACCOUNT.ask(_STILL_OPEN, {"age": min_age})
