"""The process manager's to-do list follows the events by itself, in the transaction that appends them; and a stream is
read from its newest snapshot on."""

from django.db import migrations

STREAM_OF = """
CREATE FUNCTION stream_of(stream text, withdrawal uuid)
RETURNS TABLE (type varchar, withdrawal_id text, data jsonb, version int, "position" bigint)
LANGUAGE sql STABLE AS $$
WITH kept AS (SELECT s.version, s.state FROM snapshots s WHERE s.aggregate = $1 ORDER BY s.version DESC LIMIT 1)
-- as if its balance had been deposited at once
SELECT 'MoneyDeposited', NULL, jsonb_build_object('amount', k.state->'balance'), k.version, 0 FROM kept k
UNION ALL SELECT e.type, e.withdrawal_id::text, e.data, e.version, e.position FROM events e
WHERE e.aggregate = $1 AND e.version > COALESCE((SELECT k.version FROM kept k), 0)
UNION ALL SELECT e.type, e.withdrawal_id::text, e.data, e.version, e.position FROM events e
WHERE e.withdrawal_id = $2 AND e.aggregate = $1 AND e.version <= (SELECT k.version FROM kept k)
$$
"""

CREATE = [
    """
CREATE FUNCTION events_open_withdrawal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO open_withdrawals (withdrawal_id, account)
    VALUES (NEW.withdrawal_id, regexp_replace(NEW.aggregate, '^account:', '')) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$
""",
    """
CREATE FUNCTION events_close_withdrawal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM open_withdrawals WHERE withdrawal_id = NEW.withdrawal_id;
    RETURN NULL;
END $$
""",
    """
CREATE TRIGGER events_open_withdrawal AFTER INSERT ON events FOR EACH ROW
    WHEN (NEW.type = 'WithdrawalRequested') EXECUTE FUNCTION events_open_withdrawal()
""",
    """
CREATE TRIGGER events_withdrawal_closed AFTER INSERT ON events FOR EACH ROW
    WHEN (NEW.type IN ('WithdrawalCompleted', 'WithdrawalDeclined', 'WithdrawalFailed'))
    EXECUTE FUNCTION events_close_withdrawal()
""",
]
DROP = [
    "DROP TRIGGER events_open_withdrawal ON events",
    "DROP TRIGGER events_withdrawal_closed ON events",
    "DROP FUNCTION events_open_withdrawal()",
    "DROP FUNCTION events_close_withdrawal()",
    "DROP FUNCTION stream_of(text, uuid)",
]


class Migration(migrations.Migration):

    dependencies = [("event_sourcing", "0002_append_only")]

    operations = [migrations.RunSQL([*CREATE, STREAM_OF], DROP, hints={"database": "events"})]
