"""What another session may ask about a withdrawal: the same queries for each of them, row by row, store by store."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from distviz.money import text
from distviz.services.notification.operations import collection
from distviz.services.places import ACCOUNT, PAYMENT, Place
from distviz.trace.models import Run

Documents = Callable[[], list[dict[str, Any]]]


@dataclass(frozen=True)
class Read:
    """One question. `means` are words for what its rows say about the money: `balance`, `view` (a read model's
    balance), `taken`, `paid`, `told`. `row` is its name in the run log; `lock` the table and condition of the one row
    that a second withdrawal would lock."""

    means: str
    place: Place | None
    store: str
    row: str
    sql: str
    params: Mapping[str, Any] = field(default_factory=dict)
    lock: tuple[str, str] | None = None
    documents: Documents | None = None


def account(run: Run) -> list[Read]:
    """The balance and its ledger, in the Account Service's database."""
    who = {"protocol": run.protocol, "name": run.account}
    mine = "protocol = %(protocol)s AND name = %(name)s"
    balance = f"SELECT balance FROM accounts WHERE {mine}"
    ledger = "SELECT kind, delta FROM ledger WHERE withdrawal_id = %(run)s ORDER BY id"
    return [
        Read("balance", ACCOUNT, "account", f"accounts/{run.account}", balance, who, lock=("accounts", mine)),
        Read("taken", ACCOUNT, "account", "ledger", ledger, {"run": run.pk}),
    ]


def payment(run: Run) -> list[Read]:
    sql = "SELECT id, status, amount FROM payments WHERE withdrawal_id = %(run)s ORDER BY id"
    return [Read("paid", PAYMENT, "payment", "payments", sql, {"run": run.pk})]


def notification(run: Run) -> list[Read]:
    """Documents have no transactions to hide in: what is written is read."""

    def ask() -> list[dict[str, Any]]:
        found = collection().find({"withdrawal_id": str(run.pk)}, {"_id": 0, "kind": 1, "text": 1})
        return [dict(document) for document in found.max_time_ms(250)]

    sql = f"db.notifications.find({{withdrawal_id: '{run.pk}'}})"
    return [Read("told", None, "notification", "notifications", sql, documents=ask)]


def of_services(run: Run) -> list[Read]:
    """For protocols whose money is with the three services."""
    return [*account(run), *payment(run), *notification(run)]


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as JSON may show it: money with two decimals."""
    return {name: text(value) if hasattr(value, "quantize") else value for name, value in row.items()}
