"""Recovery: what is in doubt is settled from the databases alone, whichever process died and whichever message was
lost.

Three passes, each of which can be repeated at any time and beside any other: decide what no coordinator will decide
any more (presumed abort), finish on each server what is decided, close what is finished.
"""

from django.conf import settings

from distviz.codes import Reason
from distviz.services import strays
from distviz.services.notification import outgoing
from distviz.services.places import COORDINATOR
from distviz.trace.registering import sweeps
from distviz.trace.steps import step
from distviz.trace.watching import WITHOUT
from protocols.two_phase import coordinator, log
from protocols.two_phase.log import ABORT, Decision
from protocols.two_phase.messages import LINES
from protocols.two_phase.recovery import clocks
from protocols.two_phase.recovery.settle import (
    FORGOTTEN,
    LAST,
    NOT_NOW,
    PLACES,
    PassReport,
    acting,
    close,
    order_for,
    settle,
)

# The patient pass looks at runs that are not held; what is prepared for others is found at its server (settle.py).
_BEGUN = "SELECT DISTINCT tx_id AS id FROM two_phase_participants WHERE done_at IS NULL"
GUARD = "presumed_abort"
_UNDECIDED = f"""
SELECT DISTINCT p.tx_id::text AS tx FROM ({{runs}}) r JOIN two_phase_participants p ON p.tx_id = r.id
WHERE p.done_at IS NULL AND p.begun_at <= now() - %(age)s::float8 * interval '1 second'
  AND NOT EXISTS (SELECT 1 FROM two_phase_decisions d WHERE d.tx_id = p.tx_id)
  AND NOT EXISTS (SELECT 1 FROM run_faults f WHERE f.run_id = p.tx_id AND f.do = '{WITHOUT}' AND f.at = '{GUARD}')
"""


def once(min_age: float) -> PassReport:
    """One pass over everything, in this process. It needs no worker, waits for nothing, and finishes held runs too."""
    report = PassReport()
    if decide_abandoned(min_age, report, patient=False):
        for name in LINES:
            settle(name, min_age, report, patient=False)
        close(min_age, report, patient=False)
    others = strays.find(min_age)
    report.left += [f"{one.server}: {one.gid} names no run" for one in others.strays if one.malformed]
    report.left += [f"{server}: no answer, so what is prepared there is not known" for server in others.silent]
    report.left += _strange_emails(min_age)
    return report


def _strange_emails(min_age: float) -> list[str]:
    try:
        return [f"notification: {number} names no run" for number in outgoing.malformed(min_age)]
    except NOT_NOW:  # settle() has said so
        return []


def sweep_all() -> PassReport:
    """Before the tables are emptied: a prepared transaction would hold its rows for ever."""
    return once(0)


# The workers' part: a pass each RECOVERY_INTERVAL, each service over its own database. They are patient.


@sweeps(COORDINATOR)
def recover_coordinator(_min_age: float) -> int:
    report = PassReport()
    decide_abandoned(settings.RECOVERY_MIN_AGE, report, patient=True)
    return report.decided + close(settings.RECOVERY_MIN_AGE, report, patient=True)


@sweeps(PLACES["account"])
def recover_account(_min_age: float) -> int:
    return settle("account", settings.RECOVERY_MIN_AGE, PassReport(), patient=True)


@sweeps(PLACES["payment"])
def recover_payment(_min_age: float) -> int:
    return settle("payment", settings.RECOVERY_MIN_AGE, PassReport(), patient=True)


@sweeps(PLACES["notification"])
def recover_notification(_min_age: float) -> int:
    return settle("notification", settings.RECOVERY_MIN_AGE, PassReport(), patient=True)


def decide_abandoned(min_age: float, report: PassReport, *, patient: bool) -> bool:
    """Presumed abort: there is no decision and none will come, so it is ABORT, unless another decision is first.
    Returns False if the log does not answer: then nothing can be settled at all."""
    try:
        sql = _UNDECIDED.format(runs=clocks.NOT_HELD if patient else _BEGUN)
        undecided = [row["tx"] for row in COORDINATOR.ask(sql, {"age": min_age})]
        now_of = clocks.of(undecided)
        for tx_id in undecided:
            why = _why_abandoned(tx_id, now_of.get(tx_id), min_age, patient=patient)
            if why:
                report.decided += _abort(tx_id, why, patient=patient)
    except NOT_NOW as error:
        report.leave("the decision log", error)
        return False
    return True


def _why_abandoned(tx_id: str, now: clocks.Clock | None, min_age: float, *, patient: bool) -> Reason | None:
    """Why to abort. The patient pass lets a live coordinator, a slow participant and a held step go on."""
    if now is None or now.over:
        return FORGOTTEN
    if patient and not now.too_late and not now.is_quiet(min_age):
        return None
    transaction = log.read(tx_id)
    lost = clocks.lost(now, transaction)
    votes_may_come = now.asked and not all(transaction.votes.values())
    if patient and not lost and (votes_may_come or not now.is_quiet(min_age)):
        return None
    if now.silent < min_age:
        return None
    return lost or Reason("coordinator_silent")


def _abort(tx_id: str, why: Reason, *, patient: bool) -> bool:
    """Returns whether this call decided. One that is not patient sends no message, but goes on to finish all of it."""
    decision = Decision(ABORT, "failed", why, "recovery")
    with acting(tx_id, COORDINATOR.lane, "decide", "two_phase_participants") as logged:
        if not logged:
            return log.decide(tx_id, decision)
        with step("decide"):
            first = log.decide(tx_id, decision)
        if first and patient:
            coordinator.announce(order_for(tx_id, LAST, decision), decision)
        return first
