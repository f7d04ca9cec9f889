"""What the lab says and shows of the dual write."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from distviz.probe.isolation import HALF_DONE
from distviz.services import shared_books
from distviz.services.books import Balance, Books, of_services
from protocols.catalogue import Panel, Protocol, message, work
from protocols.dual_write.advice import UNFIT
from protocols.dual_write.events import MoneyDeducted, PaymentProcessed, WithdrawalRequested
from protocols.dual_write.lessons import LESSONS
from protocols.dual_write.promises import CELLS


def books() -> Books:
    return of_services("dual_write", may_lose=True)


def accounts() -> list[Balance]:
    return shared_books.accounts("dual_write")


def has_account(name: str) -> bool:
    return shared_books.has_account("dual_write", name)


def seed(names: list[str], opening: Decimal) -> None:
    shared_books.seed("dual_write", names, opening)


def clear() -> None:
    shared_books.clear("dual_write")


PROTOCOL = Protocol(
    key="dual_write",
    title=_("Dual write: no protocol"),
    short=_("Dual write"),
    one_line=_("Write to the database, then send the message; nothing ties the two together."),
    promises=_("Nothing. Any failure between two writes loses money permanently."),
    pros=[_("Looks simple and works in a demo")],
    cons=[
        _("Money can leave the account and never be paid"),
        _("A duplicate message is a second payment"),
        _("Nothing records that anything is missing"),
    ],
    finished_when=_("It is unknown."),
    consistency=_("none"),
    complexity=1,
    performance=_("high"),
    use_case=_("never: this is the problem that the others solve"),
    steps=[
        message(WithdrawalRequested, "api", "account"),
        work("deduct", _("Deduct and commit"), "account", "account"),
        message(MoneyDeducted, "account", "payment"),
        work("charge", _("Make the payment"), "payment", "payment"),
        message(PaymentProcessed, "payment", "notification"),
        work("notify", _("Send the notification"), "notification", "notification"),
    ],
    request=WithdrawalRequested,
    has_account=has_account,
    accounts=accounts,
    books=books,
    seed=seed,
    clear=clear,
    halves=HALF_DONE,
    may_lose=True,
    panels=[Panel("payments", _("Payments"), shared_books.payments("dual_write"))],
    lessons=LESSONS,
    cells=CELLS,
    demonstrated=1,
    unfit=UNFIT,
)
