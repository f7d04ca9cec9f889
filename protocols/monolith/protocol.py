"""What the lab says and shows of the monolith."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from distviz.probe.reads import Read
from distviz.story.shapes import Lane
from distviz.trace.models import Run
from protocols.catalogue import Panel, Protocol, message, work
from protocols.monolith.advice import ADVICE
from protocols.monolith.books import MonolithBooks
from protocols.monolith.events import WithdrawalRequested
from protocols.monolith.guards import GUARDS
from protocols.monolith.lessons import LESSONS
from protocols.monolith.models import Account, Transaction
from protocols.monolith.places import MONOLITH
from protocols.monolith.promises import CELLS


def transactions(account: str = "") -> Iterable[Mapping[str, Any]]:
    found = Transaction.objects.all()
    if account:  # asked for first, so that the index of its transactions gives the newest ones alone
        found = found.filter(user=Account.objects.filter(name=account).values("pk")[:1]).order_by("-at")
    return found.values("id", "user__name", "type", "amount", "withdrawal_id", "at")[:20]


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
    books=MonolithBooks(),
    reads=reads,
    panels=[Panel("transactions", _("Transactions"), transactions)],
    own_lanes={"account": Lane(_("Monolith"), "PostgreSQL", locks=True)},
    lessons=LESSONS,
    cells=CELLS,
    guards=GUARDS,
    advice=ADVICE,
)
