"""What the lab says and shows of the dual write."""

from django.utils.translation import gettext_lazy as _

from distviz.probe.isolation import HALF_DONE
from distviz.services.places import ACCOUNT, PAYMENT
from distviz.services.shared_books import SharedBooks
from protocols.catalogue import Panel, Protocol, message, work
from protocols.dual_write.advice import UNFIT
from protocols.dual_write.events import MoneyDeducted, PaymentProcessed, WithdrawalRequested
from protocols.dual_write.lessons import LESSONS
from protocols.dual_write.promises import CELLS

CLOSED = [(place, "closed_withdrawals") for place in (ACCOUNT, PAYMENT)]
BOOKS = SharedBooks("dual_write", may_lose=True, own_tables=CLOSED)


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
    books=BOOKS,
    halves=HALF_DONE,
    panels=[Panel("payments", _("Payments"), BOOKS.payments)],
    lessons=LESSONS,
    cells=CELLS,
    demonstrated=1,
    unfit=UNFIT,
)
