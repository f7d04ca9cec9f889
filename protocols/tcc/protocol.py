"""What the lab says and shows of TCC."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from distviz.probe import reads as questions
from distviz.probe.reads import Read
from distviz.services.places import ACCOUNT, COORDINATOR, PAYMENT
from distviz.services.shared_books import SharedBooks
from distviz.trace.models import Run
from protocols.catalogue import Panel, Protocol, Step, message, work
from protocols.tcc import audit
from protocols.tcc.advice import ADVICE
from protocols.tcc.guards import GUARDS
from protocols.tcc.lessons import LESSONS
from protocols.tcc.messages import (
    LINES,
    Cancel,
    Confirm,
    CustomerNotified,
    Done,
    NotifyCustomer,
    Tried,
    Try,
    WithdrawalRequested,
)
from protocols.tcc.models import Authorised, Frozen, Reservation, Transaction
from protocols.tcc.promises import CELLS

BOOKS = SharedBooks(
    "tcc",
    own_tables=[(COORDINATOR, "tcc_transactions"), (ACCOUNT, "tcc_reservations"), (PAYMENT, "tcc_reservations")],
    receives=[ACCOUNT, PAYMENT],
    invariants=audit.invariants,
)
Rows = Iterable[Mapping[str, Any]]


def records(account: str = "") -> Rows:
    found = Transaction.objects.filter(**_of(account))
    return found.values("tx_id", "user_id", "amount", "decision", "reason", "decided_by", "ended_at")[:20]


def frozen(account: str = "") -> Rows:
    return _reserved(Frozen, account)


def authorised(account: str = "") -> Rows:
    return _reserved(Authorised, account)


def _reserved(model: type[Reservation], account: str) -> Rows:
    found = model._default_manager.filter(**_of(account))
    return found.values("tx_id", "user_id", "amount", "status", "reason", "updated_at")[:20]


def _of(account: str) -> dict[str, str]:
    return {"user_id": account} if account else {}


def reads(run: Run) -> list[Read]:
    """With what is reserved: a balance alone does not say what may be spent."""
    row, of = "SELECT status, amount FROM tcc_reservations WHERE tx_id = %(run)s", {"run": run.pk}
    return [
        *questions.account(run),
        Read("", ACCOUNT, "account", "tcc_reservations", row, of),
        Read("", PAYMENT, "payment", "tcc_reservations", row, of),
        *questions.payment(run),
        *questions.notification(run),
    ]


_WORK = {
    "account": (_("Freeze the amount"), _("Deduct what is frozen"), _("Set it free again")),
    "payment": (_("Authorise the payment"), _("Make the authorised payment"), _("Void the authorisation")),
}
_CONFIRM, _CANCEL = (("before_confirm", "in_confirm", "after_confirm"), ("before_cancel", "in_cancel", "after_cancel"))


def _textbook() -> list[Step]:
    """Every branch tries, one decision, every branch does what was decided; the notification at last."""
    branches = [(name, line, *_WORK[name]) for name, line in LINES.items()]
    return [
        message(WithdrawalRequested, "api", "api"),
        work("begin", _("Write the withdrawal down"), "api", "coordinator", moments=("before_tries", "between_tries")),
        *(message(line[Try], "api", name) for name, line, *_texts in branches),
        *(work(f"try_{name}", attempt, name, name) for name, _line, attempt, _do, _undo in branches),
        *(message(line[Tried], name, "api") for name, line, *_texts in branches),
        work(
            "decide",
            _("Record the decision: the point of no return"),
            "api",
            "coordinator",
            moments=("all_tried", "after_decision", "between_confirms"),
        ),
        *(message(line[Confirm], "api", name) for name, line, *_texts in branches),
        *(work(f"confirm_{name}", do, name, name, moments=_CONFIRM) for name, _line, _try, do, _undo in branches),
        *(message(line[Done], name, "api") for name, line, *_texts in branches),
        message(NotifyCustomer, "api", "notification"),
        work("notify", _("Send the notification"), "notification", "notification"),
        message(CustomerNotified, "notification", "api"),
        work("end", _("Close the record"), "api", "coordinator", moments=("all_confirmed",)),
        *(message(line[Cancel], "api", name, compensation=True) for name, line, *_texts in branches),
        work("cancel_account", _WORK["account"][2], "account", "refund", compensation=True),
        work("cancel_payment", _WORK["payment"][2], "payment", "payment", compensation=True, moments=_CANCEL),
    ]


PROTOCOL = Protocol(
    key="tcc",
    title=_("TCC: try, confirm, cancel"),
    short=_("TCC"),
    one_line=_("Every service reserves first; then all reservations are confirmed, or all are cancelled."),
    promises=_("All or nothing in the end, and no overdraft meanwhile: what is reserved nobody else can spend."),
    pros=[
        _("No locks between the phases: a reservation is a committed row"),
        _("Nothing has to be refunded: money moves only after every service has agreed"),
    ],
    cons=[
        _("Every service needs three operations, and a state for what is reserved"),
        _("Cancels and confirms come twice, late, or before their try: every branch needs a barrier"),
        _("Confirm must always be possible: what was reserved may not expire"),
    ],
    finished_when=_("Every branch has confirmed and the customer knows; or every branch has cancelled."),
    consistency=_("eventual"),
    complexity=3,
    performance=_("medium"),
    use_case=_("payments with authorisation, bookings"),
    steps=_textbook(),
    request=WithdrawalRequested,
    books=BOOKS,
    reads=reads,
    panels=[
        Panel("frozen", _("Frozen funds"), frozen),
        Panel("authorised", _("Authorisations"), authorised),
        Panel("records", _("Coordinator's record"), records),
        Panel("payments", _("Payments"), BOOKS.payments),
    ],
    lessons=LESSONS,
    cells=CELLS,
    guards=GUARDS,
    advice=ADVICE,
)
