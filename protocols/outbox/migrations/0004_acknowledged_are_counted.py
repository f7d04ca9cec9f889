"""Acknowledged rows are counted as they become it, so that no page has to count them. Eight shards: two that become it
at once rarely meet."""

from django.db import migrations, models

_ADD = "ON CONFLICT (shard) DO UPDATE SET n = c.n + EXCLUDED.n"
COUNT = [
    "INSERT INTO outbox_counts (shard, n) SELECT 0, count(*) FROM outbox WHERE status = 'acknowledged'",
    f"""
CREATE FUNCTION outbox_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox_counts AS c (shard, n)
    VALUES (floor(random() * 8)::int, CASE NEW.status WHEN 'acknowledged' THEN 1 ELSE -1 END) {_ADD};
    RETURN NULL;
END $$
""",
    """
CREATE TRIGGER outbox_counted AFTER UPDATE OF status ON outbox FOR EACH ROW
    WHEN ((OLD.status = 'acknowledged') <> (NEW.status = 'acknowledged')) EXECUTE FUNCTION outbox_count()
""",
    # Many rows in one statement are one sum: row by row each would look through all versions that the others left.
    f"""
CREATE FUNCTION outbox_count_all() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    many bigint;
BEGIN
    SELECT count(*) INTO many FROM changed WHERE status = 'acknowledged';
    IF many > 0 THEN
        INSERT INTO outbox_counts AS c (shard, n)
        VALUES (floor(random() * 8)::int, CASE TG_OP WHEN 'DELETE' THEN -many ELSE many END) {_ADD};
    END IF;
    RETURN NULL;
END $$
""",
    """
CREATE TRIGGER outbox_counted_at_once AFTER INSERT ON outbox REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION outbox_count_all()
""",
    """
CREATE TRIGGER outbox_counted_back AFTER DELETE ON outbox REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION outbox_count_all()
""",
    """
CREATE FUNCTION outbox_count_anew() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM outbox_counts;
    RETURN NULL;
END $$
""",
    "CREATE TRIGGER outbox_counted_anew AFTER TRUNCATE ON outbox FOR EACH STATEMENT EXECUTE FUNCTION outbox_count_anew()",
]
BACK = [
    *(
        f"DROP TRIGGER {name} ON outbox"
        for name in ("outbox_counted_anew", "outbox_counted_back", "outbox_counted_at_once", "outbox_counted")
    ),
    *(f"DROP FUNCTION {name}()" for name in ("outbox_count_anew", "outbox_count_all", "outbox_count")),
]


class Migration(migrations.Migration):

    dependencies = [
        ('outbox', '0003_eligible_rows'),
    ]

    operations = [
        migrations.CreateModel(
            name='OutboxCount',
            fields=[
                ('shard', models.IntegerField(primary_key=True, serialize=False)),
                ('n', models.BigIntegerField()),
            ],
            options={
                'verbose_name_plural': 'outbox counts',
                'db_table': 'outbox_counts',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='PaymentOutboxCount',
            fields=[
                ('shard', models.IntegerField(primary_key=True, serialize=False)),
                ('n', models.BigIntegerField()),
            ],
            options={
                'verbose_name_plural': 'outbox counts',
                'db_table': 'outbox_counts',
                'abstract': False,
            },
        ),
        *(migrations.RunSQL(COUNT, BACK, hints={"database": alias}) for alias in ("account", "payment")),
    ]
