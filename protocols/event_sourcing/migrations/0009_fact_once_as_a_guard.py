"""That a withdrawal has each fact once can be taken out for one append: there its copies are numbered. Everywhere else
the number is 0, so the key is the same as before."""

from django.db import migrations, models
from django.db.models import Q

APPEND = """
CREATE OR REPLACE FUNCTION append_without(guards text, stream text, after int, facts jsonb)
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
    RETURN QUERY INSERT INTO events AS e (aggregate, version, type, withdrawal_id, data, copy)
    SELECT $2, $3 + number, fact->>0, (fact->>1)::uuid, fact->2, CASE WHEN is_without('fact_once') THEN (
        SELECT count(*) FROM events x WHERE x.withdrawal_id = (fact->>1)::uuid AND x.type = fact->>0) ELSE 0 END
    FROM jsonb_array_elements($4) WITH ORDINALITY AS f(fact, number) ORDER BY number
    RETURNING e.type, e.withdrawal_id::text, e.data, e.version, e.position;
END $$
"""


class Migration(migrations.Migration):

    dependencies = [("event_sourcing", "0008_without_guards")]

    operations = [
        migrations.AddField(
            "storedevent",
            "copy",
            models.SmallIntegerField(db_default=0, default=0, help_text="of the same fact, in a run without its guard"),
        ),
        migrations.AddConstraint(
            "storedevent",
            models.CheckConstraint(
                condition=Q(copy=0) | Q(aggregate__startswith="account:unguarded-"), name="events_once_means_once"
            ),
        ),
        migrations.RemoveConstraint("storedevent", "events_once"),
        migrations.AddConstraint(
            "storedevent",
            models.UniqueConstraint(fields=("withdrawal_id", "type", "copy"), name="events_once"),
        ),
        migrations.RunSQL(APPEND, migrations.RunSQL.noop, hints={"database": "events"}),
    ]
