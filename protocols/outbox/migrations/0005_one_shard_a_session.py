"""A statement may mark many rows as acknowledged. All of them count in the shard of its session: with a shard for each
row two sessions could wait for each other."""

from django.db import migrations

_COUNT = """
CREATE OR REPLACE FUNCTION outbox_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox_counts AS c (shard, n)
    VALUES ({shard}, CASE NEW.status WHEN 'acknowledged' THEN 1 ELSE -1 END)
    ON CONFLICT (shard) DO UPDATE SET n = c.n + EXCLUDED.n;
    RETURN NULL;
END $$
"""
OWN, ANY = _COUNT.format(shard="mod(pg_backend_pid(), 8)"), _COUNT.format(shard="floor(random() * 8)::int")


class Migration(migrations.Migration):

    dependencies = [
        ('outbox', '0004_acknowledged_are_counted'),
    ]

    operations = [
        *(migrations.RunSQL(OWN, ANY, hints={"database": alias}) for alias in ("account", "payment")),
    ]
