"""What a run costs: statements, transactions that write, and commands to Valkey, as the servers count them. Not clocks,
so it is the same on any machine."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import redis

from tests.support.stack import Stack, running, wait_for

SERVERS = {"lab": ("default", "monolith", "events"), "account": ("account",), "payment": ("payment",)}
IDLE_S = 2.0
# No sweep comes meanwhile: what it asks is no run's.
QUIET = {"RECOVERY_INTERVAL": "3600", "RECOVERY_MIN_AGE": "3600", "SWEEP_AFTER": "3600"}
_STATEMENTS = """
SELECT d.datname AS name, s.query, s.calls FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
WHERE s.userid <> (SELECT oid FROM pg_roles WHERE rolname = current_user)
"""
_NUMBERS = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next"
# What a message costs, and a hint to the pages. Polls of queues, heartbeats and housekeeping go on without runs, too.
_OF_RUNS = {"lpush", "zadd", "hset", "multi", "exec", "zrem", "hdel", "xadd"}


@contextmanager
def counted() -> Iterator[Stack]:
    """A stack whose servers count their statements. The extension is loaded when they start, so they start twice."""
    with running(env=QUIET) as stack:
        for alias, *_others in SERVERS.values():
            for setting in ("shared_preload_libraries = 'pg_stat_statements'", "autovacuum = off"):
                stack.sql(alias, f"ALTER SYSTEM SET {setting}")
        stack.stop()
        stack.start(accounts=0)
        for aliases in SERVERS.values():
            for alias in aliases:
                stack.sql(alias, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        yield stack


@dataclass
class Cost:
    """Of one run, on average; all but the numbers by what they are counted for."""

    statements: Counter[str] = field(default_factory=Counter)  # by database
    transactions: Counter[str] = field(default_factory=Counter)  # by server
    commands: Counter[str] = field(default_factory=Counter)
    queries: Counter[tuple[str, str]] = field(default_factory=Counter)

    def lines(self, name: str) -> str:
        lines = [f"{name}: {self.brief()}"]
        for what in (self.statements, self.transactions, self.commands, self.queries):
            lines += [f"  {count:6.2f}  {of}" for of, count in what.most_common()]
        return "\n".join(line[:220] for line in lines)

    def brief(self) -> tuple[int, int, int]:
        totals = (self.statements, self.transactions, self.commands)
        statements, transactions, commands = (round(sum(each.values())) for each in totals)
        return statements, transactions, commands


def of(stack: Stack, protocol: str, runs: int, accounts: Iterator[str]) -> Cost:
    """One run after the other; the first warms the workers up and is not counted."""
    one(stack, protocol, next(accounts))
    idle = Reading(stack)
    time.sleep(IDLE_S)
    before = Reading(stack)
    for _ in range(runs):
        one(stack, protocol, next(accounts))
    return before.cost(settled(stack, before), runs, idle)


def one(stack: Stack, protocol: str, account: str) -> None:
    run = stack.withdraw(protocol, account)
    over = "SELECT 1 FROM runs WHERE id = %s AND finished_at IS NOT NULL"
    wait_for(lambda: stack.sql("default", over, run), 30, f"{run} is over")


def settled(stack: Stack, before: "Reading") -> "Reading":
    """What a run has left to do after its end is done when nothing is counted any more."""
    last = [before]

    def same() -> bool:
        now = Reading(stack)
        done = now.queries == last[0].queries
        last[0] = now
        return done

    wait_for(same, 20, "nothing goes on")
    return last[0]


class Reading:
    """The servers' counters at this moment."""

    def __init__(self, stack: Stack) -> None:
        self.at = time.monotonic()
        self.queries: Counter[tuple[str, str]] = Counter()
        for aliases in SERVERS.values():
            for row in stack.sql(aliases[0], _STATEMENTS):
                self.queries[row["name"], " ".join(row["query"].split())] += row["calls"]
        self.numbers = {server: stack.sql(aliases[0], _NUMBERS)[0]["next"] for server, aliases in SERVERS.items()}
        self.commands = _commands(stack)

    def cost(self, after: "Reading", runs: int, idle: "Reading") -> Cost:
        cost = Cost()
        for (name, query), calls in (after.queries - self.queries).items():
            cost.queries[name, query] = calls / runs  # type: ignore[assignment]
            cost.statements[name] += calls / runs  # type: ignore[assignment]
        for server, number in after.numbers.items():
            cost.transactions[server] = (number - self.numbers[server]) / runs
        share = (after.at - self.at) / (self.at - idle.at)
        for command, calls in (after.commands - self.commands).items():
            by_itself = (self.commands[command] - idle.commands[command]) * share
            cost.commands[command] = max(0, calls - by_itself) / runs  # type: ignore[assignment]
        return cost


def _commands(stack: Stack) -> Counter[str]:
    found: Counter[str] = Counter()
    with redis.Redis.from_url(stack.at().redis) as client:
        for name, counts in client.info("commandstats").items():
            command = name.removeprefix("cmdstat_").split("|")[0]
            if command in _OF_RUNS:
                found[command] += counts["calls"]
    found["brpop"] = found["lpush"]  # what is put into a queue is taken out of it
    return found
