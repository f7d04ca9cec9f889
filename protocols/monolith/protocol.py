"""What the lab says and shows of the monolith."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from distviz.codes import Reason
from distviz.probe.reads import Read
from distviz.services.books import ZERO, Balance, Books, check, untrue_statuses
from distviz.story.shapes import Lane
from distviz.story.words import sentences
from distviz.trace.models import Run
from protocols.catalogue import Panel, Protocol, message, work
from protocols.monolith.advice import ADVICE
from protocols.monolith.events import WithdrawalRequested
from protocols.monolith.lessons import LESSONS
from protocols.monolith.models import Account, Transaction
from protocols.monolith.places import MONOLITH
from protocols.monolith.promises import CELLS

sentences.register(
    {
        "transactions_add_up": _("opening − transactions = balance, account by account"),
        "money_is_spent_or_there": _("opening = balances + paid"),
    }
)

_WRONG = """
SELECT a.name FROM accounts a LEFT JOIN transactions t ON t.user_id = a.id
GROUP BY a.id HAVING a.balance <> a.opening - COALESCE(sum(t.amount), 0)
"""
_DONE = """
SELECT withdrawal_id AS id, amount FROM transactions WHERE withdrawal_id = ANY(%(ids)s::uuid[])
"""
_ALL = "SELECT withdrawal_id::text AS id, amount, false AS refunded FROM transactions"


def accounts() -> list[Balance]:
    rows = MONOLITH.ask("SELECT name, balance, opening FROM accounts ORDER BY id")
    return [Balance("monolith", r["name"], r["balance"], r["opening"], "monolith") for r in rows]


def has_account(name: str) -> bool:
    return bool(MONOLITH.ask("SELECT 1 FROM accounts WHERE name = %(n)s", {"n": name}))


def books() -> Books:
    """One database, one snapshot: nothing is ever in flight."""
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
    return Books("monolith", totals["o"], totals["b"], paid, ZERO, ZERO, invariants)


def seed(names: list[str], opening: Decimal) -> None:
    Account.objects.bulk_create(
        [Account(name=name, opening=opening, balance=opening) for name in names], ignore_conflicts=True
    )


def clear() -> None:
    MONOLITH.ask("DELETE FROM transactions")
    MONOLITH.ask("DELETE FROM accounts")


def transactions(account: str = "") -> Iterable[Mapping[str, Any]]:
    found = Transaction.objects.filter(**({"user__name": account} if account else {}))
    return found.values("id", "user__name", "type", "amount", "withdrawal_id", "at")[:20]


def moved(ids: Sequence[str]) -> dict[UUID, Decimal]:
    """What is taken is paid: one row says both."""
    return {row["id"]: row["amount"] for row in MONOLITH.ask(_DONE, {"ids": ids})}


def reads(run: Run) -> list[Read]:
    """One row says both: taken and paid."""
    balance = "SELECT balance FROM accounts WHERE name = %(name)s"
    done = """
    SELECT type, amount, 'deduct' AS kind, 'COMPLETED' AS status FROM transactions WHERE withdrawal_id = %(run)s
    """
    who, lock = {"name": run.account}, ("accounts", "name = %(name)s")
    return [
        Read("balance", MONOLITH, "monolith", f"accounts/{run.account}", balance, who, lock=lock),
        Read("taken paid", MONOLITH, "monolith", "transactions", done, {"run": run.pk}),
    ]


PROTOCOL = Protocol(
    key="monolith",
    title=_("Monolith: one ACID transaction"),
    short=_("Monolith"),
    one_line=_("One database, one COMMIT: everything or nothing."),
    promises=_("Immediate consistency. No one ever sees half a withdrawal."),
    pros=[_("Simple to write and to reason about"), _("Nothing to compensate, nothing in flight"), _("Fast")],
    cons=[_("Works only where all tables are in one database"), _("The services cannot be scaled or deployed apart")],
    finished_when=_("COMMIT in the one database."),
    consistency=_("immediate"),
    complexity=1,
    performance=_("high"),
    use_case=_("a single database"),
    steps=[
        message(WithdrawalRequested, "api", "account"),
        work("withdraw", _("BEGIN, check, deduct, record, COMMIT"), "account", "account"),
    ],
    request=WithdrawalRequested,
    has_account=has_account,
    accounts=accounts,
    books=books,
    seed=seed,
    clear=clear,
    reads=reads,
    taken=moved,
    paid=moved,
    panels=[Panel("transactions", _("Transactions"), transactions)],
    own_lanes={"account": Lane(_("Monolith"), "PostgreSQL", locks=True)},
    lessons=LESSONS,
    cells=CELLS,
    advice=ADVICE,
)
