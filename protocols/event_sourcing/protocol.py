"""What the lab says and shows of event sourcing."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from distviz.money import text
from distviz.services import shared_books
from distviz.story.shapes import Lane
from protocols.catalogue import Panel, Protocol, message, work
from protocols.event_sourcing import audit, projection, reads
from protocols.event_sourcing.advice import ADVICE
from protocols.event_sourcing.aggregate import PREFIX
from protocols.event_sourcing.audit import accounts, books
from protocols.event_sourcing.desk import api
from protocols.event_sourcing.desk.desk import DESK
from protocols.event_sourcing.events import (
    CustomerNotified,
    EventsAppended,
    MoneyDeducted,
    MoneyRefunded,
    NotifyCustomer,
    PaymentFailed,
    PaymentProcessed,
    WithdrawalRequested,
)
from protocols.event_sourcing.lessons import LESSONS
from protocols.event_sourcing.models import BalanceView, HistoryView, StoredEvent
from protocols.event_sourcing.places import EVENTS
from protocols.event_sourcing.promises import CELLS

_OPEN_ACCOUNTS = """
INSERT INTO events (aggregate, version, type, data)
SELECT %(prefix)s || name, 1, 'MoneyDeposited', jsonb_build_object('amount', %(opening)s::text)
FROM unnest(%(names)s::text[]) WITH ORDINALITY AS n(name, number) ORDER BY number
ON CONFLICT (aggregate, version) DO NOTHING
"""
# The one way to empty the store; the trigger refuses it to everybody who does not say so first.
_CLEAR = (
    "SET LOCAL distviz.reset = 'on'",
    "TRUNCATE events, snapshots, open_withdrawals, balance_view, history_view RESTART IDENTITY",
    "UPDATE checkpoint SET position = 0, at = clock_timestamp()",
)


def has_account(name: str) -> bool:
    return bool(EVENTS.ask("SELECT 1 FROM events WHERE aggregate = %(a)s AND version = 1", {"a": PREFIX + name}))


def seed(names: list[str], opening: Decimal) -> None:
    """Open the accounts that are not there yet: an account is opened by its first event."""
    EVENTS.ask(_OPEN_ACCOUNTS, {"prefix": PREFIX, "names": names, "opening": text(opening)})
    projection.tick(0)


def clear() -> None:
    with transaction.atomic(using=EVENTS.alias):
        for statement in _CLEAR:
            EVENTS.ask(statement)
    shared_books.clear("event_sourcing")


def event_rows(account: str = "") -> Iterable[Mapping[str, Any]]:
    found = StoredEvent.objects.filter(**({"aggregate": PREFIX + account} if account else {}))
    shown = found.values("withdrawal_id", "aggregate", "version", "type", "data")[:20]
    return [{**row, "data": ", ".join(str(value) for value in row["data"].values())} for row in shown]


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
    promises=_("Nothing is ever overwritten: every balance can be explained, at any moment of the past."),
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
    has_account=has_account,
    accounts=accounts,
    books=books,
    seed=seed,
    clear=clear,
    reads=reads.of,
    taken=audit.taken,
    panels=[
        Panel("events", _("Event stream"), event_rows),
        Panel("balance_view", _("Account Balance View"), balance_rows),
        Panel("history_view", _("Transaction History View"), history_rows),
        Panel("payments", _("Payments"), shared_books.payments("event_sourcing")),
    ],
    own_lanes={
        "account": Lane(_("Account"), _("event store")),
        "read_model": Lane(_("Read model"), "PostgreSQL", short=_("View")),
    },
    desk=DESK,
    api=api.router,
    lessons=LESSONS,
    cells=CELLS,
    advice=ADVICE,
)
