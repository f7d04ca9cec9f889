"""An operator's action is written before it is done; what came of it is added once, and nothing else ever changes.
The newest 100,000 stay, whoever wants them gone."""

from django.db import migrations

REFUSE = """
CREATE OR REPLACE FUNCTION operator_actions_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.codes->'outcome'->>'code' = 'begun'
        AND to_jsonb(NEW) - '{outcome,codes}'::text[] = to_jsonb(OLD) - '{outcome,codes}'::text[]
        AND NEW.codes->'target' IS NOT DISTINCT FROM OLD.codes->'target' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' AND OLD.id <= (SELECT max(id) FROM operator_actions) - 100000 THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'operator_actions is append-only: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$
"""
BEFORE = """
CREATE OR REPLACE FUNCTION operator_actions_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'operator_actions is append-only: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$
"""
DROP = "DROP TRIGGER operator_actions_append_only ON operator_actions"
BY_ROW = """
CREATE TRIGGER operator_actions_append_only BEFORE UPDATE OR DELETE ON operator_actions
    FOR EACH ROW EXECUTE FUNCTION operator_actions_refuse_change()
"""
WHOLE = """
CREATE TRIGGER operator_actions_never_emptied BEFORE TRUNCATE ON operator_actions
    FOR EACH STATEMENT EXECUTE FUNCTION operator_actions_refuse_change()
"""
STATEMENT = """
CREATE TRIGGER operator_actions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON operator_actions
    FOR EACH STATEMENT EXECUTE FUNCTION operator_actions_refuse_change()
"""
ALWAYS = "ALTER TABLE operator_actions ENABLE ALWAYS TRIGGER operator_actions_append_only"
ALWAYS_WHOLE = "ALTER TABLE operator_actions ENABLE ALWAYS TRIGGER operator_actions_never_emptied"


class Migration(migrations.Migration):

    dependencies = [("trace", "0010_why")]

    operations = [
        migrations.RunSQL(
            [REFUSE, DROP, BY_ROW, WHOLE, ALWAYS, ALWAYS_WHOLE],
            ["DROP TRIGGER operator_actions_never_emptied ON operator_actions", DROP, BEFORE, STATEMENT, ALWAYS],
            hints={"database": "default"},
        )
    ]
