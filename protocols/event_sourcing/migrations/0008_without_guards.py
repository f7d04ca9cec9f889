"""What the store holds by itself can be taken out for one append, to a stream of runs without guards and to no other."""

from django.db import migrations, models

# What is out is a setting of the one transaction that appends.
IS_WITHOUT = """
CREATE FUNCTION is_without(guard text) RETURNS boolean LANGUAGE sql STABLE AS $$
SELECT $1 = ANY(string_to_array(current_setting('distviz.without', true), ','))
$$
"""
APPEND = """
CREATE FUNCTION append_without(guards text, stream text, after int, facts jsonb)
RETURNS TABLE (type varchar, withdrawal_id text, data jsonb, version int, "position" bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    IF NOT starts_with($2, 'account:unguarded-') THEN
        RAISE EXCEPTION '% is no stream of runs without guards', $2 USING ERRCODE = 'check_violation';
    END IF;
    PERFORM set_config('distviz.without', $1, true);
    IF is_without('unique_version') THEN  -- whatever has come since it was decided
        PERFORM pg_advisory_xact_lock('events'::regclass::bigint);
        SELECT max(e.version) INTO $3 FROM events e WHERE e.aggregate = $2;
    END IF;
    RETURN QUERY INSERT INTO events AS e (aggregate, version, type, withdrawal_id, data)
    SELECT $2, $3 + number, fact->>0, (fact->>1)::uuid, fact->2
    FROM jsonb_array_elements($4) WITH ORDINALITY AS f(fact, number) ORDER BY number
    RETURNING e.type, e.withdrawal_id::text, e.data, e.version, e.position;
END $$
"""
ORDER = """
CREATE OR REPLACE FUNCTION events_one_at_a_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT COALESCE(is_without('gap_free'), false) THEN
        PERFORM pg_advisory_xact_lock(TG_RELID::bigint);
    END IF;
    RETURN NULL;
END $$
"""
DELTA = """CASE e.type WHEN 'MoneyDeposited' THEN (e.data->>'amount')::numeric
        WHEN 'MoneyRefunded' THEN (e.data->>'amount')::numeric
        WHEN 'MoneyDeducted' THEN -(e.data->>'amount')::numeric ELSE 0 END"""

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
        IF before + fresh.lowest < 0
            AND NOT (COALESCE(is_without('floor'), false) AND starts_with(fresh.aggregate, 'account:unguarded-')) THEN
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

    dependencies = [("event_sourcing", "0007_cheaper_appends")]

    operations = [
        migrations.RunSQL(
            [IS_WITHOUT, APPEND, ORDER, FLOOR],
            migrations.RunSQL.noop,
            hints={"database": "events"},
        ),
        # The trigger looks after those as well, unless it is told not to.
        migrations.RemoveConstraint("streambalance", "stream_balances_covered"),
        migrations.AddConstraint(
            "streambalance",
            models.CheckConstraint(
                condition=models.Q(balance__gte=0) | models.Q(aggregate__startswith="account:unguarded-"),
                name="stream_balances_covered",
            ),
        ),
    ]
