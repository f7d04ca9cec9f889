"""What the lab says and shows of the saga."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from distviz.probe import reads as questions
from distviz.probe.reads import Read
from distviz.services.places import ACCOUNT, PAYMENT
from distviz.services.shared_books import SharedBooks
from distviz.trace.models import Run
from protocols.catalogue import Panel, Protocol, message, work
from protocols.saga import audit
from protocols.saga.advice import ADVICE, COMBINED
from protocols.saga.events import (
    CustomerNotified,
    MoneyDeducted,
    MoneyRefunded,
    PaymentFailed,
    PaymentProcessed,
    WithdrawalRequested,
)
from protocols.saga.guards import GUARDS
from protocols.saga.lessons import LESSONS
from protocols.saga.models import SagaLog
from protocols.saga.promises import CELLS

BOOKS = SharedBooks(
    "saga", own_tables=[(ACCOUNT, "saga_log")], receives=[ACCOUNT, PAYMENT], invariants=audit.invariants
)


def saga_rows(account: str = "") -> Iterable[Mapping[str, Any]]:
    found = SagaLog.objects.filter(**({"user_id": account} if account else {}))
    return found.values("tx_id", "user_id", "amount", "status", "reason", "updated_at")[:20]


def reads(run: Run) -> list[Read]:
    """With the saga log: what the next step would check instead of a lock."""
    log = "SELECT status, reason FROM saga_log WHERE tx_id = %(run)s"
    account, *others = questions.account(run), *questions.payment(run), *questions.notification(run)
    return [*account, Read("", ACCOUNT, "account", "saga_log", log, {"run": run.pk}), *others]


PROTOCOL = Protocol(
    key="saga",
    title=_("Saga, by choreography"),
    short=_("Saga"),
    one_line=_("A chain of local transactions; failures are undone by compensating transactions."),
    promises=_("Eventual consistency: either every step is done, or everything done is compensated."),
    pros=[_("Blocks nothing"), _("Scales with the services"), _("The usual choice for microservices")],
    cons=[
        _("Not immediate: money is in flight for a while"),
        _("Every step needs a compensation"),
        _("Harder to write"),
    ],
    finished_when=_("The last step has succeeded, or all compensating transactions are done."),
    consistency=_("eventual"),
    complexity=2,
    performance=_("high"),
    use_case=_("microservices (popular)"),
    steps=[
        message(WithdrawalRequested, "api", "account"),
        work("deduct", _("Deduct, open the saga log"), "account", "account"),
        message(MoneyDeducted, "account", "payment"),
        work("charge", _("Make the payment"), "payment", "payment"),
        message(PaymentProcessed, "payment", "notification"),
        work("notify", _("Send the notification"), "notification", "notification"),
        message(CustomerNotified, "notification", "account"),
        work("complete", _("Close the saga log"), "account"),
        message(PaymentFailed, "payment", "account", compensation=True),
        work("refund", _("Refund: the compensating transaction"), "account", "refund", compensation=True),
        message(MoneyRefunded, "account", "notification", compensation=True),
    ],
    request=WithdrawalRequested,
    books=BOOKS,
    reads=reads,
    panels=[
        Panel("saga_log", _("Saga log"), saga_rows),
        Panel("payments", _("Payments"), BOOKS.payments),
    ],
    lessons=LESSONS,
    cells=CELLS,
    guards=GUARDS,
    demonstrated=2,
    advice=ADVICE,
    combined=COMBINED,
)
