"""What is read after healing: runs, balances, books, and what is left over in servers and broker."""

import http.client
import json
import subprocess
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import psycopg
import redis

from distviz.chaos.clients import ClientThread
from distviz.chaos.own import OwnStack
from distviz.chaos.verdict import CampaignEvidence, RunRow
from distviz.chaos.workload import OPENING
from distviz.codes import Reason
from distviz.trace import known

_OPEN = "SELECT count(*) AS n FROM runs WHERE finished_at IS NULL"
_RUNS = """
SELECT id::text, protocol, account, amount, status, note, finished_at IS NOT NULL AS over,
    COALESCE(extract(epoch FROM finished_at - created_at), 0)::float AS took,
    COALESCE(extract(epoch FROM finished_at), 0)::float AS ended FROM runs
"""
_FIRED = 'SELECT at, "do", sum(fired)::int AS n FROM run_faults GROUP BY at, "do"'
_PREPARED = "SELECT gid FROM pg_prepared_xacts WHERE starts_with(gid, %(prefix)s) AND database = current_database()"
_IDLE = """
SELECT datname || ' ' || application_name AS session FROM pg_stat_activity
WHERE datname = current_database() AND state LIKE 'idle in transaction%%' AND now() - state_change > interval '5 s'
"""
# How a question fails: no connection, no answer in time, or an answer that is an error's.
NO_ANSWER = (
    psycopg.Error,
    redis.RedisError,
    OSError,
    http.client.HTTPException,
    subprocess.SubprocessError,
    LookupError,
    TypeError,
    ValueError,
)
QUIET_S = 15.0  # what a broker may take to deliver again what nobody has acknowledged


def until_over(stack: OwnStack, seconds: float) -> bool:
    """Whether every run has ended in time."""

    def over() -> bool:
        try:
            return not stack.sql("default", _OPEN)[0]["n"]
        except psycopg.Error:
            return False

    return stack.waited(over, seconds, 0.2)


def fired(stack: OwnStack) -> dict[str, int]:
    """The failures of single runs that took place, by action."""
    found: dict[str, int] = {}
    for row in stack.sql("default", _FIRED):
        found[row["do"]] = found.get(row["do"], 0) + row["n"]
    return found


def until_quiet(stack: OwnStack) -> tuple[int, int]:
    """(not acknowledged, waiting) in the broker, once both are 0 or the time is up."""
    found = (0, 0)

    def quiet() -> bool:
        nonlocal found
        try:
            found = _in_the_broker(stack)
        except redis.RedisError:
            return False
        return found == (0, 0)

    stack.waited(quiet, QUIET_S, 0.3)
    return found


def _in_the_broker(stack: OwnStack) -> tuple[int, int]:
    broker, prefix = stack.broker(), stack.places["broker"]["keyprefix"]
    unacked: Any = broker.hlen(f"{prefix}unacked")
    waiting: list[Any] = [broker.llen(f"{prefix}{queue}") for queue in stack.places["broker"]["queues"]]
    return int(unacked), sum(map(int, waiting))


def gather(
    stack: OwnStack, bank: Sequence[ClientThread], healed: float, in_time: float, not_ready: str
) -> CampaignEvidence:
    """Everything that the verdict is made from."""
    unacked, queued = until_quiet(stack)
    operations = [operation for client in bank for operation in client.operations]
    _look_once_more(bank)
    rows = [RunRow(**row) for row in stack.sql("default", _RUNS)]
    balances, projected = _balances(stack)
    return CampaignEvidence(
        operations=operations,
        runs=rows,
        balances=balances,
        projected=projected,
        opening=OPENING,
        lossy=frozenset(key for key in known.KNOWN if known.may_lose(key)),
        broken=_books(stack),
        prepared=_prepared(stack),
        idle=[row["session"] for alias in _databases(stack) for row in stack.sql(alias, _IDLE)],
        unacked=unacked,
        queued=queued,
        not_ready=not_ready,
        died=[client.error for client in bank if client.error],
        healed=healed,
        in_time=in_time,
    )


def _look_once_more(bank: Sequence[ClientThread]) -> None:
    """What a client is told last counts as well; not of every run, of the last ones."""
    for client in bank:
        for operation in [operation for operation in client.operations if operation.runs][-5:]:
            client.look(operation)


def _balances(stack: OwnStack) -> tuple[dict[tuple[str, str], Decimal], dict[tuple[str, str], Decimal]]:
    _status, rows = stack.get("/api/accounts")
    balances = {(row["protocol"], row["name"]): Decimal(row["balance"]) for row in rows}
    projected = {(row["protocol"], row["name"]): Decimal(row["projected"]) for row in rows if "projected" in row}
    return balances, projected


def _books(stack: OwnStack) -> dict[str, list[Reason]]:
    """What the auditor finds broken, by protocol."""
    books = json.loads(stack.manage("books", "--json", check=False).stdout)
    return {key: [_broken(one) for one in book["invariants"] if not one["holds"]] for key, book in books.items()}


def _broken(one: dict[str, Any]) -> Reason:
    return Reason.of("chaos_broken", id=one["id"], found=Reason(one["code"], one["params"]))


def _prepared(stack: OwnStack) -> list[str]:
    prefix = stack.places["gid_prefix"]
    return [row["gid"] for alias in _databases(stack) for row in stack.sql(alias, _PREPARED, prefix=prefix)]


def _databases(stack: OwnStack) -> list[str]:
    return [alias for alias, place in stack.places["databases"].items() if place["engine"] == "postgresql"]
