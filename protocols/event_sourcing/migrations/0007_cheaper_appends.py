"""The same load and the same floor, with less work for the server: a load is planned once for each session, and the
usual append, to one stream whose balance is known, is not looked at event by event."""

from django.db import migrations

SEAL_OF = """
CREATE FUNCTION seal_of(stream text, at_version int, state jsonb, "position" bigint, at timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
SELECT md5(concat_ws('|', $1, $2, $3->>'balance', $3->>'deposited', $4, extract(epoch FROM $5)))
$$
"""
SEAL = """
CREATE OR REPLACE FUNCTION snapshot_seal(stream text, at_version int, state jsonb) RETURNS text LANGUAGE sql STABLE AS $$
SELECT seal_of($1, $2, $3, e.position, e.at) FROM events e WHERE e.aggregate = $1 AND e.version = $2
$$
"""
NEWEST = r"""
CREATE OR REPLACE FUNCTION sound_snapshot(stream text, upto int) RETURNS TABLE (version int, state jsonb)
LANGUAGE sql STABLE AS $$
SELECT k.version, k.state FROM (
    SELECT * FROM snapshots s WHERE s.aggregate = $1 AND s.version <= COALESCE($2, 2147483647)
    ORDER BY s.version DESC LIMIT 8) k
CROSS JOIN LATERAL (
    SELECT e.position, e.at FROM events e WHERE e.aggregate = k.aggregate AND e.version = k.version OFFSET 0) e
WHERE k.format = 1 AND k.seal = seal_of(k.aggregate, k.version, k.state, e.position, e.at)
    AND COALESCE(k.state->>'balance', '') ~ '^\d{1,10}\.\d\d$'
    AND COALESCE(k.state->>'deposited', '') ~ '^\d{1,10}\.\d\d$'
ORDER BY k.version DESC LIMIT 1
$$
"""
# Planning took three times as long as the load itself. Each part is answered by one index, whatever the stream, and also
# where the plan was made while the table was small.
STREAM_OF = """
CREATE OR REPLACE FUNCTION stream_of(stream text, withdrawal uuid)
RETURNS TABLE (type varchar, withdrawal_id text, data jsonb, version int, "position" bigint)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    kept record;
BEGIN
    SELECT s.version, s.state INTO kept FROM sound_snapshot($1, NULL) s;
    IF FOUND THEN  -- as if its balance had been deposited at once
        RETURN QUERY SELECT 'MoneyDeposited'::varchar, NULL, jsonb_build_object('amount', kept.state->'balance'),
            kept.version, 0::bigint;
        RETURN QUERY SELECT e.type, e.withdrawal_id::text, e.data, e.version, e.position FROM (
            SELECT * FROM events w WHERE w.withdrawal_id = $2 ORDER BY w.withdrawal_id, w.type OFFSET 0) e
        WHERE e.aggregate = $1 AND e.version <= kept.version;
    END IF;
    RETURN QUERY SELECT e.type, e.withdrawal_id::text, e.data, e.version, e.position FROM events e
    WHERE e.aggregate = $1 AND e.version > COALESCE(kept.version, 0) ORDER BY e.aggregate, e.version;
END $$
"""
DELTA = """CASE e.type WHEN 'MoneyDeposited' THEN (e.data->>'amount')::numeric
        WHEN 'MoneyRefunded' THEN (e.data->>'amount')::numeric
        WHEN 'MoneyDeducted' THEN -(e.data->>'amount')::numeric ELSE 0 END"""

# The usual append is to one stream, whose balance is known and covers all that is taken, in whatever order. All else is
# looked at as before.
FLOOR = f"""
CREATE OR REPLACE FUNCTION events_never_below_zero() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    fresh record;
    before numeric;
BEGIN
    SELECT min(aggregate) AS aggregate, max(aggregate) AS other, min(version) AS first, max(version) AS last,
        sum(delta) AS moved, sum(LEAST(delta, 0)) AS taken INTO fresh
    FROM (SELECT e.aggregate, e.version, {DELTA} AS delta FROM appended e) AS rows;
    IF fresh.aggregate = fresh.other THEN
        UPDATE stream_balances b SET version = fresh.last, balance = b.balance + fresh.moved
        WHERE b.aggregate = fresh.aggregate AND b.version = fresh.first - 1 AND b.balance + fresh.taken >= 0;
        IF FOUND THEN
            RETURN NULL;
        END IF;
    END IF;
    FOR fresh IN
        SELECT aggregate, min(version) AS first, max(version) AS last, sum(delta) AS moved, min(sofar) AS lowest FROM (
            SELECT e.aggregate, e.version, {DELTA} AS delta,
                sum({DELTA}) OVER (PARTITION BY e.aggregate ORDER BY e.version) AS sofar
            FROM appended e) AS rows GROUP BY aggregate
    LOOP
        SELECT b.balance INTO before FROM stream_balances b
        WHERE b.aggregate = fresh.aggregate AND b.version = fresh.first - 1;
        IF before IS NULL THEN
            SELECT COALESCE(sum({DELTA}), 0) INTO before FROM events e
            WHERE e.aggregate = fresh.aggregate AND e.version < fresh.first;
        END IF;
        IF before + fresh.lowest < 0 THEN
            RAISE EXCEPTION 'the events of % add up to %, which does not cover this', fresh.aggregate, before
                USING ERRCODE = 'check_violation', CONSTRAINT = 'events_never_below_zero';
        END IF;
        INSERT INTO stream_balances (aggregate, version, balance)
        VALUES (fresh.aggregate, fresh.last, before + fresh.moved)
        ON CONFLICT (aggregate) DO UPDATE SET version = excluded.version, balance = excluded.balance;
    END LOOP;
    RETURN NULL;
END $$
"""


class Migration(migrations.Migration):

    dependencies = [("event_sourcing", "0006_stream_by_its_index")]

    operations = [
        migrations.RunSQL(
            [SEAL_OF, SEAL, NEWEST, STREAM_OF, FLOOR],
            migrations.RunSQL.noop,
            hints={"database": "events"},
        )
    ]
