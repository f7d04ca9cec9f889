"""The statements of an outbox table: each one alone is safe beside any other relay."""

from protocols.outbox.switch import MAY_CLAIM

BATCH = 100
LONGEST_WAIT_MS = 8_000

WRITE = """
INSERT INTO outbox (event_type, payload, account, withdrawal_id, message_id, headers, created_at, published)
VALUES (%(event_type)s, %(payload)s::jsonb, %(account)s, %(withdrawal)s, %(message)s, %(headers)s::jsonb, now(), false)
ON CONFLICT (message_id) DO NOTHING RETURNING id
"""
_TAKE = """
UPDATE outbox SET status = 'publishing', claimed_at = clock_timestamp(), attempts = attempts + 1
FROM due WHERE outbox.id = due.id
RETURNING outbox.id, event_type, payload::text AS payload, withdrawal_id::text AS withdrawal, headers::text AS headers,
    attempts, sent_at IS NOT NULL AS sent_before
"""
# The oldest unsent row of each account and no other: so nothing can overtake it, whoever else is at work.
_CLAIM = f"""
WITH due AS (
    SELECT id FROM outbox o WHERE %s status = 'pending' AND due_at <= clock_timestamp() AND NOT EXISTS (
        SELECT 1 FROM outbox earlier WHERE earlier.account = o.account AND earlier.id < o.id
            AND earlier.status IN ('pending', 'publishing'))
    ORDER BY id LIMIT {BATCH} FOR UPDATE OF o SKIP LOCKED
) {_TAKE}"""
CLAIM, CLAIM_BY_HAND = _CLAIM % f"{MAY_CLAIM} AND", _CLAIM % ""
_LATE = "claimed_at <= clock_timestamp() - %(age)s::float8 * power(2, LEAST(attempts - 1, 3)) * interval '1 second'"
UNANSWERED = f"""
SELECT id, withdrawal_id::text AS withdrawal, {_LATE} AS late FROM outbox WHERE status IN ('publishing', 'sent')
    AND claimed_at <= clock_timestamp() - %(age)s / 2 * interval '1 second'
ORDER BY id LIMIT 1000
"""
CLAIM_AGAIN = f"""
WITH due AS (
    SELECT id FROM outbox WHERE id = ANY(%(ids)s::bigint[]) AND status IN ('publishing', 'sent') AND {_LATE}
    ORDER BY id FOR UPDATE SKIP LOCKED
) {_TAKE}"""
# An answer can come before the mark: then both are there, and the row is done.
MARK = """
UPDATE outbox SET published = true, sent_at = COALESCE(sent_at, clock_timestamp()),
    status = CASE WHEN acknowledged_at IS NULL THEN 'sent' ELSE 'acknowledged' END
WHERE id = %(id)s AND status = 'publishing' RETURNING status
"""
PUT_BACK = f"""
UPDATE outbox SET last_error = %(error)s,
    status = CASE WHEN sent_at IS NULL THEN 'pending' WHEN acknowledged_at IS NULL THEN 'sent' ELSE 'acknowledged' END,
    due_at = clock_timestamp() + interval '1 millisecond' * (1 + 0.1 * random())
        * LEAST(%(base)s::float8 * power(2, LEAST(attempts - 1, 20)), {LONGEST_WAIT_MS})
WHERE id = ANY(%(ids)s::bigint[]) AND status = 'publishing'
"""
BURY = "UPDATE outbox SET status = 'dead', last_error = %(error)s WHERE id = %(id)s AND status = 'publishing'"
# A row that a relay has in hand, or has to take up again, is not done before it is marked: the relay knows no better.
ACKNOWLEDGE = """
UPDATE outbox SET acknowledged_at = COALESCE(acknowledged_at, clock_timestamp()),
    status = CASE WHEN status IN ('pending', 'publishing') THEN status ELSE 'acknowledged' END
WHERE withdrawal_id = %(withdrawal)s AND event_type = ANY(%(types)s::text[]) AND status <> 'acknowledged'
RETURNING id, event_type, status
"""
_REVIVE = """
UPDATE outbox SET status = 'pending', attempts = 0, due_at = now(), headers = headers || '{"revived": true}'::jsonb
WHERE %(column)s = %%(value)s AND status = 'dead' RETURNING withdrawal_id::text AS withdrawal, event_type
"""
REVIVE, REVIVE_ONE = _REVIVE % {"column": "withdrawal_id"}, _REVIVE % {"column": "id"}
# Once more, on purpose: one more time than whoever asks has seen, however often he clicks. Its state stays.
AGAIN = """
UPDATE outbox SET attempts = attempts + 1
WHERE id = %(id)s AND status IN ('sent', 'acknowledged') AND attempts = %(attempts)s
RETURNING id, event_type, payload::text AS payload, withdrawal_id::text AS withdrawal, headers::text AS headers,
    attempts, true AS sent_before
"""
HURRY = "UPDATE outbox SET due_at = now() WHERE status = 'pending' AND due_at > now()"
STATE = """
SELECT count(*) AS rows, count(*) FILTER (WHERE status <> 'acknowledged') AS unanswered
FROM outbox WHERE withdrawal_id = %(withdrawal)s
"""
