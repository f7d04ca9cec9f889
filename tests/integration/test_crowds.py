"""Whatever waits behind 10,000 rows that are not eligible, and by `make thorough` behind 100,000, is found, in every
table that is swept, claimed or projected: without looking through it, and without a query for each row."""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pymongo
import pytest
from psycopg.rows import tuple_row

from distviz.trace import sweeps
from distviz.trace.quiet import ANY_OPEN, IS_QUIET
from protocols.event_sourcing import checkpoint, projection
from protocols.event_sourcing.recovery import following, redriving
from protocols.outbox import outbox
from protocols.outbox.recovery import stopped, unanswered
from protocols.saga.recovery import account as saga
from tests.support.stack import Stack, running, wait_for

pytestmark = pytest.mark.timeout(900)  # its history is made within its first test
HELD = '{"at": "account.in_tx", "pid": 1, "host": "another machine", "started": "1", "mid": "m"}'

_RUN = """
INSERT INTO runs (id, protocol, account, amount, note, mode, status, ending, outcome, verdict, trace_id, span_id, seq,
    open, deliveries, money, holding, scope, key, body_hash, created_at, updated_at)
SELECT gen_random_uuid(), (ARRAY['saga', 'outbox', 'event_sourcing', 'dual_write', 'monolith'])[1 + n %% 5], 'crowd', 1,
    '', 'run', 'needs_attention', '', '', 'consistent', '', '', 0, 0, '{}'::jsonb, '{}'::jsonb, NULL::jsonb, '', '', '',
    now() - interval '1 day', now() - interval '1 day' FROM generate_series(1, %(n)s) n
UNION ALL SELECT gen_random_uuid(), 'two_phase', 'crowd', 1,
    '', 'run', 'needs_attention', '', '', 'consistent', '', '', 0, 0, '{}', '{}', %(held)s::jsonb, '', '', '',
    now() - interval '1 day', now() - interval '1 day'
FROM generate_series(1, %(n)s)
"""
_ASLEEP = """
INSERT INTO runs (id, protocol, account, amount, note, mode, status, ending, outcome, verdict, trace_id, span_id, seq,
    open, deliveries, money, scope, key, body_hash, created_at, updated_at, wake_at)
SELECT gen_random_uuid(), (ARRAY['saga', 'outbox', 'event_sourcing', 'dual_write', 'monolith'])[1 + n %% 5], 'crowd', 1,
    '', 'run', 'retrying', '', '', 'consistent', '', '', 0, 0, '{}', '{}', '', '', '',
    now() - interval '2 days', now() - interval '2 days', now() + interval '1 day'
FROM generate_series(1, %(n)s - 100) n
"""
_OUTBOX = """
INSERT INTO outbox
    (event_type, payload, account, withdrawal_id, message_id, headers, status, claimed_at, due_at, attempts)
SELECT 'MoneyDeducted', '{}'::jsonb, 'crowd-' || n, gen_random_uuid(), gen_random_uuid(), '{}'::jsonb, 'sent',
    now() - interval '1 day', now() - interval '1 day', 1 FROM generate_series(1, %(n)s) n
UNION ALL SELECT 'MoneyDeducted', '{}', 'crowd', gen_random_uuid(), gen_random_uuid(), '{"waits": true}', 'pending',
    NULL, now() + CASE n WHEN 1 THEN 1 ELSE -1 END * interval '1 day', 0 FROM generate_series(1, %(n)s) n
UNION ALL SELECT 'MoneyDeducted', '{}', 'crowd', gen_random_uuid(), gen_random_uuid(), '{}', 'acknowledged',
    now(), now(), 1 FROM generate_series(1, %(n)s)
"""
_INBOX = """
INSERT INTO inbox (consumer, message_id, withdrawal_id, received_at, duplicates)
SELECT 'crowd.crowd', gen_random_uuid(), gen_random_uuid(), now(), 0 FROM generate_series(1, %(n)s)
"""
CROWDS = [
    ("default", _RUN),
    ("default", _ASLEEP),
    (
        "default",
        """INSERT INTO two_phase_participants (tx_id, name, place, begun_at)
        SELECT id, 'account', 1, now() - interval '1 day' FROM runs
        WHERE account = 'crowd' AND protocol = 'two_phase'""",
    ),
    (
        "default",
        """INSERT INTO two_phase_decisions (tx_id, decision, ends_as, decided_by, at, ended_at)
        SELECT gen_random_uuid(), 'COMMIT', 'succeeded', 'crowd', now(), now() FROM generate_series(1, %(n)s)""",
    ),
    (
        "default",
        """INSERT INTO parked_messages (id, run_id, name, lane, "to", why, state, wire, at, due_at)
        SELECT gen_random_uuid(), id, 'crowd', 'api', 'account', 'reorder', 'delivered', '{}', now(),
            now() - interval '1 day' FROM runs
        WHERE account = 'crowd' AND protocol = 'two_phase'""",
    ),
    (
        "default",
        """INSERT INTO dead_letters (service, name, payload, digest, error, attempts, at, state)
        SELECT 'account', 'crowd', '{}', '', '', 1, now(), 'requeued' FROM generate_series(1, %(n)s)""",
    ),
    (
        "default",
        """INSERT INTO run_faults (run_id, at, "do", times, ms, fired)
        SELECT id, 'projector.in_batch', 'error', 1, 0, 0 FROM runs
        WHERE account = 'crowd' AND protocol = 'two_phase'""",
    ),
    ("account", _OUTBOX),
    ("payment", _OUTBOX),
    ("account", _INBOX),
    ("payment", _INBOX),
    (
        "account",
        """INSERT INTO saga_log (tx_id, user_id, amount, status, reason, created_at, updated_at)
        SELECT gen_random_uuid(), 'crowd', 1, 'pending', '', now(), now() - interval '1 day'
        FROM generate_series(1, %(n)s)""",
    ),
    (
        "events",
        """INSERT INTO open_withdrawals (withdrawal_id, account, touched_at)
        SELECT gen_random_uuid(), 'crowd', now() - interval '1 day' FROM generate_series(1, %(n)s)""",
    ),
    (
        "events",
        """INSERT INTO events (aggregate, version, type, withdrawal_id, data)
        SELECT 'account:crowd', n, 'BalanceChecked', gen_random_uuid(), '{"amount": "1.00"}'
        FROM generate_series(1, %(n)s) n""",
    ),
    (
        "events",
        """INSERT INTO balance_view (account, balance, version, position, error)
        SELECT 'crowd-' || n, 0, 1, 1, '' FROM generate_series(1, %(n)s) n""",
    ),
]


