"""Which runs tell how a protocol behaves: those that only their own faults, and nobody's hands, have had a part in."""

# A condition on a run `r`. Its first event says what it is: a rival, a withdrawal that a lesson sends after another, a
# run without some of the guards. A run that had a rival waited for it, or made it wait: the rival is looked for among
# the runs that began on the same account meanwhile. In step mode a person is the network, also if nobody came and the
# run went on by itself after minutes; what operators do to a run is on record.
IS_EVIDENCE = """r.mode = 'run' AND r.outcome_params #>> '{why,code}' IS DISTINCT FROM 'insufficient_funds'
    AND NOT EXISTS (SELECT 1 FROM run_events e WHERE e.run_id = r.id AND e.seq = 1 AND (
        e.data->>'rival_of' IS NOT NULL OR e.data->>'second' = 'true' OR e.data->>'mode' = 'step'
        OR COALESCE(NULLIF(e.data->'guards_off', 'null'::jsonb), '[]'::jsonb) <> '[]'::jsonb))
    AND NOT EXISTS (SELECT 1 FROM runs o JOIN run_events e ON e.run_id = o.id AND e.seq = 1
        WHERE o.account = r.account AND o.protocol = r.protocol AND e.data->>'rival_of' = r.id::text
        AND o.created_at BETWEEN r.created_at AND COALESCE(r.finished_at, now()))
    AND NOT EXISTS (SELECT 1 FROM operator_actions a WHERE a.run_id = r.id AND a.what NOT IN ('fork', 'rival'))"""
