"""The run log and the counts, held against the runs. One statement each, so one snapshot: runs go on meanwhile."""

from distviz.codes import Reason
from distviz.services.places import COORDINATOR, of_runs

# Each run has its events 1..n; the first says what was asked for, and the last one of a run that is over how it ended.
GAP, NO_END, OF_ELSE, OTHERWISE = "log_has_a_gap", "log_without_its_end", "log_of_something_else", "log_ends_otherwise"
_LOG = f"""
WITH log AS (
    SELECT e.run_id, count(*) AS n, max(e.seq) AS last, count(*) FILTER (WHERE e.kind = 'finished') AS ends
    FROM run_events e JOIN runs r ON r.id = e.run_id WHERE r.protocol = %(p)s AND {of_runs("e.run_id")}
    GROUP BY e.run_id
)
SELECT r.id::text AS run, CASE
    WHEN (COALESCE(log.n, 0), COALESCE(log.last, 0)) <> (r.seq, r.seq) THEN '{GAP}'
    WHEN COALESCE(log.ends, 0) <> (r.finished_at IS NOT NULL)::int THEN '{NO_END}'
    WHEN first.data->>'amount' <> r.amount::text OR first.data->>'account' <> r.account THEN '{OF_ELSE}'
    WHEN last.name <> r.status OR last.data->>'verdict' <> r.verdict OR left(last.data->>'outcome', 300) <> r.outcome
        OR last.data->'reason'->>'code' <> r.outcome_code OR last.data->'reason'->'params' <> r.outcome_params
        THEN '{OTHERWISE}'
    END AS code
FROM runs r LEFT JOIN log ON log.run_id = r.id
LEFT JOIN run_events first ON first.run_id = r.id AND first.seq = 1 AND first.kind = 'request'
LEFT JOIN run_events last ON last.run_id = r.id AND last.seq = r.seq AND r.finished_at IS NOT NULL
WHERE r.protocol = %(p)s AND {of_runs("r.id")}
"""
_WRONG = f"SELECT run, code FROM ({_LOG}) AS found WHERE code IS NOT NULL"
_COUNTS = """
SELECT COALESCE(c.status, r.status) AS status, COALESCE(c.verdict, r.verdict) AS verdict FROM (
    SELECT status, verdict, sum(n) AS n FROM run_counts WHERE protocol = %(p)s GROUP BY 1, 2 HAVING sum(n) <> 0) c
FULL JOIN (
    SELECT status, verdict, count(*) AS n FROM runs WHERE protocol = %(p)s AND finished_at IS NOT NULL GROUP BY 1, 2) r
USING (status, verdict) WHERE c.n IS DISTINCT FROM r.n
"""


def broken_logs(protocol: str, runs: list[str] | None) -> list[Reason]:
    asked = {"p": protocol, "runs": runs}
    return [Reason.of(row["code"], run=row["run"]) for row in COORDINATOR.ask(_WRONG, asked)]


def wrong_counts(protocol: str) -> list[Reason]:
    found = COORDINATOR.ask(_COUNTS, {"p": protocol})
    return [Reason.of("counted_otherwise", status=row["status"], verdict=row["verdict"]) for row in found]
