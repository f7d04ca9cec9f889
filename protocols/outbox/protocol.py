"""What the lab says and shows of the transactional outbox."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from distviz.probe import reads as questions
from distviz.probe.reads import Read
from distviz.services.payment.models import Inbox
from distviz.services.places import ACCOUNT, PAYMENT
from distviz.services.shared_books import SharedBooks
from distviz.story.shapes import Lane
from distviz.trace.models import Run
from protocols.backlog import Backlog
from protocols.catalogue import Panel, Protocol, message, work
from protocols.outbox import audit
from protocols.outbox.advice import ADVICE
from protocols.outbox.desk import pages
from protocols.outbox.desk.dead_rows import DEAD_ROWS
from protocols.outbox.desk.desk import DESK
from protocols.outbox.guards import GUARDS
from protocols.outbox.lessons import LESSONS
from protocols.outbox.messages import (
    Acknowledged,
    CustomerNotified,
    MoneyDeducted,
    MoneyRefunded,
    PaymentFailed,
    PaymentProcessed,
    WithdrawalRequested,
)
from protocols.outbox.models import PaymentOutbox
from protocols.outbox.promises import CELLS

BOOKS = SharedBooks(
    "outbox",
    own_tables=[(ACCOUNT, "outbox"), (PAYMENT, "outbox")],
    receives=[ACCOUNT, PAYMENT],
    invariants=audit.invariants,
)


BACKLOG = Backlog(
    part="outbox",
    name="backlog",
    databases=[ACCOUNT.alias, PAYMENT.alias],
    sql="SELECT count(*) FROM outbox WHERE status IN ('pending', 'publishing')",
)


def reads(run: Run) -> list[Read]:
    """With the outbox rows of both services: what is stored there is not yet known to any consumer."""
    sql, mine = "SELECT event_type, status FROM outbox WHERE withdrawal_id = %(run)s ORDER BY id", {"run": run.pk}
    account = [*questions.account(run), Read("", ACCOUNT, "account", "outbox", sql, mine)]
    return [
        *account,
        *questions.payment(run),
        Read("", PAYMENT, "payment", "outbox", sql, mine),
        *questions.notification(run),
    ]


def outbox_panel(account: str = "") -> Iterable[Mapping[str, Any]]:
    shown = ("event_type", "status", "attempts", "store", "last_error", "created_at", "id", "account", "withdrawal_id")
    return [{name: row[name] for name in shown} for row in pages.outbox_rows(account=account, limit=20)]


def inbox_panel(account: str = "") -> Iterable[Mapping[str, Any]]:
    found = Inbox.objects.filter(consumer="outbox.payment").order_by("-id")
    if account:
        its_own = PaymentOutbox.objects.filter(account=account)
        found = found.filter(withdrawal_id__in=its_own.values("withdrawal_id"))
    return found.values("id", "message_id", "duplicates", "received_at", "withdrawal_id")[:20]


PROTOCOL = Protocol(
    key="outbox",
    title=_("Outbox: the message in the transaction"),
    short=_("Outbox"),
    one_line=_("The row and the message in one transaction; a relay publishes it."),
    promises=_("Eventual consistency: whatever was committed is published, at least once, and takes effect once."),
    pros=[
        _("No dual write: the message cannot get lost between the database and the queue"),
        _("The broker may be down; committed messages wait in a table"),
        _("Messages of one account keep their order"),
    ],
    cons=[
        _("Not immediate: the relay polls"),
        _("Messages can arrive more than once, so every consumer needs an inbox"),
        _("One more table in every database, and a relay to operate"),
    ],
    finished_when=_("The event is published to the queue and acknowledged."),
    consistency=_("eventual"),
    complexity=2,
    performance=_("high"),
    use_case=_("with message queues"),
    steps=[
        message(WithdrawalRequested, "api", "account"),
        work("deduct", _("Deduct and write to the outbox: one transaction"), "account", "account"),
        work("publish MoneyDeducted", _("Publish, mark as sent"), "queue", "relay"),
        message(MoneyDeducted, "queue", "payment"),
        work("charge", _("Inbox, payment and answer: one transaction"), "payment", "payment"),
        work("publish PaymentProcessed", _("Publish the answer"), "queue", "relay"),
        message(PaymentProcessed, "queue", "account"),
        work("acknowledge", _("The message is acknowledged"), "account"),
        message(PaymentProcessed, "queue", "notification"),
        work("notify", _("Send the notification"), "notification", "notification"),
        message(CustomerNotified, "notification", "account"),
        work("complete", _("The client has been notified"), "account"),
        message(Acknowledged, "account", "payment"),
        work("settle", _("The answer is acknowledged too"), "payment"),
        work("publish PaymentFailed", _("Publish the decline"), "queue", "relay", compensation=True),
        message(PaymentFailed, "queue", "account", compensation=True),
        work("refund", _("Refund and write to the outbox"), "account", "refund", compensation=True),
        work("publish MoneyRefunded", _("Publish the refund"), "queue", "relay", compensation=True),
        message(MoneyRefunded, "queue", "notification", compensation=True),
    ],
    request=WithdrawalRequested,
    books=BOOKS,
    reads=reads,
    panels=[
        Panel("outbox", _("Outbox"), outbox_panel),
        Panel("inbox", _("Inbox"), inbox_panel),
        Panel("payments", _("Payments"), BOOKS.payments),
    ],
    own_lanes={"queue": Lane(_("Outbox relay"), short=_("Relay"))},
    desk=DESK,
    dead_rows=DEAD_ROWS,
    backlog=BACKLOG,
    api="protocols.outbox.desk.api.router",
    lessons=LESSONS,
    cells=CELLS,
    guards=GUARDS,
    advice=ADVICE,
)
