"""The saga log. Its primary key is the barrier: whatever comes first, a saga is opened once, so a refund that overtakes
its deduction leaves a tombstone, and the late deduction finds it."""

from dataclasses import dataclass

from distviz.errors import Declined
from distviz.services import written
from distviz.services.places import ACCOUNT
from protocols.messages import Message

PENDING, COMPLETED, COMPENSATED, DECLINED = "pending", "completed", "compensated", "declined"

OPEN = """
INSERT INTO saga_log (tx_id, user_id, amount, status, reason, created_at, updated_at)
VALUES (%(tx)s, %(user)s, %(amount)s::numeric, %(status)s, '', now(), now())
ON CONFLICT (tx_id) DO NOTHING RETURNING NULL AS was, status
"""
DECLINE = """
UPDATE saga_log SET status = 'declined', reason = %(reason)s, why = %(why)s::jsonb,
    updated_at = now(), closed_at = now()
WHERE tx_id = %(tx)s AND status = 'pending' RETURNING 'pending' AS was, status
"""
COMPENSATE = """
UPDATE saga_log SET status = 'compensated', reason = %(reason)s, why = %(why)s::jsonb, updated_at = now()
WHERE tx_id = %(tx)s AND status = 'pending' RETURNING 'pending' AS was, status
"""
CLOSE = """
WITH was AS (SELECT status FROM saga_log WHERE tx_id = %(tx)s AND closed_at IS NULL FOR UPDATE)
UPDATE saga_log SET updated_at = now(), closed_at = now(),
    status = CASE was.status WHEN 'pending' THEN 'completed' ELSE was.status END
FROM was WHERE tx_id = %(tx)s RETURNING was.status AS was, saga_log.status
"""
READ = "SELECT status, reason, why::text AS why, closed_at IS NOT NULL AS closed FROM saga_log WHERE tx_id = %(tx)s"


@dataclass(frozen=True)
class Saga:
    """One saga, as its row says. `no` is why it failed; `closed`: nothing is left to send."""

    status: str
    no: Declined
    closed: bool


def opens(message: Message) -> bool:
    """False: it is open already, or it was declined before it began."""
    about = {"tx": message.tx_id, "user": message.user_id, "amount": message.amount}
    return bool(ACCOUNT.run(OPEN, **about, status=PENDING))


def decline(message: Message, no: Declined) -> None:
    ACCOUNT.run(DECLINE, tx=message.tx_id, **written.columns(no.reason))


def compensate(message: Message) -> bool:
    """False: it was compensated before, or is over. What is paid is not given back."""
    return bool(ACCOUNT.run(COMPENSATE, tx=message.tx_id, **written.columns(message.reason)))


def close(message: Message) -> None:
    """Nothing is left to send. What was not compensated is completed."""
    ACCOUNT.run(CLOSE, tx=message.tx_id)


def read(message: Message) -> Saga | None:
    for row in ACCOUNT.run(READ, tx=message.tx_id):
        return Saga(row["status"], Declined(written.read(row) or "no_reason"), row["closed"])
    return None
