"""The monolith's books: one database, one snapshot, so nothing is ever in flight."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from distviz.services import agreement, sealing
from distviz.services.books import Balance, Books, Invariant, balanced, check, conserved, of_the_log
from distviz.services.gaps import ZERO, Gaps
from distviz.services.places import of_runs, snapshot
from distviz.services.sealing import Seal
from distviz.trace.unguarded import of_book
from protocols.monolith.places import MONOLITH

# An account that is there is not run into: an INSERT would wait for whoever changes its row.
_OPEN_ACCOUNTS = """
INSERT INTO accounts (name, opening, balance, updated_at)
SELECT name, %(opening)s, %(opening)s, now()
FROM unnest(%(names)s::text[]) WITH ORDINALITY AS n (name, number)
WHERE NOT EXISTS (SELECT FROM accounts a WHERE a.name = n.name) ORDER BY number
ON CONFLICT DO NOTHING
"""
_WRONG = f"""
SELECT a.name FROM accounts a LEFT JOIN transactions t ON t.user_id = a.id WHERE {of_book("a.name")}
GROUP BY a.id HAVING a.balance <> a.opening - COALESCE(sum(t.amount), 0)
"""
_DONE = "SELECT withdrawal_id AS id, amount FROM transactions WHERE withdrawal_id = ANY(%(ids)s::uuid[])"
_ALL = f"""
SELECT t.withdrawal_id::text AS id, t.amount, false AS refunded, ARRAY[a.name] AS accounts, ARRAY[t.amount] AS amounts
FROM transactions t JOIN accounts a ON a.id = t.user_id
WHERE {of_book("a.name")} AND ({of_runs("t.withdrawal_id")} OR t.id > %(after)s)
"""
_NEWEST = "SELECT COALESCE(max(id), 0) AS id FROM transactions"
_NEGATIVE = f"SELECT name FROM accounts WHERE {of_book('name')} AND (balance < 0 OR balance = 'NaN')"
_ODD = f"SELECT withdrawal_id::text AS id FROM transactions WHERE type <> 'withdrawal' AND {of_runs('withdrawal_id')}"
_TOTALS = f"""
SELECT COALESCE(sum(opening), 0) AS opening, COALESCE(sum(balance), 0) AS balances FROM accounts WHERE {of_book("name")}
"""


NO_GAPS = Gaps({}, {})


def _of_accounts(asked: Mapping[str, object], *, everything: bool) -> Iterator[Invariant]:
    if everything:
        yield check("I1", [row["name"] for row in MONOLITH.ask(_WRONG, asked)], "transactions_add_up")
    yield check("I2", [row["name"] for row in MONOLITH.ask(_NEGATIVE, asked)], "no_negative_balance")


class MonolithBooks:
    may_lose = False

    def has(self, name: str) -> bool:
        return bool(MONOLITH.ask("SELECT 1 FROM accounts WHERE name = %(n)s", {"n": name}))

    def accounts(self) -> list[Balance]:
        rows = MONOLITH.ask("SELECT name, balance, opening FROM accounts ORDER BY id")
        return [Balance("monolith", r["name"], r["balance"], r["opening"], "monolith") for r in rows]

    def audit(self, *, thorough: bool = True, since: Seal | None = None, without_guards: bool = False) -> Books:
        """What is taken is paid: nothing is ever missing between the two."""
        upto, marks = sealing.until(), {"transactions": MONOLITH.ask(_NEWEST)[0]["id"]}
        runs = agreement.run_states("monolith", since, without_guards=without_guards)
        asked = {**runs.asked, "after": since.mark("transactions") if since else None}
        with snapshot(MONOLITH):
            done = {row["id"]: row for row in MONOLITH.ask(_ALL, asked)}
            of_accounts = list(_of_accounts(asked, everything=since is None))
            odd = [row["id"] for row in MONOLITH.ask(_ODD, asked)]
            totals = MONOLITH.ask(_TOTALS, asked)[0]
        agreement.nothing_resurfaced(runs, done)
        sums = sealing.sums(since, sum((row["amount"] for row in done.values()), ZERO), NO_GAPS)
        invariants = [
            *of_accounts,
            check("I1b", conserved(totals, sums), "money_is_spent_or_there"),
            check("I4b", agreement.of_no_run("monolith", runs, done, "transaction"), "rows_are_of_their_run"),
            check("I4c", odd, "payments_are_whole"),
            check("I15", agreement.untrue("monolith", runs, done, done, ()), "statuses_are_true"),
            *(of_the_log("monolith", runs) if thorough else ()),
        ]
        sealed = sealing.seal(since, upto, marks, runs, done, NO_GAPS)
        return balanced("monolith", totals, sums, invariants, sealed)

    def taken(self, ids: Sequence[str]) -> Mapping[UUID, Decimal]:
        """What is taken is paid: one row says both."""
        return {row["id"]: row["amount"] for row in MONOLITH.ask(_DONE, {"ids": ids})}

    paid = taken

    def seed(self, names: Sequence[str], opening: Decimal) -> None:
        MONOLITH.ask(_OPEN_ACCOUNTS, {"names": list(names), "opening": opening})

    def clear(self) -> None:
        MONOLITH.ask("DELETE FROM closed_withdrawals")
        MONOLITH.ask("DELETE FROM transactions")
        MONOLITH.ask("DELETE FROM accounts")
