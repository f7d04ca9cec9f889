"""Where TCC can be broken, which status the run has meanwhile, and which of its rows are shown. It hangs on the page's
steps, messages and statements from outside."""

from collections.abc import Mapping
from typing import Any

from distviz.services import inbox
from distviz.services.payment import operations as payment
from distviz.services.places import PAYMENT
from distviz.trace import faults
from distviz.trace.context import Delivery, OpenStep
from distviz.trace.handlers import Place
from distviz.trace.messages import Message
from distviz.trace.points import Moments, after_sending, at_step, before_sending
from distviz.trace.statements import Rows, at_statement
from distviz.trace.steps import changed
from protocols.tcc import branches, record
from protocols.tcc.messages import LINES, Confirm, Try

PROTOCOL = "tcc"

_COORDINATOR = ("before_tries", "between_tries", "all_tried", "after_decision", "between_confirms", "all_confirmed")
for _moment in _COORDINATOR:
    faults.know_point(f"coordinator.{_moment}", faults.AFTER_ACTIONS)
_CANCELS = {
    "account": "refund",
    "payment": "payment",
}  # as elsewhere, where money comes back
for _name in LINES:
    for _verb in ("confirm", *(("cancel",) if _CANCELS[_name] == _name else ())):
        for _moment in ("before", "in", "after"):
            faults.know_point(f"{_name}.{_moment}_{_verb}", faults.AFTER_ACTIONS)


def all_tried(delivery: Delivery) -> Moments:
    return ("coordinator.all_tried",) if delivery.faults and not record.read(delivery.run_id).untried else ()


def all_confirmed(delivery: Delivery) -> Moments:
    found = record.read(delivery.run_id) if delivery.faults else None
    decided = found.decision.decision if found and found.decision else ""
    return ("coordinator.all_confirmed",) if decided == record.CONFIRM else ()


def until_ended(delivery: Delivery) -> str | None:
    found = record.read(delivery.run_id).decision
    return "committing" if found and found.decision == record.CONFIRM else "running"


def tell(delivery: Delivery, opened: OpenStep) -> None:
    """The decision was written just now."""
    made = record.read(delivery.run_id).decision if opened.changes else None
    if made is None:
        return
    forward = made.decision == record.CONFIRM
    more: dict[str, Any] = {"by": made.decided_by, "forward": forward}
    status = "committing" if forward else "running"
    delivery.gather("decision", "made", made.decision, error=made.reason, cause=delivery.cause, status=status, **more)


at_step(PROTOCOL, "begin", points=None)
before_sending(LINES["account"][Try], "coordinator.before_tries")
after_sending(LINES["account"][Try], "coordinator.between_tries")
at_step(PROTOCOL, "decide", points=None, ahead=all_tried, after="coordinator.after_decision", ended=tell)
after_sending(LINES["account"][Confirm], "coordinator.between_confirms")
at_step(PROTOCOL, "end", points=None, ahead=all_confirmed, status=until_ended)
for _name in LINES:
    _moments: dict[str, Any] = {"before": "before_confirm", "within": "in_confirm", "after": "after_confirm"}
    at_step(PROTOCOL, f"confirm_{_name}", points=_name, status="committing", **_moments)
at_step(PROTOCOL, "cancel_account", points="refund")
at_step(
    PROTOCOL,
    "cancel_payment",
    points="payment",
    before="before_cancel",
    within="in_cancel",
    after="after_cancel",
)


def show_payment(message: Message) -> None:
    """For a copy of a confirm. (The Account Service does the same for every protocol.)"""
    if isinstance(message, LINES["payment"][Confirm]):
        payment.answer_to(message)


inbox.shows(PAYMENT, show_payment)


@at_statement(record.BEGIN)
def began(_place: Place, _row: Mapping[str, Any], made: Rows) -> None:
    if made:
        changed("lab", "tcc_transactions", None, {"decision": None})


@at_statement(record.DECIDE)
def decided(_place: Place, row: Mapping[str, Any], made: Rows) -> None:
    if made:
        changed("lab", "tcc_transactions", {"decision": None}, {"decision": row["decision"]})


@at_statement(record.END)
def ended(_place: Place, _row: Mapping[str, Any], made: Rows) -> None:
    if made:
        changed("lab", "tcc_transactions", {"ended": "no"}, {"ended": "yes"})


@at_statement(branches.TRY)
@at_statement(branches.CONFIRM)
@at_statement(branches.CANCEL)
def moved(place: Place, _row: Mapping[str, Any], rows: Rows) -> None:
    """From one status to the next; a verb that finds its work done moves nothing."""
    for row in rows:
        if row["was"] != row["status"]:
            before = {"status": row["was"]} if row["was"] else None
            changed(place.name, "tcc_reservations", before, {"status": row["status"]})
