"""What the lab says and shows of the orchestrated saga."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from distviz.probe import reads as questions
from distviz.probe.reads import Read
from distviz.services.places import ACCOUNT, COORDINATOR, PAYMENT
from distviz.services.shared_books import SharedBooks
from distviz.trace.models import Run
from protocols.catalogue import Panel, Protocol, message, work
from protocols.orchestrated import audit
from protocols.orchestrated import messages as m
from protocols.orchestrated.advice import ADVICE
from protocols.orchestrated.guards import GUARDS
from protocols.orchestrated.lessons import LESSONS
from protocols.orchestrated.models import Saga
from protocols.orchestrated.points import MOMENTS
from protocols.orchestrated.promises import CELLS

BOOKS = SharedBooks(
    "orchestrated",
    own_tables=[(COORDINATOR, "orchestrated_sagas")],
    receives=[ACCOUNT, PAYMENT],
    invariants=audit.invariants,
)


def sagas(account: str = "") -> Iterable[Mapping[str, Any]]:
    found = Saga.objects.filter(**({"user_id": account} if account else {}))
    names = ("tx_id", "user_id", "amount", "steps_done", "steps_undone", "reason", "ended_at")
    for row in found.values(*names)[:20]:
        yield row | {name: ", ".join(row[name]) for name in ("steps_done", "steps_undone")}


def reads(run: Run) -> list[Read]:
    """With the log: what the next chain would begin from."""
    log = "SELECT steps_done, steps_undone, turned_at IS NOT NULL AS back FROM orchestrated_sagas WHERE tx_id = %(run)s"
    return [
        *questions.account(run),
        Read("", COORDINATOR, "lab", "orchestrated_sagas", log, {"run": run.pk}),
        *questions.payment(run),
        *questions.notification(run),
    ]


def _log(name: str, title: Any, *, compensation: bool = False) -> Any:
    return work(name, title, "api", "coordinator", compensation=compensation, moments=(MOMENTS[name],))


PROTOCOL = Protocol(
    key="orchestrated",
    title=_("Saga, by orchestration"),
    short=_("Orchestrated saga"),
    one_line=_("A coordinator calls each step in turn, and undoes them in reverse if one fails."),
    promises=_("Eventual consistency: either every step is done, or every step is undone."),
    pros=[
        _("One place knows every step, and says how far it is"),
        _("Services know nothing of each other"),
        _("Blocks nothing"),
    ],
    cons=[
        _("The coordinator is in the middle of everything: twice as many messages"),
        _("Every step needs a compensation, also for the case that it was never done"),
        _("A workflow engine's canvas is not durable: the log has to be kept beside it"),
    ],
    finished_when=_("The log has every step as done and the customer knows; or every step as undone."),
    consistency=_("eventual"),
    complexity=3,
    performance=_("medium"),
    use_case=_("business processes with many steps"),
    steps=[
        message(m.WithdrawalRequested, "api", "api"),
        _log("begin", _("Begin the saga in the log, start the chain")),
        message(m.DeductMoney, "api", "account"),
        work("deduct", _("Deduct"), "account", "account"),
        message(m.MoneyDeducted, "account", "api"),
        _log("log the deduction", _("Log: deducted")),
        message(m.ProcessPayment, "api", "payment"),
        work("charge", _("Make the payment"), "payment", "payment"),
        message(m.PaymentProcessed, "payment", "api"),
        _log("log the payment", _("Log: paid. The point of no return")),
        message(m.NotifyCustomer, "api", "notification"),
        work("notify", _("Send the notification"), "notification", "notification"),
        message(m.CustomerNotified, "notification", "api"),
        work("end", _("Close the log"), "api"),
        message(m.StepFailed, "payment", "api", compensation=True),
        _log("turn back", _("Log: turned back, start the chain that undoes"), compensation=True),
        message(m.CancelPayment, "api", "payment", compensation=True),
        work(
            "cancel",
            _("Cancel the payment: refuse it, unless it was made"),
            "payment",
            "payment",
            compensation=True,
            moments=("before_cancel", "in_cancel", "after_cancel"),
            empty=True,
        ),
        message(m.PaymentCancelled, "payment", "api", compensation=True),
        _log("log the cancellation", _("Log: cancelled"), compensation=True),
        message(m.RefundMoney, "api", "account", compensation=True),
        work("refund", _("Refund, if anything was taken"), "account", "refund", compensation=True, empty=True),
        message(m.MoneyRefunded, "account", "api", compensation=True),
        _log("log the refund", _("Log: refunded"), compensation=True),
        message(m.NotifyCustomer, "api", "notification", compensation=True),
    ],
    request=m.WithdrawalRequested,
    books=BOOKS,
    reads=reads,
    panels=[
        Panel("sagas", _("Coordinator's saga log"), sagas),
        Panel("payments", _("Payments"), BOOKS.payments),
    ],
    lessons=LESSONS,
    cells=CELLS,
    guards=GUARDS,
    advice=ADVICE,
)
