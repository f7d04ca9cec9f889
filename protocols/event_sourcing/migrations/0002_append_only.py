"""What the event store promises is held by the database, for whoever writes: the app, an operator, its owner."""

from django.db import migrations

# What is stored stays. TRUNCATE alone is possible, for who says so first: SET LOCAL distviz.reset = 'on'.
REFUSE = [
    """
CREATE FUNCTION events_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND COALESCE(current_setting('distviz.reset', true), '') = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'events is append-only: % is refused', TG_OP
        USING ERRCODE = 'restrict_violation', HINT = 'Append the opposite event instead.';
END $$
""",
    """
CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION events_refuse_change()
""",
    "ALTER TABLE events ENABLE ALWAYS TRIGGER events_append_only",
]

# Positions in the order of commits: whoever appends takes this lock before a position is drawn, and its COMMIT gives
# it back. So a reader that has seen a position has seen every lower one that will ever be.
ORDER = [
    """
CREATE FUNCTION events_one_at_a_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(TG_RELID::bigint);
    RETURN NULL;
END $$
""",
    """
CREATE TRIGGER events_in_commit_order BEFORE INSERT ON events
    FOR EACH STATEMENT EXECUTE FUNCTION events_one_at_a_time()
""",
    "ALTER TABLE events ENABLE ALWAYS TRIGGER events_in_commit_order",
]

# What moves money says how much; a stream is named after what it is about.
AMOUNT = r"""
ALTER TABLE events ADD CONSTRAINT events_name CHECK (aggregate ~ '^[a-z_]+:.'), ADD CONSTRAINT events_amount CHECK (
    type NOT IN ('MoneyDeposited', 'MoneyDeducted', 'MoneyRefunded') OR COALESCE(
        jsonb_typeof(data->'amount') = 'string' AND data->>'amount' ~ '^\d{1,9}(\.\d{1,2})?$'
        AND data->>'amount' ~ '[1-9]', false)
)
"""

HOME = {"database": "events"}


class Migration(migrations.Migration):

    dependencies = [("event_sourcing", "0001_initial")]

    operations = [
        migrations.RunSQL(
            REFUSE,
            ["DROP TRIGGER events_append_only ON events", "DROP FUNCTION events_refuse_change()"],
            hints=HOME,
        ),
        migrations.RunSQL(
            ORDER,
            ["DROP TRIGGER events_in_commit_order ON events", "DROP FUNCTION events_one_at_a_time()"],
            hints=HOME,
        ),
        migrations.RunSQL(AMOUNT, "ALTER TABLE events DROP CONSTRAINT events_amount, DROP CONSTRAINT events_name", hints=HOME),
        migrations.RunSQL(
            "INSERT INTO checkpoint (name, position, stopped) VALUES ('accounts', 0, false)",
            "DELETE FROM checkpoint WHERE name = 'accounts'",
            hints=HOME,
        ),
    ]
