"""The smallest bench with its floor and a bare chain: both are measured on the same servers, and leave no trace in the
lab's books, queues and prepared transactions."""

import json
import re
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import psutil
import psycopg
import pytest

from distviz.bench.beside.floor import PlainBank
from distviz.bench.beside.template import Hands, hands
from distviz.services.places import Place
from protocols.floor import FLOORS, Rows
from tests.support.stack import Stack

LISTED = [*(key for key in FLOORS if key != "dual_write"), "dual_write"]  # as they are asked for, not as they stand


def withdrawn(stack: Stack) -> dict[str, int]:
    """In the bench's own databases, that another bench may have filled before."""
    taken = "SELECT count(DISTINCT withdrawal_id) FROM ledger JOIN accounts a ON a.id = account_id WHERE protocol = %s"
    keys = ("saga", "outbox", "two_phase")
    try:
        with psycopg.connect(own_databases(stack)["account"]) as connection:
            return {key: connection.execute(taken, [key]).fetchone()[0] for key in keys}
    except psycopg.OperationalError:  # there is none yet
        return dict.fromkeys(keys, 0)


@pytest.fixture(scope="module")
def before(stack: Stack) -> dict[str, int]:
    return withdrawn(stack)


@pytest.fixture(scope="module")
def report(stack: Stack, before: dict[str, int]) -> dict:
    words = ["--floor", "--engine", "--rounds", "1", "--runs", "4", "--clients", "2", "--json"]
    found: dict = json.loads(stack.manage("bench", "--protocols", ",".join(LISTED), *words).stdout)
    return found


@pytest.mark.thorough
def test_the_floor_of_every_protocol_and_the_chain_are_measured(report: dict) -> None:
    assert [row for row in report["beside"] if "error" in row] == []
    floors = {row["of"]: row for row in report["beside"] if row["name"] == "floor"}
    assert set(floors) == set(FLOORS)
    for row in report["rows"]:
        assert 0 < floors[row["protocol"]]["p50_ms"] < row["p50_ms"]
    chain = next(row for row in report["beside"] if row["name"] == "celery")
    assert (chain["of"], chain["runs"]) == ("saga", 4)
    assert {(line["of"], line["to"]) for line in report["ratios"]} >= {("saga", "floor"), ("saga", "celery")}


def test_the_floor_has_withdrawn_in_its_own_databases(report: dict, before: dict[str, int], stack: Stack) -> None:
    number = {key: now - before[key] for key, now in withdrawn(stack).items()}
    each = 4 + 2 * 3  # those that are measured, and each client's first ones
    assert number["outbox"] == number["two_phase"] == each
    assert number["saga"] >= 2 * each  # of the floor and of the chain


def test_nothing_of_it_is_in_the_lab(report: dict, stack: Stack) -> None:
    assert stack.manage("books", check=False).returncode == 0
    assert stack.prepared("floor:%") == []
    others = [words for process in psutil.process_iter() if "engine_app" in (words := _words(process))]
    assert [words for words in others if str(stack.home) in words] == []


def _words(process: psutil.Process) -> str:
    try:
        return " ".join([*process.cmdline(), process.environ().get("DISTVIZ_BENCH", "")])
    except psutil.Error:
        return ""


class Noting(PlainBank):
    """A bank that notes what it was asked."""

    def __init__(self, at: Hands) -> None:
        super().__init__(at)
        self.asked: list[str] = []

    def run(self, place: Place, sql: str, **params: Any) -> Rows:
        self.asked.append(sql)
        return super().run(place, sql, **params)


@pytest.mark.parametrize("protocol", LISTED)
def test_a_floor_has_every_statement_that_a_run_shows(
    protocol: str, report: dict, stack: Stack, account: Callable[[], str]
) -> None:
    run = stack.withdraw(protocol, account())
    assert stack.ended(run)["status"] == "succeeded"
    shown = {one for event in stack.events(run) for one in event["statements"] if not SHORTENED.search(one)}
    with hands(own_databases(stack), stack.dsn("notification").rpartition("/")[0] + "/bench") as at:
        bank, floor = Noting(at), FLOORS[protocol]
        request = floor.request(tx_id=str(uuid.uuid4()), user_id="alice", amount=Decimal("0.01"))
        for hop in floor.hops:
            hop.work(bank, request)
    known = [as_pattern(sql) for sql in [*bank.asked, "BEGIN", "COMMIT"]]
    assert len(shown) > 3
    assert [one for one in shown if not any(pattern.fullmatch(plain(one)) for pattern in known)] == []


# Documents, and what is shown in short.
SHORTENED = re.compile(r"^db\.|…")
_ID = re.compile(r"(dv|floor):[0-9a-f-]{36}")
_PARAMETER = re.compile(r"%\\\(\w+\\\)s")


def plain(sql: str) -> str:
    return _ID.sub("ID", " ".join(sql.split()))


def as_pattern(sql: str) -> re.Pattern[str]:
    """What `step` shows for this statement, whatever its parameters are."""
    return re.compile(_PARAMETER.sub(".*?", re.escape(plain(sql))), re.DOTALL)


def own_databases(stack: Stack) -> dict[str, str]:
    aliases = ("default", "monolith", "events", "account", "payment")
    return {alias: re.sub(r"/\w+\?", f"/bench_{alias}?", stack.dsn(alias)) for alias in aliases}
