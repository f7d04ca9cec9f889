"""Runs are counted as they end, so that no page has to count them. Eight shards: two that end at once rarely meet."""

from django.db import migrations

COUNT = [
    "UPDATE runs SET faulty = true WHERE EXISTS (SELECT 1 FROM run_faults f WHERE f.run_id = runs.id)",
    """
UPDATE runs SET attempts = e.most FROM (SELECT run_id, max(attempt) AS most FROM run_events GROUP BY run_id) e
WHERE e.run_id = runs.id
""",
    """
INSERT INTO run_counts (protocol, status, verdict, shard, n)
SELECT protocol, status, verdict, 0, count(*) FROM runs WHERE finished_at IS NOT NULL GROUP BY 1, 2, 3
""",
    """
CREATE FUNCTION runs_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO run_counts AS c (protocol, status, verdict, shard, n)
    VALUES (NEW.protocol, NEW.status, NEW.verdict, floor(random() * 8)::int, 1)
    ON CONFLICT (protocol, status, verdict, shard) DO UPDATE SET n = c.n + EXCLUDED.n;
    RETURN NULL;
END $$
""",
    # Many rows in one statement are one sum: row by row each would look through all versions that the others left.
    """
CREATE FUNCTION runs_count_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO run_counts AS c (protocol, status, verdict, shard, n)
    SELECT protocol, status, verdict, floor(random() * 8)::int, count(*) * CASE TG_OP WHEN 'DELETE' THEN -1 ELSE 1 END
    FROM changed WHERE finished_at IS NOT NULL GROUP BY 1, 2, 3
    ON CONFLICT (protocol, status, verdict, shard) DO UPDATE SET n = c.n + EXCLUDED.n;
    RETURN NULL;
END $$
""",
    """
CREATE TRIGGER runs_counted_at_end AFTER UPDATE OF finished_at ON runs FOR EACH ROW
    WHEN (OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL) EXECUTE FUNCTION runs_count()
""",
    """
CREATE TRIGGER runs_counted_at_once AFTER INSERT ON runs REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION runs_count_all()
""",
    """
CREATE TRIGGER runs_counted_back AFTER DELETE ON runs REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION runs_count_all()
""",
    """
CREATE FUNCTION runs_count_anew() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM run_counts;
    RETURN NULL;
END $$
""",
    "CREATE TRIGGER runs_counted_anew AFTER TRUNCATE ON runs FOR EACH STATEMENT EXECUTE FUNCTION runs_count_anew()",
]
BACK = [
    "DROP TRIGGER runs_counted_anew ON runs",
    "DROP TRIGGER runs_counted_back ON runs",
    "DROP TRIGGER runs_counted_at_once ON runs",
    "DROP TRIGGER runs_counted_at_end ON runs",
    "DROP FUNCTION runs_count_anew()",
    "DROP FUNCTION runs_count_all()",
    "DROP FUNCTION runs_count()",
    "DELETE FROM run_counts",
]


class Migration(migrations.Migration):

    dependencies = [("trace", "0006_finding")]

    operations = [migrations.RunSQL(COUNT, BACK, hints={"database": "default"})]
