"""With many runs behind it the lab asks no more than without: no page looks through a table, and what the auditor has
checked once it does not read again, unless it is asked to or something is odd."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from protocols.registry import PROTOCOLS
from tests.support.long_run import lengthened
from tests.support.stack import Stack, running
from tests.support.thorough import but

pytestmark = pytest.mark.timeout(900)  # its history is made within its first test
EACH = 1_200  # runs of each protocol
MANY = EACH * len(PROTOCOLS)
FEW = 1_000  # rows that a page may look at, of one table
_FILL = f"from distviz.bench import history; history.fill({MANY}, accounts=2)"


@pytest.fixture(scope="module")
def long_ago() -> Iterator[Stack]:
    """A stack of its own: the history stays. Of accounts there are fewer than rows that a page may look at."""
    with running(accounts=40, env={"BOOKS_WHOLE": "500", "COSTLY_PER_MINUTE": "0"}) as stack:
        stack.manage("shell", "-c", _FILL)
        # Runs are sealed once they are over for half a minute. Nobody waits for that here.
        stack.sql("default", "UPDATE runs SET finished_at = finished_at - interval '1 minute' WHERE note = 'history'")
        for alias in ("default", "account", "payment", "events"):
            stack.sql(alias, "ANALYZE")  # what PostgreSQL does by itself within a minute; it knows the old times else
        assert stack.manage("books", check=False).returncode == 0, stack.manage("books", check=False).stdout
        yield stack


def books(stack: Stack, protocol: str, **params: Any) -> dict[str, Any]:
    answer = stack.client.get("/api/books", params={"protocol": protocol, **params}, timeout=60).raise_for_status()
    return dict(answer.json()[protocol])


def broken(stack: Stack, protocol: str, **params: Any) -> list[str]:
    return [one["id"] for one in books(stack, protocol, **params)["invariants"] if not one["holds"]]


def looked_at(stack: Stack, *paths: str) -> dict[str, dict[str, Any]]:
    listed = ", ".join(repr(path) for path in paths)
    code = f"from tests.support import looked_at; looked_at.tell({listed}, few={FEW})"
    found: dict[str, dict[str, Any]] = json.loads(stack.manage("shell", "-c", code).stdout.splitlines()[-1])
    return found


def test_a_history_is_whole(long_ago: Stack) -> None:
    rows = long_ago.sql("default", "SELECT protocol, count(*) AS n FROM runs WHERE note = 'history' GROUP BY 1")
    assert {row["protocol"]: row["n"] for row in rows} == dict.fromkeys(PROTOCOLS, EACH + 2)
    one = long_ago.sql("default", "SELECT id FROM runs WHERE note = 'history' AND protocol = 'outbox' LIMIT 1")[0]["id"]
    assert long_ago.run(str(one))["status"] == "succeeded"
    assert long_ago.notifications(str(one))


@pytest.mark.parametrize("protocol", but({"saga", "two_phase", "outbox"}, PROTOCOLS))
def test_no_page_looks_through_a_table(long_ago: Stack, protocol: str) -> None:
    run_id = long_ago.withdraw(protocol, "alice")
    long_ago.ended(run_id)
    pages = (
        f"/runs/{run_id}/",
        f"/runs/{run_id}/panels/",
        f"/lab/{protocol}/",
        f"/lab/{protocol}/books/",
        f"/api/books?protocol={protocol}",
        f"/runs/?protocol={protocol}&account=alice",
        f"/runs/?protocol={protocol}",
        f"/api/accounts?protocol={protocol}",
    )
    found = looked_at(long_ago, *pages)
    assert {page: one["looked_at"] for page, one in found.items() if one["looked_at"]} == {}


def test_nor_does_an_outbox(long_ago: Stack) -> None:
    found = looked_at(long_ago, "/api/outbox", "/outbox/", "/")
    assert {page: one["looked_at"] for page, one in found.items() if one["looked_at"]} == {}
    counts = long_ago.client.get("/api/outbox").json()["counts"]
    kept = "SELECT count(*) AS n FROM outbox WHERE status = 'acknowledged'"
    assert counts["acknowledged"] == sum(long_ago.sql(alias, kept)[0]["n"] for alias in ("account", "payment"))


def test_the_page_of_a_long_run_takes_few_statements(long_ago: Stack) -> None:
    run_id = long_ago.withdraw("saga", "carol", "payment.in_tx:error")
    long_ago.ended(run_id)
    events = long_ago.events(run_id)
    first = next(e["seq"] for e in events if (e["kind"], e["phase"], e["lane"]) == ("message", "received", "payment"))
    last = next(e["seq"] for e in events if (e["kind"], e["phase"]) == ("retry", "scheduled"))
    with lengthened(long_ago, run_id, first, last) as new:
        page = f"/runs/{new}/"
        assert looked_at(long_ago, page)[page]["statements"] <= 10


# --- what the auditor has sealed ------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_new_run_is_added_to_what_was_sealed(long_ago: Stack, protocol: str) -> None:
    before = books(long_ago, protocol)
    assert before["as_of"]
    assert long_ago.ended(long_ago.withdraw(protocol, "bob", amount="7.00"))["status"] == "succeeded"
    after, whole = books(long_ago, protocol), books(long_ago, protocol, complete=True)
    assert after["as_of"] == before["as_of"]
    assert float(after["paid"]) == float(before["paid"]) + 7
    amounts = ("opening", "balances", "paid", "in_flight", "lost", "overpaid")
    assert {name: after[name] for name in amounts} == {name: whole[name] for name in amounts}
    assert [one["id"] for one in after["invariants"]] == [one["id"] for one in whole["invariants"]]
    assert broken(long_ago, protocol) == []


def test_a_loss_is_added_as_well(long_ago: Stack) -> None:
    before = books(long_ago, "dual_write")
    lost = long_ago.withdraw("dual_write", "dave", "message.MoneyDeducted:drop", amount="10.00")
    assert long_ago.ended(lost, 60)["status"] == "inconsistent"
    after = books(long_ago, "dual_write")
    assert float(after["lost"]) == float(before["lost"]) + 10
    assert broken(long_ago, "dual_write") == []


_SEALED = "SELECT id FROM runs WHERE note = 'history' AND protocol = 'saga' ORDER BY id LIMIT 1"


def test_what_is_changed_of_sealed_runs_is_found_by_a_complete_audit(long_ago: Stack) -> None:
    run_id = long_ago.sql("default", _SEALED)[0]["id"]
    change = "UPDATE payments SET account = %(name)s WHERE withdrawal_id = %(run)s RETURNING id"
    mine = long_ago.sql("payment", "SELECT account FROM payments WHERE withdrawal_id = %(run)s", run=run_id)
    assert long_ago.sql("payment", change, name="zoe", run=run_id)
    try:
        found = books(long_ago, "saga")
        assert [one for one in found["invariants"] if not one["holds"]] == [], "said as of the complete audit"
        assert found["as_of"]
        assert "I4b" in broken(long_ago, "saga", complete=True)
        assert "I4b" in broken(long_ago, "saga"), "nothing is kept of books that do not hold"
        assert long_ago.manage("books", check=False).returncode == 1
    finally:
        long_ago.sql("payment", change, name=mine[0]["account"], run=run_id)
    assert broken(long_ago, "saga", complete=True) == []


def test_a_row_more_of_a_sealed_run_is_found_at_once(long_ago: Stack) -> None:
    run_id = long_ago.sql("default", _SEALED)[0]["id"]
    refund = """
    INSERT INTO ledger (account_id, withdrawal_id, kind, delta, at)
    SELECT account_id, withdrawal_id, 'refund', -delta, now() FROM ledger WHERE withdrawal_id = %(run)s RETURNING id
    """
    entry = long_ago.sql("account", refund, run=run_id)[0]["id"]
    try:
        assert {"I1", "I4"} <= set(broken(long_ago, "saga"))
    finally:
        long_ago.sql("account", "DELETE FROM ledger WHERE id = %(id)s", id=entry)
    assert broken(long_ago, "saga", complete=True) == []


def test_a_balance_that_is_changed_is_found_at_once(long_ago: Stack) -> None:
    change = "UPDATE accounts SET balance = balance + %(by)s WHERE protocol = 'outbox' AND name = 'alice' RETURNING id"
    long_ago.sql("account", change, by=1)
    try:
        assert {"I1", "I1b"} <= set(broken(long_ago, "outbox"))
    finally:
        long_ago.sql("account", change, by=-1)
    assert broken(long_ago, "outbox", complete=True) == []


def test_after_a_reset_nothing_is_sealed(long_ago: Stack) -> None:
    """The last one here: the history is gone then."""
    long_ago.reset()
    assert long_ago.sql("default", "SELECT * FROM kept_audits") == []
    assert {protocol: broken(long_ago, protocol) for protocol in PROTOCOLS} == {key: [] for key in PROTOCOLS}
