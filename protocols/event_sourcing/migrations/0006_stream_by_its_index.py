"""A stream is read by its own index, and a withdrawal by its own, whatever the planner believes of a table that has just
grown: each part is a question by itself (OFFSET 0), and none of them is answered in the order of positions."""

from django.db import migrations

# Only the newest few are looked at: the planner expects none to be sound, and would look at all of a stream. If none of
# these is, the stream is folded, and its snapshots are made anew.
NEWEST = r"""
CREATE FUNCTION sound_snapshot(stream text, upto int) RETURNS TABLE (version int, state jsonb) LANGUAGE sql STABLE AS $$
SELECT k.version, k.state FROM (
    SELECT * FROM snapshots s WHERE s.aggregate = $1 AND s.version <= COALESCE($2, 2147483647)
    ORDER BY s.version DESC LIMIT 8) k
WHERE k.format = 1 AND k.seal = snapshot_seal(k.aggregate, k.version, k.state)
    AND COALESCE(k.state->>'balance', '') ~ '^\d{1,10}\.\d\d$'
    AND COALESCE(k.state->>'deposited', '') ~ '^\d{1,10}\.\d\d$'
ORDER BY k.version DESC LIMIT 1
$$
"""
STREAM_OF = """
CREATE OR REPLACE FUNCTION stream_of(stream text, withdrawal uuid)
RETURNS TABLE (type varchar, withdrawal_id text, data jsonb, version int, "position" bigint)
LANGUAGE sql STABLE AS $$
WITH kept AS (SELECT s.version, s.state FROM sound_snapshot($1, NULL) s)
-- as if its balance had been deposited at once
SELECT 'MoneyDeposited', NULL, jsonb_build_object('amount', k.state->'balance'), k.version, 0 FROM kept k
UNION ALL SELECT e.type, e.withdrawal_id::text, e.data, e.version, e.position FROM (
    SELECT * FROM events s WHERE s.aggregate = $1 AND s.version > COALESCE((SELECT k.version FROM kept k), 0)
    ORDER BY s.aggregate, s.version OFFSET 0) e
UNION ALL SELECT e.type, e.withdrawal_id::text, e.data, e.version, e.position FROM (
    SELECT * FROM events w WHERE w.withdrawal_id = $2 ORDER BY w.withdrawal_id, w.type OFFSET 0) e
WHERE e.aggregate = $1 AND e.version <= (SELECT k.version FROM kept k)
$$
"""


class Migration(migrations.Migration):

    dependencies = [("event_sourcing", "0005_parked_streams")]

    operations = [migrations.RunSQL([NEWEST, STREAM_OF], migrations.RunSQL.noop, hints={"database": "events"})]
