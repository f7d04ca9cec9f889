"""What the auditor asks of the outboxes and inboxes, on top of the money."""

from django.conf import settings

from distviz.services.books import Invariant, check, open_runs
from distviz.services.places import ACCOUNT, PAYMENT, Place

_HALF_ACCOUNT = """
SELECT l.withdrawal_id::text || ' ' || l.kind || ' without a message' AS id
FROM ledger l JOIN accounts a ON a.id = l.account_id
WHERE a.protocol = 'outbox' AND NOT EXISTS (
    SELECT 1 FROM outbox o WHERE o.withdrawal_id = l.withdrawal_id
        AND o.event_type = CASE l.kind WHEN 'deduct' THEN 'MoneyDeducted' ELSE 'MoneyRefunded' END)
UNION ALL
SELECT o.withdrawal_id::text || ' ' || o.event_type || ' without its money' FROM outbox o WHERE NOT EXISTS (
    SELECT 1 FROM ledger l WHERE l.withdrawal_id = o.withdrawal_id
        AND l.kind = CASE o.event_type WHEN 'MoneyDeducted' THEN 'deduct' ELSE 'refund' END)
"""
_HALF_PAYMENT = """
SELECT COALESCE(p.withdrawal_id, o.withdrawal_id)::text || ' '
    || CASE WHEN o.id IS NULL THEN 'payment without an answer' ELSE o.event_type || ' without its payment' END AS id
FROM (SELECT *, CASE status WHEN 'COMPLETED' THEN 'PaymentProcessed' ELSE 'PaymentFailed' END AS answer
      FROM payments WHERE protocol = 'outbox') p
FULL JOIN outbox o ON o.withdrawal_id = p.withdrawal_id AND o.event_type = p.answer
WHERE o.id IS NULL OR p.id IS NULL
"""
_UNANSWERED = """
SELECT withdrawal_id::text AS run, event_type, status FROM outbox
WHERE status <> 'acknowledged' AND created_at < now() - %(age)s * interval '1 second'
"""
# Only here do rows of one account get their ids in the order of their commits: each locks the account's row first.
_OVERTAKEN = """
SELECT DISTINCT account AS id FROM (
    SELECT account, sent_at, max(sent_at) OVER (
        PARTITION BY account ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM outbox WHERE sent_at IS NOT NULL AND NOT headers ? 'revived') sent
WHERE sent_at < before
"""
_NOT_ONCE = """
SELECT 'the inbox has no unique key' AS id WHERE NOT EXISTS (
    SELECT 1 FROM pg_index i WHERE i.indrelid = 'inbox'::regclass AND i.indisunique AND (
        SELECT array_agg(a.attname::text ORDER BY a.attname) FROM pg_attribute a
        WHERE a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)) = ARRAY['consumer', 'message_id'])
"""
_HALF_INBOX = """
SELECT COALESCE(p.withdrawal_id, i.withdrawal_id)::text
    || CASE WHEN i.id IS NULL THEN ' paid without an inbox row' ELSE ' received without a payment row' END AS id
FROM (SELECT id, withdrawal_id FROM payments WHERE protocol = 'outbox') p
FULL JOIN (SELECT id, withdrawal_id FROM inbox WHERE consumer = 'outbox.payment') i USING (withdrawal_id)
WHERE i.id IS NULL OR p.id IS NULL
"""


def invariants() -> list[Invariant]:
    """I9 for the outboxes, I10 for the inboxes."""
    still_open = open_runs("outbox")  # asked first: what is not in here now will not be driven on any more
    halves = _ids(ACCOUNT, _HALF_ACCOUNT) + _ids(PAYMENT, _HALF_PAYMENT)
    return [
        check("I9", halves, "a message where money moved, and nowhere else"),
        check("I9b", _left_behind(still_open), "of a withdrawal that is over every message is acknowledged"),
        check("I9c", _ids(ACCOUNT, _OVERTAKEN), "messages of one account were published in the order of their rows"),
        check("I10", _ids(ACCOUNT, _NOT_ONCE) + _ids(PAYMENT, _NOT_ONCE), "no inbox takes a message twice"),
        check("I10b", _ids(PAYMENT, _HALF_INBOX), "an inbox row where a payment was decided, and no other"),
    ]


def _left_behind(still_open: set[str]) -> list[str]:
    rows = [row for place in (ACCOUNT, PAYMENT) for row in place.ask(_UNANSWERED, {"age": settings.T_TERM})]
    return sorted(f"{row['run']} {row['event_type']} {row['status']}" for row in rows if row["run"] not in still_open)


def _ids(place: Place, sql: str) -> list[str]:
    return [str(row["id"]) for row in place.ask(sql)]