@pytest.fixture(scope="module", params=[10_000, pytest.param(100_000, marks=pytest.mark.thorough)])
def many(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module")
def crowded(many: int) -> Iterator[Stack]:
    """A stack of its own: nobody has to clean up."""
    with running(env={"MAX_OPEN_RUNS": str(many)}) as stack:
        for alias, sql in CROWDS:
            stack.sql(alias, sql, n=many, held=HELD)
        _crowd_of_notifications(stack, many)
        for alias in ("default", "account", "payment", "events"):
            stack.sql(alias, "ANALYZE")
        read = "SELECT (SELECT max(position) FROM events) <= position AS done FROM checkpoint"
        wait_for(lambda: stack.sql("events", read)[0]["done"], 120, "the crowd is projected")
        yield stack


def _crowd_of_notifications(stack: Stack, many: int) -> None:
    client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(stack.dsn("notification"))
    with client:
        sent = client.get_default_database("notification")["notifications"]
        for start in range(0, many, 1000):
            numbers = range(start, start + 1000)
            sent.insert_many({"_id": f"crowd-{n}:withdrawn", "withdrawal_id": f"crowd-{n}"} for n in numbers)


# What is lost or late, where somebody finds it, and how the run ends all the same.
ELIGIBLE = {
    "a message in the outbox of the account": ("outbox", "message.MoneyDeducted:drop", "succeeded"),
    "a message in the outbox of the payment": ("outbox", "message.PaymentProcessed:drop", "succeeded"),
    "a row that the relay claims": ("outbox", "", "succeeded"),
    "a row of the saga log": ("saga", "message.MoneyDeducted:drop", "succeeded"),
    "a refund in the saga log": ("saga", "payment.in_tx:decline message.MoneyRefunded:drop", "compensated"),
    "a withdrawal of the to-do list": ("event_sourcing", "message.MoneyDeducted:drop", "succeeded"),
    "a transaction that is not decided": ("two_phase", "message.PaymentVoted:drop", "failed"),
    "a decision that is not carried out": ("two_phase", "message.CommitPayment:drop", "succeeded"),
    "an email that lies ready": ("two_phase", "message.CommitNotification:drop", "succeeded"),
    "a run that has not begun": ("saga", "message.WithdrawalRequested:drop", "succeeded"),
    "a run that is settled": ("dual_write", "message.MoneyDeducted:drop", "inconsistent"),
    "a parked message that is due": ("saga", "message.MoneyDeducted:reorder:1:500", "succeeded"),
    "a retry": ("saga", "payment.in_tx:error:2", "succeeded"),
}


@pytest.mark.parametrize(("number", "what"), enumerate(ELIGIBLE), ids=list(ELIGIBLE))
def test_it_is_found_behind_all_others(crowded: Stack, number: int, what: str) -> None:
    protocol, faults, status = ELIGIBLE[what]
    run_id = crowded.withdraw(protocol, f"account-{10 + number}", *faults.split())
    assert crowded.ended(run_id, 60)["status"] == status


def test_events_behind_all_others_are_projected(crowded: Stack) -> None:
    name = "account-30"
    assert crowded.ended(crowded.withdraw("event_sourcing", name), 60)["status"] == "succeeded"
    address = f"/api/accounts/event_sourcing/{name}"
    wait_for(lambda: crowded.client.get(address).json()["projected"] == "900.00", 20, "the read model follows")


def test_a_run_whose_holder_died_is_found(crowded: Stack) -> None:
    run_id = crowded.withdraw("saga", "account-31", "account.in_tx:hold")
    wait_for(lambda: crowded.run(run_id)["holding"], 20, "it is held")
    killed = crowded.kill("worker:account")
    crowded.back("worker:account", killed)
    wait_for(lambda: not crowded.run(run_id)["holding"], 30, "its holder is gone")
    assert crowded.ended(run_id, 60)["status"] == "succeeded"


# --- what the passes look at ----------------------------------------------------------------------------------------

_STUCK = f"SELECT * FROM runs WHERE {IS_QUIET} ORDER BY GREATEST(touched, wake_at) LIMIT 100 FOR UPDATE SKIP LOCKED"
_QUIET = f"SELECT id FROM runs WHERE protocol = 'saga' AND {IS_QUIET} ORDER BY GREATEST(updated_at, wake_at)"
_HOLDERS = "SELECT DISTINCT holding->'pid' FROM runs WHERE finished_at IS NULL AND holding IS NOT NULL"
NOBODY: dict[str, Any] = {"age": 1, "runs": ["00000000-0000-4000-8000-000000000001"]}
PASSES = {
    "claim": ("account", outbox.CLAIM, {"by_hand": True}),
    "sent and unanswered": ("account", unanswered.UNANSWERED, NOBODY),
    "left to a stopped relay": ("account", stopped.OPEN, NOBODY),
    "told of a stopped relay": ("account", stopped.WAITING, {}),
    "saga log": ("account", saga._STILL_OPEN, NOBODY),
    "to-do list": ("events", redriving._STILL_OPEN, NOBODY),
    "projection": ("events", projection.READ, {}),
    "anything to project": ("events", following._PENDING, {}),
    "parked streams": ("events", "SELECT account, error FROM balance_view WHERE error <> '' ORDER BY account", {}),
    "stuck runs": ("default", _STUCK, {"age": 1}),
    "quiet runs": ("default", _QUIET, {"age": 1}),
    "anything open": ("default", ANY_OPEN, {}),
    "parked and due": ("default", sweeps._DUE, {}),
    "dead letters": ("default", "SELECT count(*) FROM dead_letters WHERE state = 'dead'", {}),
    "lag": ("events", checkpoint.BACKLOG.sql, {}),
}
FEW = 2_000  # rows
ENOUGH = 100_000  # for the planner to see what it costs


def looked_at(plan: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """(node, rows that it touched) of a plan that was carried out."""
    rows = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
    if "Scan" in plan["Node Type"] and "Relation Name" in plan:
        yield f"{plan['Node Type']} on {plan['Relation Name']}", rows * plan["Actual Loops"]
    for child in plan.get("Plans", []):
        yield from looked_at(child)


@pytest.mark.parametrize("name", PASSES)
def test_no_pass_looks_through_a_table(crowded: Stack, many: int, name: str) -> None:
    alias, sql, params = PASSES[name]
    with psycopg.connect(crowded.dsn(alias), row_factory=tuple_row, cursor_factory=psycopg.ClientCursor) as connection:
        if many < ENOUGH:  # so small a table may be read whole; an index has to be there all the same
            connection.execute("SET LOCAL enable_seqscan = off")
        found = connection.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + sql, params | {"after": many}).fetchone()
        connection.rollback()
    assert found is not None
    touched = list(looked_at(found[0][0]["Plan"]))
    assert [node for node in touched if node[1] > FEW] == []


_COUNTED = """
import json
from collections import Counter
from contextlib import ExitStack
from django.conf import settings
from django.db import connections
from distviz.trace import sweeps

done = Counter()

def count(alias):
    def wrapper(execute, sql, params, many, context):
        done[alias] += 1
        return execute(sql, params, many, context)
    return wrapper

with ExitStack() as stack:
    for alias in connections:
        stack.enter_context(connections[alias].execute_wrapper(count(alias)))
    for queue in sweeps.QUEUES:
        sweeps.once(queue, settings.SWEEP_AFTER)
print(json.dumps(done))
"""


def test_a_pass_over_everything_takes_few_statements(crowded: Stack) -> None:
    done = json.loads(crowded.manage("shell", "-c", _COUNTED).stdout.splitlines()[-1])
    assert sum(done.values()) < 200, done
