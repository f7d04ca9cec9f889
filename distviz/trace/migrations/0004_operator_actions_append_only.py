"""What people did stays on record, for whoever would rather change it: the app, an operator, the owner of the table."""

from django.db import migrations

APPEND_ONLY = [
    """
CREATE FUNCTION operator_actions_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'operator_actions is append-only: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$
""",
    """
CREATE TRIGGER operator_actions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON operator_actions
    FOR EACH STATEMENT EXECUTE FUNCTION operator_actions_refuse_change()
""",
    "ALTER TABLE operator_actions ENABLE ALWAYS TRIGGER operator_actions_append_only",
]


class Migration(migrations.Migration):

    dependencies = [("trace", "0003_operator_actions")]

    operations = [
        migrations.RunSQL(
            APPEND_ONLY,
            [
                "DROP TRIGGER operator_actions_append_only ON operator_actions",
                "DROP FUNCTION operator_actions_refuse_change()",
            ],
            hints={"database": "default"},
        )
    ]
