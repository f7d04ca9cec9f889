"""The auditor notices a row that was changed by hand, under every protocol, and says which promise is broken."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.support.stack import Stack

# protocol → (database, what is done to a row, what puts it right again, the invariant that names it)
TAMPERED = {
    "monolith": (
        "monolith",
        "UPDATE accounts SET balance = balance + 1 WHERE name = %(name)s",
        "UPDATE accounts SET balance = balance - 1 WHERE name = %(name)s",
        "I1",
    ),
    "dual_write": (
        "account",
        "UPDATE accounts SET balance = balance + 1 WHERE protocol = 'dual_write' AND name = %(name)s",
        "UPDATE accounts SET balance = balance - 1 WHERE protocol = 'dual_write' AND name = %(name)s",
        "I1",
    ),
    "two_phase": (
        "default",
        "UPDATE two_phase_decisions SET decision = 'ABORT' WHERE tx_id = %(run)s",
        "UPDATE two_phase_decisions SET decision = 'COMMIT' WHERE tx_id = %(run)s",
        "I6b",
    ),
    "saga": (
        "payment",
        "UPDATE payments SET status = 'FAILED' WHERE withdrawal_id = %(run)s",
        "UPDATE payments SET status = 'COMPLETED' WHERE withdrawal_id = %(run)s",
        "I4",
    ),
    "event_sourcing": (
        "events",
        "UPDATE balance_view SET balance = balance + 1 WHERE account = %(name)s",
        "UPDATE balance_view SET balance = balance - 1 WHERE account = %(name)s",
        "I12",
    ),
    "outbox": (
        "account",
        "UPDATE outbox SET event_type = 'MoneyRefunded' WHERE withdrawal_id = %(run)s",
        "UPDATE outbox SET event_type = 'MoneyDeducted' WHERE withdrawal_id = %(run)s",
        "I9",
    ),
}


def by_protocol(books: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return {key: [one for one in books[key]["invariants"] if not one["holds"]] for key in TAMPERED}


def broken(books: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """(protocol, its invariant that does not hold): the whole of it, so that a failed test says what was found."""
    return [(key, one) for key, ones in by_protocol(books).items() for one in ones]


@pytest.fixture(scope="module")
def found(stack: Stack, account: Callable[[], str]) -> dict[str, list[str]]:
    """protocol → its broken promises, with one row of each changed by hand."""
    names = {protocol: account() for protocol in TAMPERED}
    runs = {protocol: stack.withdraw(protocol, name) for protocol, name in names.items()}
    for run_id in runs.values():
        assert stack.ended(run_id, 60)["status"] == "succeeded"
    assert broken(stack.books()) == []
    for protocol, (alias, harm, _, _) in TAMPERED.items():
        stack.sql(alias, harm, name=names[protocol], run=runs[protocol])
    try:
        audit = stack.manage("books", "--json", check=False)
    finally:
        for protocol, (alias, _, repair, _) in TAMPERED.items():
            stack.sql(alias, repair, name=names[protocol], run=runs[protocol])
    assert audit.returncode == 1
    assert broken(stack.books()) == []
    return {key: [one["id"] for one in found] for key, found in by_protocol(json.loads(audit.stdout)).items()}


@pytest.mark.parametrize("protocol", TAMPERED)
def test_a_row_changed_by_hand_breaks_the_books(found: dict[str, list[str]], protocol: str) -> None:
    assert TAMPERED[protocol][3] in found[protocol]


def test_the_audit_of_the_api_is_the_same(stack: Stack, account: Callable[[], str]) -> None:
    assert broken(stack.books()) == []


def test_a_loss_and_a_double_payment_do_not_cancel(stack: Stack, account: Callable[[], str]) -> None:
    before = stack.books()["dual_write"]
    lost = stack.withdraw("dual_write", account(), "message.MoneyDeducted:drop", amount="10.00")
    twice = stack.withdraw("dual_write", account(), "message.MoneyDeducted:duplicate", amount="10.00")
    assert [stack.ended(run_id, 60)["status"] for run_id in (lost, twice)] == ["inconsistent", "inconsistent"]
    after = stack.books()["dual_write"]
    for name in ("lost", "overpaid"):
        assert Decimal(after[name]) - Decimal(before[name]) == 10, name
    assert after["in_flight"] == before["in_flight"]
    assert [one for one in after["invariants"] if not one["holds"]] == []
