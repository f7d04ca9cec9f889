"""Accounts and payments of the protocols that keep their money in the Account and the Payment Service: each protocol
has its own accounts there, so one can lose money without staining another."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from distviz.services.account import operations
from distviz.services.books import Balance, Books, More, of_services
from distviz.services.notification.operations import collection
from distviz.services.payment.models import Payment
from distviz.services.places import ACCOUNT, PAYMENT, Place
from distviz.services.sealing import Seal

# An account that is there is not run into: an INSERT would wait for whoever changes its row.
_OPEN_ACCOUNTS = """
INSERT INTO accounts (protocol, name, opening, balance, updated_at)
SELECT %(p)s::text, name, %(opening)s, %(opening)s, now()
FROM unnest(%(names)s::text[]) WITH ORDINALITY AS n (name, number)
WHERE NOT EXISTS (SELECT FROM accounts a WHERE a.protocol = %(p)s::text AND a.name = n.name) ORDER BY number
ON CONFLICT DO NOTHING
"""
_TAKEN = """
SELECT withdrawal_id AS id, -sum(delta) AS amount FROM ledger WHERE withdrawal_id = ANY(%(ids)s::uuid[]) GROUP BY 1
"""
_PAID = """
SELECT withdrawal_id AS id, sum(amount) AS amount FROM payments
WHERE withdrawal_id = ANY(%(ids)s::uuid[]) AND status = 'COMPLETED' GROUP BY 1
"""


@dataclass(frozen=True)
class SharedBooks:
    """One protocol's books in the services. `own_tables` are emptied with them; `receives` are the places that keep an
    inbox for it, `invariants` what its audit checks beyond the money."""

    protocol: str
    may_lose: bool = False
    own_tables: Sequence[tuple[Place, str]] = ()
    receives: Sequence[Place] = ()
    invariants: More = lambda runs: ()

    def has(self, name: str) -> bool:
        return operations.has(self.protocol, name)

    def accounts(self) -> list[Balance]:
        rows = operations.balances(self.protocol)
        return [Balance(self.protocol, row["name"], row["balance"], row["opening"], "account") for row in rows]

    def audit(self, *, thorough: bool = True, since: Seal | None = None, without_guards: bool = False) -> Books:
        return of_services(
            self.protocol,
            more=self.invariants,
            receives=self.receives,
            thorough=thorough,
            since=since,
            without_guards=without_guards,
        )

    def taken(self, ids: Sequence[str]) -> Mapping[UUID, Decimal]:
        return {row["id"]: row["amount"] for row in ACCOUNT.ask(_TAKEN, {"ids": ids})}

    def paid(self, ids: Sequence[str]) -> Mapping[UUID, Decimal]:
        return {row["id"]: row["amount"] for row in PAYMENT.ask(_PAID, {"ids": ids})}

    def seed(self, names: Sequence[str], opening: Decimal) -> None:
        ACCOUNT.ask(_OPEN_ACCOUNTS, {"p": self.protocol, "names": list(names), "opening": opening})

    def clear(self) -> None:
        for place, table in self.own_tables:
            place.ask(f"DELETE FROM {table}")
        which = {"p": self.protocol}
        ACCOUNT.ask("DELETE FROM ledger USING accounts a WHERE a.id = ledger.account_id AND a.protocol = %(p)s", which)
        ACCOUNT.ask("DELETE FROM accounts WHERE protocol = %(p)s", which)
        consumers = {"c": f"{self.protocol}.%"}
        ACCOUNT.ask("DELETE FROM inbox WHERE consumer LIKE %(c)s", consumers)
        PAYMENT.ask("DELETE FROM inbox WHERE consumer LIKE %(c)s", consumers)
        PAYMENT.ask("DELETE FROM payments WHERE protocol = %(p)s", which)
        collection().delete_many({"protocol": self.protocol})

    def payments(self, account: str = "") -> Iterable[Mapping[str, Any]]:
        """Rows for a panel: the newest payments, of one account or of all. By a time that has no index of its own: the
        planner would go through those of other protocols along it."""
        found = Payment.objects.filter(protocol=self.protocol, **({"account": account} if account else {}))
        shown = found.order_by("-at").values("id", "account", "amount", "status", "reason", "withdrawal_id", "at")
        return shown[:20]
