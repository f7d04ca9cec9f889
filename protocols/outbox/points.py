"""What the lab hangs on the page: the statuses and fault points of its steps, the rows that they show, and for which
run a relay publishes a row."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from typing import Any

from distviz.services import inbox
from distviz.services.payment import operations as payment
from distviz.services.places import PAYMENT
from distviz.trace import context, tracing
from distviz.trace.context import Delivery, OpenStep
from distviz.trace.handlers import Place
from distviz.trace.messages import Message
from distviz.trace.points import after_sending, at_step
from distviz.trace.statements import Rows, at_statement
from distviz.trace.steps import becomes, changed, ran
from distviz.trace.together import Together
from protocols.messages import read
from protocols.outbox import outbox
from protocols.outbox.messages import MoneyDeducted, MoneyRefunded, PaymentFailed, PaymentProcessed
from protocols.outbox.outbox import ClaimedRow
from protocols.outbox.recovery import dead, unanswered

AFTER_PUBLISH = "relay.after_publish"
STORED: tuple[type[Message], ...] = (MoneyDeducted, PaymentProcessed, PaymentFailed, MoneyRefunded)
ENTRIES: dict[type[Message], str] = {MoneyDeducted: "deduct", MoneyRefunded: "refund"}

# --- the steps ------------------------------------------------------------------------------------------------------


def _show_claim(delivery: Delivery, opened: OpenStep) -> None:
    """The statement ran before the step, for a hundred rows at a time."""
    ran(outbox.CLAIM, {"by_hand": False})


def _status_of_giving_up(delivery: Delivery) -> str:
    return "delivering" if delivery.lane == "payment" else "running"


for _name in ("charge", "notify"):
    at_step("outbox", _name, status="delivering")
for _name in ("acknowledge", "complete", "settle"):
    at_step("outbox", _name, points=None, status="delivering")
at_step("outbox", "give up", points=None, status=_status_of_giving_up)
for _kind in STORED:
    at_step("outbox", f"publish {_kind.__name__}", points=None, status="delivering", begun=_show_claim)
    after_sending(_kind, AFTER_PUBLISH)

# --- the rows -------------------------------------------------------------------------------------------------------


def _show_payment(message: Message) -> None:
    """For a copy. (The Account Service does the same for every protocol.)"""
    if isinstance(message, MoneyDeducted):
        payment.answer_to(message)


inbox.shows(PAYMENT, _show_payment)


@at_statement(outbox.INSERT)
def _written(place: Place, given: Mapping[str, Any], rows: Rows) -> None:
    """Once it is committed the message is on its way."""
    if rows:
        after = {"event_type": given["event_type"], "published": False, "status": "pending"}
        changed(place.name, f"outbox/{rows[0]['id']}", None, after)
        becomes("delivering")


@at_statement(outbox.CLAIM)
@at_statement(unanswered.CLAIM_AGAIN)
def _apart(place: Place, given: Mapping[str, Any], rows: Rows) -> None:
    """What is done to one withdrawal should not happen to its neighbours: a row of which something is to be broken or
    watched, one that cannot be published, and one whose batch has failed, is a batch of its own; a relay that is to be
    broken publishes it last. In a batch each row is of another run."""
    runs: set[str] = set()
    for row in rows:
        if row["withdrawal"] in runs or not _as_any_other(row):
            row["batch"] = str(row["id"])
        runs.add(row["withdrawal"])
    rows.sort(key=lambda row: (AFTER_PUBLISH in row["headers"], row["batch"] == str(row["id"])))


def _as_any_other(row: dict[str, Any]) -> bool:
    try:
        read(row["payload"], f"outbox.{row['event_type']}", row["withdrawal"])
        headers = _parsed(row["headers"])
        faults = context.read_note(headers)
        if headers.get("traceparent"):
            tracing.parent(headers["traceparent"])
    except Exception:  # it is tried by itself, and says why
        return False
    return row["attempts"] == 1 and not row["published"] and not faults and headers.get("mode", "run") == "run"


@at_statement(outbox.MARK)
def _marked(place: Place, given: Mapping[str, Any], rows: Rows) -> None:
    status = {row["id"]: row["status"] for row in rows}
    for delivery in context.of_each():
        row = delivery.of
        if delivery.step and isinstance(row, ClaimedRow):
            before = {"status": "publishing", "published": row.published}
            after = {"status": status.get(row.id, "sent"), "published": True}  # or another relay has marked it
            with context.handling(delivery):
                changed(place.name, f"outbox/{row.id}", before, after)
            delivery.step.money |= proof(message_of(row))


@at_statement(outbox.ACKNOWLEDGE)
def _acknowledged(place: Place, given: Mapping[str, Any], rows: Rows) -> None:
    for row in rows:
        done = row["status"] == "acknowledged"
        before = {"status": "sent" if done else row["status"], "acknowledged": False}
        changed(place.name, f"outbox/{row['id']}", before, {"status": row["status"], "acknowledged": True})


def proof(message: Message) -> dict[str, dict[str, str]]:
    """The row was committed together with the money: if the process died before recording it, its row shows it."""
    entry = ENTRIES.get(type(message))
    delta = message.amount if entry == "refund" else -message.amount
    return {f"account:ledger/{entry}": {"account": f"{delta:.2f}"}} if entry else {}


# --- the relay ------------------------------------------------------------------------------------------------------


@context.acts_for(ClaimedRow)
@contextmanager
def on_behalf_of(rows: list[ClaimedRow]) -> Iterator[None]:
    """The relay acts for the runs that wrote the rows."""
    if len(rows) == 1:
        with dead.unless_published(rows[0]), _traced(rows[0]) as delivery, context.handling(delivery):
            yield
        return
    with ExitStack() as traced:
        each = [traced.enter_context(_traced(row)) for row in rows]
        with context.handling(Together.by(each)) as together:
            yield
            together.flush()


@contextmanager
def _traced(row: ClaimedRow) -> Iterator[Delivery]:
    delivery, label = delivery_for(row), f"relay {row.event_type}"
    with tracing.span(label, delivery.traceparent, run=row.withdrawal) as (here, onward):
        delivery.span_id, delivery.traceparent = here, onward
        yield delivery


def delivery_for(row: ClaimedRow) -> Delivery:
    """Made of the row's headers, so no query is needed. A row that was inserted by hand may have anything in them; it
    must not keep the others from being published."""
    headers = _parsed(row.headers)
    return Delivery(
        run_id=row.withdrawal,
        protocol="outbox",
        lane="queue",
        mode=headers.get("mode", "run"),
        who="outbox.relay",
        attempt=row.attempts,
        cause=headers.get("cause"),
        traceparent=headers.get("traceparent") or "00-{}-{}-01".format(*tracing.new_trace()),
        faults=[context.FaultRef(*fault) for fault in headers.get("faults", [])],
        redriven=row.published,
        service=row.place.name,
        of=row,
    )


@lru_cache(maxsize=256)
def _parsed(headers: str) -> Mapping[str, Any]:
    found = json.loads(headers)
    return found if isinstance(found, dict) else {}


def message_of(row: ClaimedRow) -> Message:
    return read(row.payload, f"outbox.{row.event_type}", row.withdrawal)
