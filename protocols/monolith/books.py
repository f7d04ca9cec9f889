"""The monolith's books: one database, one snapshot, so nothing is ever in flight."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from distviz.codes import Reason
from distviz.services.books import Balance, Books, check, untrue_statuses
from distviz.services.gaps import ZERO
from protocols.monolith.models import Account
from protocols.monolith.places import MONOLITH

_WRONG = """
SELECT a.name FROM accounts a LEFT JOIN transactions t ON t.user_id = a.id
GROUP BY a.id HAVING a.balance <> a.opening - COALESCE(sum(t.amount), 0)
"""
_DONE = "SELECT withdrawal_id AS id, amount FROM transactions WHERE withdrawal_id = ANY(%(ids)s::uuid[])"
_ALL = "SELECT withdrawal_id::text AS id, amount, false AS refunded FROM transactions"


class MonolithBooks:
    may_lose = False

    def has(self, name: str) -> bool:
        return bool(MONOLITH.ask("SELECT 1 FROM accounts WHERE name = %(n)s", {"n": name}))

    def accounts(self) -> list[Balance]:
        rows = MONOLITH.ask("SELECT name, balance, opening FROM accounts ORDER BY id")
        return [Balance("monolith", r["name"], r["balance"], r["opening"], "monolith") for r in rows]

    def audit(self) -> Books:
        done = {row["id"]: row for row in MONOLITH.ask(_ALL)}
        wrong = [row["name"] for row in MONOLITH.ask(_WRONG)]
        negative = [r["name"] for r in MONOLITH.ask("SELECT name FROM accounts WHERE balance < 0 OR balance = 'NaN'")]
        totals = MONOLITH.ask("SELECT COALESCE(sum(opening), 0) AS o, COALESCE(sum(balance), 0) AS b FROM accounts")[0]
        paid = MONOLITH.ask("SELECT COALESCE(sum(amount), 0) AS paid FROM transactions")[0]["paid"]
        gap = totals["o"] - totals["b"] - paid
        invariants = [
            check("I1", wrong, "transactions_add_up"),
            check("I1b", [Reason.of("unexplained", amount=gap)] if gap else [], "money_is_spent_or_there"),
            check("I2", negative, "no_negative_balance"),
            check("I15", untrue_statuses("monolith", done, done), "statuses_are_true"),
        ]
        return Books("monolith", totals["o"], totals["b"], paid, ZERO, ZERO, ZERO, invariants)

    def taken(self, ids: Sequence[str]) -> Mapping[UUID, Decimal]:
        """What is taken is paid: one row says both."""
        return {row["id"]: row["amount"] for row in MONOLITH.ask(_DONE, {"ids": ids})}

    paid = taken

    def seed(self, names: Sequence[str], opening: Decimal) -> None:
        Account.objects.bulk_create(
            [Account(name=name, opening=opening, balance=opening) for name in names], ignore_conflicts=True
        )

    def clear(self) -> None:
        MONOLITH.ask("DELETE FROM closed_withdrawals")
        MONOLITH.ask("DELETE FROM transactions")
        MONOLITH.ask("DELETE FROM accounts")
