"""Hypothesis plays the network: step mode parks every message of every protocol, and it delivers, loses, duplicates and
reorders them in any order. At the end of each history the books have to agree with what was asked for."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from protocols.registry import PROTOCOLS
from tests.support.stack import FINAL, Stack, wait_for

OPENING = Decimal("1000.00")
TAKEN = "SELECT COALESCE(-sum(delta), 0) AS n FROM ledger WHERE withdrawal_id = %s"
PAID = "SELECT COALESCE(sum(amount), 0) AS n FROM payments WHERE withdrawal_id = %s AND status = 'COMPLETED'"
MOST = 8  # runs of one history


class Network(RuleBasedStateMachine):
    """One history: a machine for each protocol, side by side, each with an account of its own."""

    stack: Stack
    account: Callable[[], str]

    def __init__(self) -> None:
        super().__init__()
        self.name = self.account()
        self.runs: list[tuple[str, str, Decimal]] = []  # (id, protocol, amount)

    @initialize(cents=st.integers(1, 99_999))
    def begin(self, cents: int) -> None:
        for protocol in PROTOCOLS:
            self.withdraw(protocol, cents, cents % 3 == 0)

    @precondition(lambda self: len(self.runs) < MOST)
    @rule(protocol=st.sampled_from(sorted(PROTOCOLS)), cents=st.integers(1, 99_999), declined=st.booleans())
    def withdraw(self, protocol: str, cents: int, declined: bool) -> None:
        amount = Decimal(cents) / 100
        point = "account.in_tx" if protocol == "monolith" else "payment.in_tx"
        faults = [f"{point}:decline"] if declined else []
        run = self.stack.withdraw(protocol, self.name, *faults, amount=f"{amount:.2f}", mode="step")
        self.runs.append((run, protocol, amount))

    @rule(
        which=st.integers(0, 1000),
        message=st.integers(0, 1000),
        verb=st.sampled_from(["deliver", "deliver", "duplicate", "drop", "reorder"]),
    )
    def network(self, which: int, message: int, verb: str) -> None:
        """What it does with one message, if one is parked just now."""
        run = self.runs[which % len(self.runs)][0]
        parked = self.stack.run(run)["parked"]
        if parked:
            mid = parked[message % len(parked)]["mid"]
            answer = self.stack.client.post(f"/api/runs/{run}/messages/{mid}/{verb}")
            assert answer.status_code in (200, 409), answer.text

    def teardown(self) -> None:
        """From now on the network is sound: everything ends, and then the books are compared."""
        for run, _protocol, _amount in self.runs:
            wait_for(lambda run=run: self.ended(run), 90, f"{run} ends")
        for protocol in PROTOCOLS:
            self.compare(protocol)

    def ended(self, run: str) -> bool:
        found = self.stack.run(run)
        if found["parked"]:
            self.stack.client.post(f"/api/runs/{run}/messages/deliver")
        return found["status"] in FINAL

    def compare(self, protocol: str) -> None:
        of_protocol = [(run, amount) for run, key, amount in self.runs if key == protocol]
        found = {run: self.stack.run(run) for run, _amount in of_protocol}
        succeeded = sum((amount for run, amount in of_protocol if found[run]["status"] == "succeeded"), Decimal(0))
        balance = Decimal(self.stack.balance(protocol, self.name))
        assert "needs_attention" not in {one["status"] for one in found.values()}
        if not PROTOCOLS[protocol].may_lose:
            assert balance == OPENING - succeeded
        else:
            self.compare_lossy(found, balance)

    def compare_lossy(self, found: dict[str, dict[str, Any]], balance: Decimal) -> None:
        """What it lost or paid twice is what it reports, run by run."""
        gone = Decimal(0)
        for run, one in found.items():
            taken = self.stack.sql("account", TAKEN, run)[0]["n"]
            paid = self.stack.sql("payment", PAID, run)[0]["n"]
            gone += taken
            assert (one["status"] == "inconsistent") >= (taken != paid)
            assert one["status"] != "succeeded" or taken == paid == Decimal(one["amount"])
        assert balance == OPENING - gone


def test_books_agree_whatever_the_network_does(stack: Stack, account: Callable[[], str]) -> None:
    machine = type("Machine", (Network,), {"stack": stack, "account": staticmethod(account)})
    few = settings(max_examples=3, stateful_step_count=25, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine, settings=few)
    books = stack.books()
    assert not [one for book in books.values() for one in book["invariants"] if not one["holds"]]
