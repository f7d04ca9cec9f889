"""Copies of a withdrawal in an event store: appended to their stream, version by version, after a deposit that covers
them; and what is derived from the store goes along, as its projector and its snapshots would have it."""

import time
from decimal import Decimal

from django.db import transaction

from distviz.bench.copied_rows import Copies
from distviz.errors import Unavailable
from distviz.services import places

ALIAS = "events"
_WAIT_S = 60.0
# Nobody appends and nobody projects until the copies are there and projected.
_ALONE = "SELECT pg_advisory_xact_lock('events'::regclass::oid::bigint)"
_CHECKPOINT = """
SELECT c.position, COALESCE((SELECT max(position) FROM events), 0) AS newest FROM checkpoint c
WHERE c.name = 'accounts' FOR UPDATE
"""
_STREAM = "SELECT DISTINCT aggregate FROM events WHERE withdrawal_id = %(original)s"
_APPEND = """
WITH base AS (SELECT version FROM stream_balances WHERE aggregate = %(stream)s), pattern AS (
    SELECT row_number() OVER (ORDER BY version) AS j, count(*) OVER () AS size, type, data FROM events
    WHERE withdrawal_id = %(original)s)
INSERT INTO events (aggregate, version, type, withdrawal_id, data)
SELECT %(stream)s, version, type, withdrawal_id, data FROM (
    SELECT base.version + 1 AS version, 'MoneyDeposited' AS type, NULL::uuid AS withdrawal_id,
        jsonb_build_object('amount', %(more)s::text) AS data FROM base
    UNION ALL
    SELECT base.version + 1 + (n - %(first)s::int) * size + j, type, md5(%(original)s::text || n)::uuid, data
    FROM base, pattern, generate_series(%(first)s::int, %(last)s::int) AS n) AS fresh
ORDER BY version
"""
_DELTA = """CASE type WHEN 'MoneyDeposited' THEN (data->>'amount')::numeric
    WHEN 'MoneyRefunded' THEN (data->>'amount')::numeric WHEN 'MoneyDeducted' THEN -(data->>'amount')::numeric END"""
_HISTORY = f"""
INSERT INTO history_view (position, account, type, delta, balance, withdrawal_id, at)
SELECT e.position, v.account, e.type, {_DELTA}, v.balance + sum({_DELTA}) OVER (ORDER BY e.version), e.withdrawal_id,
    e.at
FROM events e JOIN balance_view v ON e.aggregate LIKE '%%:' || v.account
WHERE e.position > %(after)s AND {_DELTA} IS NOT NULL
"""
_BALANCE = """
UPDATE balance_view v SET balance = h.balance, at = h.at, version = e.version, position = e.position
FROM (SELECT * FROM history_view ORDER BY position DESC LIMIT 1) h,
    (SELECT * FROM events ORDER BY position DESC LIMIT 1) e WHERE v.account = h.account
"""
_SNAPSHOTS = f"""
INSERT INTO snapshots (aggregate, version, state, format, seal)
SELECT aggregate, version, state, 1, snapshot_seal(aggregate, version, state) FROM (
    SELECT aggregate, version, jsonb_build_object(
        'balance', round(before.balance + sum({_DELTA}) OVER stream, 2)::text,
        'deposited', round(before.deposited + sum({_DELTA}) FILTER (WHERE type = 'MoneyDeposited') OVER stream, 2)::text
    ) AS state
    FROM (SELECT * FROM events WHERE aggregate = %(stream)s AND position > %(after)s) e, (
        SELECT COALESCE(sum({_DELTA}), 0) AS balance,
            COALESCE(sum({_DELTA}) FILTER (WHERE type = 'MoneyDeposited'), 0) AS deposited
        FROM events WHERE aggregate = %(stream)s AND position <= %(after)s) AS before
    WINDOW stream AS (ORDER BY version)) AS folded
WHERE version %% 50 = 0
"""
_MOVE = """
UPDATE checkpoint SET position = (SELECT max(position) FROM events), at = clock_timestamp() WHERE name = 'accounts'
"""


def copy(copies: Copies, more: Decimal) -> None:
    deadline = time.monotonic() + _WAIT_S
    while not _copied(copies, more):
        if time.monotonic() > deadline:
            raise Unavailable("web_server_silent", where="the projector", text="the read models are behind the store")
        time.sleep(0.1)


def _copied(copies: Copies, more: Decimal) -> bool:
    """Not while the read models are behind the store: the projector goes first."""
    with transaction.atomic(using=ALIAS):
        places.ask(ALIAS, _ALONE)
        [at] = places.ask(ALIAS, _CHECKPOINT)
        if at["position"] != at["newest"]:
            return False
        [found] = places.ask(ALIAS, _STREAM, {"original": copies.original})
        asked = {"original": copies.original, "first": copies.first, "last": copies.last, "more": more}
        asked |= {"stream": found["aggregate"], "after": at["position"]}
        for statement in (_APPEND, _HISTORY, _BALANCE, _SNAPSHOTS, _MOVE):
            places.ask(ALIAS, statement, asked)
    return True
