"""An event is only ever written by a statement that holds the row of its run. So no constraint has to look the run up for
each event; and who removes runs, in whatever way, removes their events."""

import django.db.models.deletion
from django.db import migrations, models

FORGET = [
    """
DO $$ DECLARE found text; BEGIN
    FOR found IN SELECT conname FROM pg_constraint WHERE conrelid = 'run_events'::regclass AND contype = 'f' LOOP
        EXECUTE format('ALTER TABLE run_events DROP CONSTRAINT %I', found);
    END LOOP;
END $$
""",
    """
CREATE FUNCTION runs_forget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM run_events e USING gone WHERE e.run_id = gone.id;
    RETURN NULL;
END $$
""",
    """
CREATE TRIGGER runs_forgotten AFTER DELETE ON runs REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION runs_forget()
""",
]
BACK = [
    "DROP TRIGGER runs_forgotten ON runs",
    "DROP FUNCTION runs_forget()",
    """
ALTER TABLE run_events ADD CONSTRAINT run_events_run_id_fk FOREIGN KEY (run_id) REFERENCES runs (id)
    DEFERRABLE INITIALLY DEFERRED
""",
]
FIELD = models.ForeignKey(
    db_constraint=False,
    db_index=False,
    on_delete=django.db.models.deletion.CASCADE,
    related_name="events",
    to="trace.run",
)


class Migration(migrations.Migration):

    dependencies = [("trace", "0017_runs_of_account")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(FORGET, BACK, hints={"database": "default"})],
            state_operations=[migrations.AlterField("event", "run", FIELD)],
        ),
    ]
