"""What the lab says and shows of event sourcing."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from distviz.probe import reads as questions
from distviz.probe.reads import Read
from distviz.story.shapes import Lane
from distviz.trace.models import Run
from protocols.catalogue import Panel, Protocol, message, work
from protocols.event_sourcing.account import EVENTS, PREFIX
from protocols.event_sourcing.advice import ADVICE
from protocols.event_sourcing.audit import DELTA
from protocols.event_sourcing.books import BOOKS
from protocols.event_sourcing.checkpoint import BACKLOG
from protocols.event_sourcing.desk.desk import DESK
from protocols.event_sourcing.desk.time_travel import without_code
from protocols.event_sourcing.guards import GUARDS
from protocols.event_sourcing.lessons import LESSONS
from protocols.event_sourcing.messages import (
    CustomerNotified,
    EventsAppended,
    MoneyDeducted,
    MoneyRefunded,
    NotifyCustomer,
    PaymentFailed,
    PaymentProcessed,
    WithdrawalRequested,
)
from protocols.event_sourcing.models import BalanceView, HistoryView, StoredEvent
from protocols.event_sourcing.promises import CELLS

_FOLD = f"SELECT sum({DELTA}) AS balance, max(version) AS version FROM events WHERE aggregate = %(stream)s"
_VIEW = "SELECT balance, version FROM balance_view WHERE account = %(name)s"
_MINE = """
SELECT type, CASE type WHEN 'MoneyDeducted' THEN 'deduct' WHEN 'MoneyRefunded' THEN 'refund' ELSE '' END AS kind,
    version FROM events WHERE withdrawal_id = %(run)s ORDER BY version
"""


def reads(run: Run) -> list[Read]:
    """What another session may ask: the stream, folded at this moment, and beside it what the read model says. Nothing
    is locked here: the first to append the next version wins, the other decides again."""
    stream = PREFIX + run.account
    return [
        Read("balance", EVENTS, "events", stream, _FOLD, {"stream": stream}),
        Read("taken", EVENTS, "events", "events", _MINE, {"run": run.pk}),
        Read("view", EVENTS, "events", f"balance_view/{run.account}", _VIEW, {"name": run.account}),
        *questions.payment(run),
        *questions.notification(run),
    ]


def event_rows(account: str = "") -> Iterable[Mapping[str, Any]]:
    found = StoredEvent.objects.all()
    if account:  # in a stream, versions are in the order of positions
        found = found.filter(aggregate=PREFIX + account).order_by("-version")
    shown = found.values("withdrawal_id", "aggregate", "version", "type", "data")[:20]
    return [{**row, "data": ", ".join(without_code(row["data"]).values())} for row in shown]


def balance_rows(account: str = "") -> Iterable[Mapping[str, Any]]:
    found = BalanceView.objects.filter(**({"account": account} if account else {}))
    return found.values("account", "balance", "version", "position", "error")[:20]


def history_rows(account: str = "") -> Iterable[Mapping[str, Any]]:
    found = HistoryView.objects.filter(**({"account": account} if account else {}))
    return found.values("withdrawal_id", "account", "type", "delta", "balance", "at")[:20]


PROTOCOL = Protocol(
    key="event_sourcing",
    title=_("Event sourcing: store and read models"),
    short=_("Event sourcing"),
    one_line=_("Only events are stored; the balance is computed from them, and read models follow."),
    promises=_("Nothing is ever overwritten: every balance can be explained, at any time in the past."),
    pros=[
        _("The full history of changes, and with it the audit trail"),
        _("Time travel: the state at any version, by replay"),
        _("Projections for different uses, which can be rebuilt at any time"),
    ],
    cons=[
        _("Harder to write"),
        _("Harder to query: read models lag behind the store"),
        _("Storage only grows"),
    ],
    finished_when=_("The last event is in the event store."),
    consistency=_("eventual"),
    complexity=3,
    performance=_("medium"),
    use_case=_("an audit trail is needed"),
    steps=[
        message(WithdrawalRequested, "api", "account"),
        work("deduct", _("Check the folded balance, append events"), "account", "account"),
        message(MoneyDeducted, "account", "payment"),
        message(EventsAppended, "account", "read_model"),
        work("project", _("Update the read models"), "read_model", "projector.in_batch"),
        work("charge", _("Make the payment"), "payment", "payment"),
        message(PaymentProcessed, "payment", "account"),
        work("record", _("Append PaymentProcessed"), "account"),
        message(NotifyCustomer, "account", "notification"),
        work("notify", _("Send the notification"), "notification", "notification"),
        message(CustomerNotified, "notification", "account"),
        work("complete", _("Append the last event"), "account"),
        message(PaymentFailed, "payment", "account", compensation=True),
        work("refund", _("Append PaymentFailed and MoneyRefunded"), "account", "refund", compensation=True),
        message(MoneyRefunded, "account", "notification", compensation=True),
    ],
    request=WithdrawalRequested,
    books=BOOKS,
    reads=reads,
    panels=[
        Panel("events", _("Event stream"), event_rows),
        Panel("balance_view", _("Account Balance View"), balance_rows),
        Panel("history_view", _("Transaction History View"), history_rows),
        Panel("payments", _("Payments"), BOOKS.payments),
    ],
    own_lanes={
        "account": Lane(_("Account"), _("event store"), locks=True),
        "read_model": Lane(_("Read model"), "PostgreSQL", short=_("View"), locks=True),
    },
    desk=DESK,
    backlog=BACKLOG,
    api="protocols.event_sourcing.desk.api.router",
    lessons=LESSONS,
    cells=CELLS,
    guards=GUARDS,
    advice=ADVICE,
)
