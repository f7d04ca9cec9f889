"""Accounts and payments of the protocols that keep their money in the Account and the Payment Service: each protocol
has its own accounts there, so one can lose money without staining another."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from distviz.services.account import operations
from distviz.services.account.models import Account
from distviz.services.books import Balance
from distviz.services.notification.operations import collection
from distviz.services.payment.models import Payment
from distviz.services.places import ACCOUNT, PAYMENT

_TAKEN = """
SELECT withdrawal_id AS id, -sum(delta) AS amount FROM ledger WHERE withdrawal_id = ANY(%(ids)s::uuid[]) GROUP BY 1
"""
_PAID = """
SELECT withdrawal_id AS id, sum(amount) AS amount FROM payments
WHERE withdrawal_id = ANY(%(ids)s::uuid[]) AND status = 'COMPLETED' GROUP BY 1
"""


def accounts(protocol: str) -> list[Balance]:
    return [Balance(protocol, r["name"], r["balance"], r["opening"], "account") for r in operations.balances(protocol)]


def has_account(protocol: str, name: str) -> bool:
    return operations.has(protocol, name)


def seed(protocol: str, names: list[str], opening: Decimal) -> None:
    """Open the accounts that are not there yet."""
    Account.objects.bulk_create(
        [Account(protocol=protocol, name=name, opening=opening, balance=opening) for name in names],
        ignore_conflicts=True,
    )


def clear(protocol: str) -> None:
    """Forget everything of this protocol in the three services."""
    which = {"p": protocol}
    ACCOUNT.ask("DELETE FROM ledger USING accounts a WHERE a.id = ledger.account_id AND a.protocol = %(p)s", which)
    ACCOUNT.ask("DELETE FROM accounts WHERE protocol = %(p)s", which)
    consumers = {"c": f"{protocol}.%"}
    ACCOUNT.ask("DELETE FROM inbox WHERE consumer LIKE %(c)s", consumers)
    PAYMENT.ask("DELETE FROM inbox WHERE consumer LIKE %(c)s", consumers)
    PAYMENT.ask("DELETE FROM payments WHERE protocol = %(p)s", which)
    collection().delete_many({"protocol": protocol})


def taken(ids: Sequence[str]) -> dict[UUID, Decimal]:
    """What each of these withdrawals has taken, by the ledger; what was given back is not taken."""
    return {row["id"]: row["amount"] for row in ACCOUNT.ask(_TAKEN, {"ids": ids})}


def paid(ids: Sequence[str]) -> dict[UUID, Decimal]:
    return {row["id"]: row["amount"] for row in PAYMENT.ask(_PAID, {"ids": ids})}


def payments(protocol: str) -> Callable[..., Iterable[Mapping[str, Any]]]:
    """Rows for a panel: the newest payments, of one account or of all."""

    def rows(account: str = "") -> Iterable[Mapping[str, Any]]:
        found = Payment.objects.filter(protocol=protocol, **({"account": account} if account else {}))
        return found.values("id", "account", "amount", "status", "reason", "withdrawal_id", "at")[:20]

    return rows
