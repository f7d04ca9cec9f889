"""Both sides of a message: the row and the business row that was committed with it; and for each consumer its inbox
row and what it did. A few queries for a page of rows, none for a single one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from distviz.services.notification import operations as notification
from distviz.services.places import ACCOUNT, NOTIFICATION, PAYMENT, Place
from distviz.trace.handlers import ROUTES
from distviz.trace.messages import TYPES

_INBOX = """
SELECT id, message_id::text AS message, received_at AS at, duplicates FROM inbox
WHERE consumer = %(consumer)s AND message_id = ANY(%(messages)s::uuid[])
"""
_LEDGER = "SELECT withdrawal_id::text AS run, kind, delta FROM ledger WHERE withdrawal_id = ANY(%(runs)s::uuid[])"
_PAYMENTS = """
SELECT id, withdrawal_id::text AS run, status, amount, reason FROM payments
WHERE protocol = 'outbox' AND withdrawal_id = ANY(%(runs)s::uuid[])
"""
_DOCUMENT = {"PaymentProcessed": "withdrawn", "MoneyRefunded": "refunded"}
_ENTRY = {"MoneyDeducted": "deduct", "MoneyRefunded": "refund"}


@dataclass(frozen=True)
class Receipt:
    """One consumer of a message. `key` is its inbox row or its document; empty if it has not received it yet."""

    service: str
    key: str = ""
    at: datetime | None = None
    duplicates: int | None = None
    payment: Mapping[str, Any] | None = None  # what came of it
    entry: Decimal | None = None


@dataclass(frozen=True)
class Sides:
    """`payment` or `entry` is the row that was committed together with the message."""

    payment: Mapping[str, Any] | None
    entry: Decimal | None
    receipts: list[Receipt]


@dataclass(frozen=True)
class ServiceRecords:
    """What the services say of the withdrawals of a page."""

    inbox: Mapping[tuple[str, str], Mapping[str, Any]]
    entries: Mapping[tuple[str, str], Decimal]
    payments: Mapping[str, Mapping[str, Any]]
    documents: Mapping[str, Mapping[str, Any]]


def consumers(event_type: str) -> list[str]:
    """The services that listen for this message."""
    kind = TYPES.get(f"outbox.{event_type}")
    return [handler.place.name for handler in ROUTES.get(kind, [])] if kind else []


def of_account(rows: Iterable[Mapping[str, Any]]) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """Its inbox, and the ledger's entries."""
    runs = _array(row["run"] for row in rows)
    entries = {(row["run"], row["kind"]): row["delta"] for row in ACCOUNT.ask(_LEDGER, {"runs": runs})}
    return _inbox(ACCOUNT, rows), entries


def of_payment(rows: Iterable[Mapping[str, Any]]) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """Its inbox, and the payments."""
    runs = _array(row["run"] for row in rows)
    payments = {row["run"]: row for row in PAYMENT.ask(_PAYMENTS, {"runs": runs})}
    return _inbox(PAYMENT, rows), payments


def of_notification(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Its documents: it has no inbox, an id that can be there once does the same."""
    ids = [f"{row['run']}:{kind}" for row in rows if (kind := _DOCUMENT.get(row["event_type"]))]
    return notification.found(ids) if ids else {}


def sides(row: Mapping[str, Any], known: ServiceRecords) -> Sides:
    """Of one row, from what is known."""
    run, kind = row["run"], row["event_type"]
    mine = known.payments.get(run) if row["store"] == PAYMENT.name else None
    entry = known.entries.get((run, _ENTRY.get(kind, "")))
    return Sides(mine, entry, [_receipt(service, row, known) for service in consumers(kind)])


def _receipt(service: str, row: Mapping[str, Any], known: ServiceRecords) -> Receipt:
    if service == NOTIFICATION.name:
        key = f"{row['run']}:{_DOCUMENT.get(row['event_type'], '')}"
        found = known.documents.get(key)
        return Receipt(service, key, found["sent_at"]) if found else Receipt(service)
    received = known.inbox.get((service, row["message"]))
    if received is None:
        return Receipt(service)
    payment = known.payments.get(row["run"]) if service == PAYMENT.name else None
    entry = known.entries.get((row["run"], "refund")) if row["event_type"] == "PaymentFailed" else None
    return Receipt(service, str(received["id"]), received["at"], received["duplicates"], payment, entry)


def _inbox(place: Place, rows: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], Any]:
    asked = {"consumer": f"outbox.{place.name}", "messages": _array(row["message"] for row in rows)}
    return {(place.name, row["message"]): row for row in place.ask(_INBOX, asked)}


def _array(ids: Iterable[str]) -> str:
    return "{" + ",".join(ids) + "}"
