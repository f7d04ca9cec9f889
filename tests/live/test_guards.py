"""What each guard is for: without it the smallest failure that needs it loses money, and with it the same failure does
not. What is lost is in the books of runs without guards, and in no other."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.support.probing import held
from tests.support.stack import Stack, wait_for

GIVEN_UP = "payment.after_commit:error:4"
# Without the sweep, which under load may be quicker than the last retry.
LOSES = [  # protocol, what is out, the smallest failure, what was taken and paid in the end
    ("saga", ["payment_lookup", "sweep"], GIVEN_UP, ("0.00", "100.00")),
    ("saga", ["refusal", "sweep"], GIVEN_UP, ("0.00", "100.00")),
    ("saga", ["sweep"], "message.MoneyDeducted:drop", ("100.00", "0.00")),
    ("saga", ["saga_log", "sweep"], "account.after_commit:error:4", ("100.00", "0.00")),
    ("saga", ["inbox", "saga_log"], "account.after_commit:error", ("100.00", "0.00")),
    ("saga", ["inbox", "payment_lookup"], "message.MoneyDeducted:duplicate", ("100.00", "200.00")),
    ("saga", ["late_ack", "sweep"], "payment.before_tx:crash", ("100.00", "0.00")),
    ("saga", ["refund_recorded"], "payment.in_tx:decline refund.after_commit:crash", ("100.00", "0.00")),
    ("outbox", ["same_transaction"], "account.after_commit:error", ("100.00", "0.00")),
    ("outbox", ["acknowledged"], "message.MoneyDeducted:drop", ("100.00", "0.00")),
]
OUTBOX = "SELECT status FROM outbox WHERE withdrawal_id = %s"
TAKEN = "SELECT COALESCE(-sum(delta), 0)::text AS n FROM ledger WHERE withdrawal_id = %s"
PAID = "SELECT COALESCE(sum(amount), 0)::text AS n FROM payments WHERE withdrawal_id = %s AND status = 'COMPLETED'"


def moved(stack: Stack, run: str) -> tuple[str, str]:
    taken, paid = stack.sql("account", TAKEN, run)[0]["n"], stack.sql("payment", PAID, run)[0]["n"]
    return f"{Decimal(taken):.2f}", f"{Decimal(paid):.2f}"


@pytest.fixture(scope="module", autouse=True)
def lost_votes(stack: Stack) -> tuple[str, str]:
    """A vote is lost: without presumed abort, and with it. Begun before all else, as its end takes T_TERM."""
    lost, guards = "message.AccountVoted:drop", ["sweep", "presumed_abort"]
    without = stack.withdraw("two_phase", "unguarded-5", lost, guards_off=guards)
    wait_for(lambda: stack.run(without)["status"] == "in_doubt", what="it is in doubt")
    return without, stack.withdraw("two_phase", "unguarded-6", lost, guards_off=["sweep"])


def test_without_it_the_smallest_failure_loses_money_and_with_it_none(stack: Stack, account: Callable[[], str]) -> None:
    before = stack.client.get("/api/books/without-guards").json()
    without, within = [], []
    for protocol, keys, fault, _ends in LOSES:
        without.append(stack.withdraw(protocol, account(), *fault.split(), guards_off=keys))
        within.append(stack.withdraw(protocol, account(), *fault.split()))
    for run, (protocol, keys, fault, ends) in zip(without, LOSES, strict=True):
        ended = stack.ended(run, timeout=60)
        assert ended["account"].startswith("unguarded-")
        assert moved(stack, run) == ends, (protocol, keys, fault)
        assert ended["status"] == "inconsistent", (protocol, keys, fault, ended["outcome"])
        assert "A guard was out" in ended["outcome"]
        told = stack.client.get(f"/runs/{run}/export.md").text.replace("\\", "")
        assert [key for key in keys if f"| {key} |" not in told] == []
    for run, (protocol, keys, fault, _ends) in zip(within, LOSES, strict=True):
        stack.ended(run, timeout=60)
        taken, paid = moved(stack, run)
        assert taken == paid, (protocol, keys, fault)
    assert not [one for one in stack.client.get("/api/accounts").json() if one["name"].startswith("unguarded-")]
    after = stack.client.get("/api/books/without-guards").json()
    for amount in ("lost", "overpaid"):
        assert Decimal(after["saga"][amount]) > Decimal(before["saga"][amount])
    for protocol in ("saga", "outbox"):
        book: dict[str, Any] = stack.client.get("/api/books", params={"protocol": protocol}).json()[protocol]
        assert [one["id"] for one in book["invariants"] if not one["holds"]] == []
        assert (book["lost"], book["overpaid"]) == ("0.00", "0.00")


@pytest.mark.parametrize(
    ("protocol", "reads", "writes", "waits"),
    [("monolith", "for_update", "check", True), ("event_sourcing", "unique_version", "floor", False)],
)
def test_two_withdrawals_at_once_take_an_account_below_zero(
    stack: Stack, protocol: str, reads: str, writes: str, waits: bool
) -> None:
    """Each covers for the other: one makes them take turns, the other one refuses what does not cover it. `waits`: the
    second one has read the balance, and waits for the row."""
    for guards, own in ([reads], "unguarded-1"), ([reads, writes], "unguarded-2"):
        first = stack.withdraw(protocol, own, "account.in_tx:hold", amount="600000.00", guards_off=guards)
        held(stack, first)
        rival = stack.client.post(f"/api/runs/{first}/rival", json={}).json()["id"]
        if waits:
            wait_for(lambda: _waits_for_the_row(stack), what="the second one waits for the row")
        else:
            stack.ended(rival)
        stack.client.post(f"/api/runs/{first}/release", json={}).raise_for_status()
        ends = sorted(stack.ended(run)["status"] for run in (first, rival))
        if writes in guards:
            assert (ends, stack.balance(protocol, own)) == (["succeeded", "succeeded"], "-200000.00")
        else:
            assert (ends, stack.balance(protocol, own)) == (["declined", "succeeded"], "400000.00")
    found = stack.client.get("/api/books/without-guards").json()[protocol]["invariants"]
    assert "I2" in [one["id"] for one in found if not one["holds"]]


def _waits_for_the_row(stack: Stack) -> bool:
    sql = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND starts_with(query, 'UPDATE accounts')"
    return bool(stack.sql("monolith", sql))


def test_without_their_order_messages_of_one_account_overtake_each_other(
    stack: Stack, account: Callable[[], str]
) -> None:
    """The first one is published and not marked yet, so the second one has to wait."""
    for own, guards in (account(), []), ("unguarded-3", ["account_order"]):
        first = stack.withdraw("outbox", own, "relay.after_publish:hold", amount="1.00", guards_off=guards)
        held(stack, first)
        rival = stack.client.post(f"/api/runs/{first}/rival", json={}).json()["id"]
        overtakes = bool(guards)
        stack.reaches(rival, "step", "commit")
        if overtakes:
            assert stack.ended(rival)["status"] == "succeeded"
        else:
            assert [row["status"] for row in stack.sql("account", OUTBOX, rival)] == ["pending"]
        stack.client.post(f"/api/runs/{first}/release", json={}).raise_for_status()
        assert {stack.ended(run)["status"] for run in (first, rival)} == {"succeeded"}
        book = stack.client.get("/api/books/without-guards" if guards else "/api/books").json()["outbox"]
        [found] = [one for one in book["invariants"] if one["id"] == "I9c"]
        assert found["holds"] is not overtakes, found
        assert ("unguarded-3" in found["detail"]) is overtakes


@pytest.mark.parametrize(
    ("guards", "facts"), [(["unique_version"], 1), (["fact_once"], 1), (["fact_once", "unique_version"], 2)]
)
def test_each_of_two_guards_makes_a_fact_one(stack: Stack, guards: list[str], facts: int) -> None:
    """A copy is handled between the load and the append of the first one."""
    wanted = ("message.WithdrawalRequested:duplicate", "account.in_tx:hold")
    run = stack.withdraw("event_sourcing", "unguarded-8", *wanted, guards_off=guards)
    held(stack, run)
    sql = "SELECT copy FROM events WHERE withdrawal_id = %s AND type = 'MoneyDeducted' ORDER BY copy"
    wait_for(lambda: stack.sql("events", sql, run), what="the copy is handled meanwhile")
    stack.client.post(f"/api/runs/{run}/release", json={}).raise_for_status()
    ended = stack.ended(run, timeout=60)
    assert [row["copy"] for row in stack.sql("events", sql, run)] == list(range(facts))
    assert ended["status"] == ("succeeded" if facts == 1 else "inconsistent"), ended["outcome"]


@pytest.mark.parametrize("guard", ["command_tag", "marker_row"])
def test_what_a_hand_has_rolled_back_is_only_noticed_by_its_marker(stack: Stack, guard: str) -> None:
    """A participant's promise is broken on its server after the decision; the payment is carried out."""
    run = stack.withdraw("two_phase", "unguarded-7", "coordinator.after_decision:hold", guards_off=[guard])
    held(stack, run)
    stack.sql("account", f"ROLLBACK PREPARED 'dv:{run}:account'")
    stack.client.post(f"/api/runs/{run}/release", json={}).raise_for_status()
    if guard == "marker_row":
        assert "A guard was out" in stack.ended(run, 60)["outcome"]
    else:
        assert "gone without having been committed" in stack.reaches(run, "attention", "raised", 60)["error"]
        assert stack.run(run)["status"] == "needs_attention"
    assert moved(stack, run) == ("0.00", "100.00")


def test_another_protocol_s_guard_is_refused(stack: Stack, account: Callable[[], str]) -> None:
    body = {"protocol": "saga", "account": account(), "amount": "1.00", "guards_off": ["same_transaction"]}
    answer = stack.client.post("/api/runs", json=body)
    assert answer.status_code == 422
    assert "guards_off[0]" in answer.text
    assert "payment_lookup" in answer.text


def test_what_nobody_decides_stays_in_doubt_until_the_lab_gives_up_on_it(
    stack: Stack, lost_votes: tuple[str, str]
) -> None:
    without, within = lost_votes
    ended = stack.ended(without, timeout=90)
    assert (ended["status"], ended["verdict"]) == ("inconsistent", "consistent")
    assert "nobody decided" in ended["outcome"]
    prepared = "SELECT 1 FROM pg_prepared_xacts WHERE strpos(gid, %s) > 0"
    wait_for(lambda: not stack.sql("account", prepared, without), what="recovery frees the rows")
    assert moved(stack, without) == ("0.00", "0.00")
    assert stack.ended(within, timeout=90)["status"] == "failed"
