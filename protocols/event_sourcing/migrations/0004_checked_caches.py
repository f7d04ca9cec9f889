"""What is derived from the store is checked against it: a snapshot is sealed with the event that it was made from, the
checkpoint names the event that it points at, and the database itself refuses a balance below zero."""

from django.db import migrations, models

# Not NULL only for a version that the stream has. Another event at that version is another seal.
SEAL = """
CREATE FUNCTION snapshot_seal(stream text, at_version int, state jsonb) RETURNS text LANGUAGE sql STABLE AS $$
SELECT md5(concat_ws('|', $1, $2, $3->>'balance', $3->>'deposited', e.position, extract(epoch FROM e.at)))
FROM events e WHERE e.aggregate = $1 AND e.version = $2
$$
"""
SOUND = r"""
CREATE VIEW sound_snapshots AS SELECT s.aggregate, s.version, s.state FROM snapshots s
WHERE s.format = 1 AND s.seal = snapshot_seal(s.aggregate, s.version, s.state)
    AND COALESCE(s.state->>'balance', '') ~ '^\d{1,10}\.\d\d$' AND COALESCE(s.state->>'deposited', '') ~ '^\d{1,10}\.\d\d$'
"""
STREAM_OF = """
CREATE OR REPLACE FUNCTION stream_of(stream text, withdrawal uuid)
RETURNS TABLE (type varchar, withdrawal_id text, data jsonb, version int, "position" bigint)
LANGUAGE sql STABLE AS $$
WITH kept AS (SELECT s.version, s.state FROM {source} s WHERE s.aggregate = $1 ORDER BY s.version DESC LIMIT 1)
-- as if its balance had been deposited at once
SELECT 'MoneyDeposited', NULL, jsonb_build_object('amount', k.state->'balance'), k.version, 0 FROM kept k
UNION ALL SELECT e.type, e.withdrawal_id::text, e.data, e.version, e.position FROM events e
WHERE e.aggregate = $1 AND e.version > COALESCE((SELECT k.version FROM kept k), 0)
UNION ALL SELECT e.type, e.withdrawal_id::text, e.data, e.version, e.position FROM events e
WHERE e.withdrawal_id = $2 AND e.aggregate = $1 AND e.version <= (SELECT k.version FROM kept k)
$$
"""
DELTA = """CASE e.type WHEN 'MoneyDeposited' THEN (e.data->>'amount')::numeric
        WHEN 'MoneyRefunded' THEN (e.data->>'amount')::numeric
        WHEN 'MoneyDeducted' THEN -(e.data->>'amount')::numeric ELSE 0 END"""

# The balance is counted as events come in, in the transaction that appends them; no snapshot is asked. A row that is
# not of the version before is not believed either: then the stream is folded.
FLOOR = [
    f"""
CREATE FUNCTION events_never_below_zero() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    fresh record;
    before numeric;
BEGIN
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
""",
    """
CREATE TRIGGER events_never_below_zero AFTER INSERT ON events REFERENCING NEW TABLE AS appended
    FOR EACH STATEMENT EXECUTE FUNCTION events_never_below_zero()
""",
    "ALTER TABLE events ENABLE ALWAYS TRIGGER events_never_below_zero",
    f"""
INSERT INTO stream_balances (aggregate, version, balance)
SELECT e.aggregate, max(e.version), sum({DELTA}) FROM events e GROUP BY e.aggregate
""",
]
# The checkpoint names the event that it points at, so that another event at that position is not taken for it.
NAMES = [
    """
CREATE FUNCTION checkpoint_names_its_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.event_at := (SELECT e.at FROM events e WHERE e.position = NEW.position);
    RETURN NEW;
END $$
""",
    """
CREATE TRIGGER checkpoint_names_its_event BEFORE UPDATE OF position ON checkpoint
    FOR EACH ROW EXECUTE FUNCTION checkpoint_names_its_event()
""",
]
HOME = {"database": "events"}


class Migration(migrations.Migration):

    dependencies = [("event_sourcing", "0003_to_do_list_and_streams")]

    operations = [
        migrations.AddField(
            model_name="checkpoint",
            name="event_at",
            field=models.DateTimeField(help_text="when the event at `position` was appended", null=True),
        ),
        migrations.AddField(
            model_name="snapshot", name="format", field=models.SmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="snapshot",
            name="seal",
            field=models.CharField(blank=True, db_default="", default="", max_length=32),
        ),
        migrations.CreateModel(
            name="StreamBalance",
            fields=[
                ("aggregate", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("version", models.IntegerField()),
                ("balance", models.DecimalField(decimal_places=2, max_digits=12)),
            ],
            options={
                "db_table": "stream_balances",
                "ordering": ["aggregate"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("balance__gte", 0)), name="stream_balances_covered")
                ],
            },
        ),
        migrations.RunSQL(
            [SEAL, SOUND, STREAM_OF.format(source="sound_snapshots"), "DELETE FROM snapshots"],
            [STREAM_OF.format(source="snapshots"), "DROP VIEW sound_snapshots", "DROP FUNCTION snapshot_seal(text, int, jsonb)"],
            hints=HOME,
        ),
        migrations.RunSQL(
            NAMES,
            [
                "DROP TRIGGER checkpoint_names_its_event ON checkpoint",
                "DROP FUNCTION checkpoint_names_its_event()",
            ],
            hints=HOME,
        ),
        migrations.RunSQL(
            FLOOR,
            ["DROP TRIGGER events_never_below_zero ON events", "DROP FUNCTION events_never_below_zero()"],
            hints=HOME,
        ),
    ]
