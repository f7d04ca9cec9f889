"""A run with a thousand events: a real one whose failed attempt comes again and again in its log."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from tests.support.stack import Stack

_COPY_RUN = """
INSERT INTO runs (id, protocol, account, amount, note, mode, status, ending, outcome, verdict, trace_id, span_id,
                  seq, open, deliveries, money, scope, key, body_hash, created_at, updated_at, finished_at)
SELECT %(new)s, protocol, account, amount, 'lengthened', mode, status, ending, outcome, verdict, trace_id, span_id,
       seq, open, deliveries, money, '', '', '', created_at, updated_at, finished_at
FROM runs WHERE id = %(old)s RETURNING id
"""
# The attempt is the block of events from `first` to `last`; it comes `times` times, what is later moves down and on.
_COPY_EVENTS = """
WITH block AS (
    SELECT %(first)s::int AS first, %(last)s::int AS last, %(last)s::int - %(first)s::int + 1 AS size,
           (SELECT max(at) - min(at) + interval '40 ms' FROM run_events
            WHERE run_id = %(old)s AND seq BETWEEN %(first)s AND %(last)s) AS took
), turns AS (
    SELECT e.*, turn, block.size, block.took, e.seq BETWEEN block.first AND block.last AS inside,
           e.seq > block.last AS after
    FROM run_events e, block, generate_series(0, %(times)s - 1) AS turn
    WHERE e.run_id = %(old)s AND (turn = 0 OR e.seq BETWEEN block.first AND block.last)
)
INSERT INTO run_events (run_id, seq, at, lane, "to", kind, name, phase, attempt, caused_by, span_id, changes,
                        statements, error, data)
SELECT %(new)s, seq + size * shift, at + took * shift, lane, "to", kind, name, phase,
       attempt + CASE WHEN inside THEN turn ELSE 0 END,
       CASE WHEN caused_by IS NULL OR caused_by < %(first)s THEN caused_by ELSE caused_by + size * shift END,
       CASE WHEN inside AND turn > 0 THEN lpad(to_hex(turn), 16, '0') ELSE span_id END, changes, statements, error, data
FROM (SELECT *, CASE WHEN inside THEN turn WHEN after THEN %(times)s - 1 ELSE 0 END AS shift FROM turns) placed
RETURNING seq
"""
_COUNT = """
UPDATE runs SET seq = (SELECT max(seq) FROM run_events WHERE run_id = %(new)s) WHERE id = %(new)s RETURNING seq
"""


def lengthen(stack: Stack, run_id: str, first: int, last: int, events: int = 1000) -> str:
    """A copy of a finished run in whose log the events `first` to `last` come again until there are so many."""
    new = str(uuid4())
    have = len(stack.events(run_id))
    times = 1 + -(-(events - have) // (last - first + 1))
    stack.sql("default", _COPY_RUN, old=run_id, new=new)
    stack.sql("default", _COPY_EVENTS, old=run_id, new=new, first=first, last=last, times=times)
    stack.sql("default", _COUNT, new=new)
    return new


@contextmanager
def lengthened(stack: Stack, run_id: str, first: int, last: int, events: int = 1000) -> Iterator[str]:
    """The same for one test: the auditor would ask for its payment, so it does not stay."""
    new = lengthen(stack, run_id, first, last, events)
    try:
        yield new
    finally:
        stack.sql("default", "DELETE FROM run_events WHERE run_id = %(new)s", new=new)
        stack.sql("default", "DELETE FROM runs WHERE id = %(new)s", new=new)
