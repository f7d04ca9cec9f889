"""The auditor notices a row that was changed by hand, under every protocol, and says which promise is broken."""

import json
from collections.abc import Callable

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


@pytest.fixture(scope="module")
def found(stack: Stack) -> dict[str, list[str]]:
    """protocol → its broken promises, with one row of each changed by hand."""
    names = {protocol: f"account-{390 + number}" for number, protocol in enumerate(TAMPERED)}
    runs = {protocol: stack.withdraw(protocol, name) for protocol, name in names.items()}
    for run_id in runs.values():
        assert stack.ended(run_id, 60)["status"] == "succeeded"
    assert stack.manage("books", check=False).returncode == 0
    for protocol, (alias, harm, _, _) in TAMPERED.items():
        stack.sql(alias, harm, name=names[protocol], run=runs[protocol])
    try:
        audit = stack.manage("books", "--json", check=False)
    finally:
        for protocol, (alias, _, repair, _) in TAMPERED.items():
            stack.sql(alias, repair, name=names[protocol], run=runs[protocol])
    assert audit.returncode == 1
    assert stack.manage("books", check=False).returncode == 0
    books = json.loads(audit.stdout)
    return {key: [one["id"] for one in books[key]["invariants"] if not one["holds"]] for key in TAMPERED}


@pytest.mark.parametrize("protocol", TAMPERED)
def test_a_row_changed_by_hand_breaks_the_books(found: dict[str, list[str]], protocol: str) -> None:
    assert TAMPERED[protocol][3] in found[protocol]


def test_the_audit_of_the_api_is_the_same(stack: Stack, account: Callable[[], str]) -> None:
    answer = stack.books()
    assert all(one["holds"] for key in TAMPERED for one in answer[key]["invariants"]), answer
