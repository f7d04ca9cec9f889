"""What the picture shows of two-phase commit, hung on the page's statements and steps from outside."""

from collections.abc import Mapping
from typing import Any

from distviz.services import prepared_now
from distviz.services.places import ACCOUNT, PAYMENT
from distviz.services.prepared import when_finished
from distviz.trace.context import Delivery, OpenStep, current, open_step
from distviz.trace.handlers import Place
from distviz.trace.models import Event
from distviz.trace.statements import Rows, at_statement
from distviz.trace.steps import changed, closing
from protocols.two_phase import log
from protocols.two_phase.log import Decision

_DATABASES = {place.lane: place for place in (ACCOUNT, PAYMENT)}


@at_statement(log.BEGIN)
def began(_place: Place, _row: Mapping[str, Any], made: Rows) -> None:
    for row in made:
        changed("lab", f"two_phase_participants/{row['name']}", None, {"participant": row["name"]})


@when_finished
def looked_for(_place: Place, _tx_id: str, verb: str, found: bool) -> None:
    """No such transaction: it was finished before, or never prepared."""
    opened = open_step()
    if opened is None or found:
        return
    opened.data["found"] = False
    if verb == "ROLLBACK PREPARED":
        opened.ends = "nothing"
    else:
        closing(lambda: _found_before(opened))


def _found_before(opened: OpenStep) -> None:
    """Its rows were committed by somebody who may not have lived to say so."""
    opened.changes = [change | {"found": True} for change in opened.changes]


@at_statement(log.DECIDE)
def decided(_place: Place, row: Mapping[str, Any], made: Rows) -> None:
    if made:
        changed("lab", "two_phase_decisions", None, {"decision": row["decision"]})


@at_statement(log.END)
def ended(_place: Place, _row: Mapping[str, Any], made: Rows) -> None:
    if made:
        changed("lab", "two_phase_decisions", {"ended": "no"}, {"ended": "yes"})


def locks(delivery: Delivery, opened: OpenStep) -> None:
    """Once it is prepared: what it holds from now on, as PostgreSQL says."""
    place = _DATABASES.get(delivery.lane)
    if place:
        closing(lambda: opened.data.update(locks=prepared_now.locks(place, delivery.run_id)))
    if delivery.again:
        closing(lambda: _after_the_decision(delivery, opened))


def _after_the_decision(delivery: Delivery, opened: OpenStep) -> None:
    """A copy of the order to prepare may find that it was prepared, and decided: then it is not prepared again."""
    if log.decision_on(delivery.run_id):
        opened.data["decided"] = True
        opened.ends = opened.ends or "late"


def announce(delivery: Delivery, opened: OpenStep) -> None:
    """The decision was written just now."""
    decision = log.decision_on(delivery.run_id) if opened.changes else None
    if decision:
        _tell(delivery, decision)


def announced(run_id: str, decision: Decision) -> None:
    """The process that decided may have died before recording it."""
    delivery = current()
    if delivery and not Event.objects.filter(run_id=run_id, kind="decision").exists():
        _tell(delivery, decision)


def _tell(delivery: Delivery, decision: Decision) -> None:
    delivery.gather(
        "decision",
        "made",
        decision.decision,
        error=None if decision.commits else decision.reason,
        cause=delivery.cause,
        status="committing" if decision.commits else "running",
        by=decision.decided_by,
    )
