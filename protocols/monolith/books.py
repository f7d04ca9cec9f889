"""The monolith's books: one database, one snapshot, so nothing is ever in flight."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from distviz.codes import Reason
from distviz.services import agreement
from distviz.services.books import Balance, Books, check, of_the_log
from distviz.services.gaps import ZERO
from distviz.services.places import snapshot
from protocols.monolith.models import Account
from protocols.monolith.places import MONOLITH

_WRONG = """
SELECT a.name FROM accounts a LEFT JOIN transactions t ON t.user_id = a.id
GROUP BY a.id HAVING a.balance <> a.opening - COALESCE(sum(t.amount), 0)
"""
_DONE = "SELECT withdrawal_id AS id, amount FROM transactions WHERE withdrawal_id = ANY(%(ids)s::uuid[])"
_ALL = """
SELECT t.withdrawal_id::text AS id, t.amount, false AS refunded, ARRAY[a.name] AS accounts, ARRAY[t.amount] AS amounts
FROM transactions t JOIN accounts a ON a.id = t.user_id
"""
_NEGATIVE = "SELECT name FROM accounts WHERE balance < 0 OR balance = 'NaN'"
_ODD = "SELECT withdrawal_id::text AS id FROM transactions WHERE type <> 'withdrawal'"
_TOTALS = """
SELECT COALESCE(sum(opening), 0) AS opening, COALESCE(sum(balance), 0) AS balances,
    (SELECT COALESCE(sum(amount), 0) FROM transactions) AS paid FROM accounts
"""


class MonolithBooks:
    may_lose = False

    def has(self, name: str) -> bool:
        return bool(MONOLITH.ask("SELECT 1 FROM accounts WHERE name = %(n)s", {"n": name}))

    def accounts(self) -> list[Balance]:
        rows = MONOLITH.ask("SELECT name, balance, opening FROM accounts ORDER BY id")
        return [Balance("monolith", r["name"], r["balance"], r["opening"], "monolith") for r in rows]

    def audit(self, *, thorough: bool = True) -> Books:
        runs = agreement.run_states("monolith")
        with snapshot(MONOLITH):
            done = {row["id"]: row for row in MONOLITH.ask(_ALL)}
            wrong = [row["name"] for row in MONOLITH.ask(_WRONG)]
            negative = [row["name"] for row in MONOLITH.ask(_NEGATIVE)]
            odd = [row["id"] for row in MONOLITH.ask(_ODD)]
            totals = MONOLITH.ask(_TOTALS)[0]
        gap = totals["opening"] - totals["balances"] - totals["paid"]
        invariants = [
            check("I1", wrong, "transactions_add_up"),
            check("I1b", [Reason.of("unexplained", amount=gap)] if gap else [], "money_is_spent_or_there"),
            check("I2", negative, "no_negative_balance"),
            check("I4b", agreement.of_no_run("monolith", runs, done, "transaction"), "rows_are_of_their_run"),
            check("I4c", odd, "payments_are_whole"),
            check("I15", agreement.untrue("monolith", runs, done, done, ()), "statuses_are_true"),
            *(of_the_log("monolith") if thorough else ()),
        ]
        amounts = totals["opening"], totals["balances"], totals["paid"]
        return Books("monolith", *amounts, ZERO, ZERO, ZERO, invariants)

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
