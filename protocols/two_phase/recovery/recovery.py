"""Recovery: what is in doubt is settled from the databases alone, whoever died and whatever message was lost.

Three passes, each of which can be repeated at any time and beside any other: decide what nobody will decide any more
(presumed abort), finish on each server what is decided, close what is finished.
"""

from django.conf import settings

from distviz.services.places import ACCOUNT, COORDINATOR, NOTIFICATION, PAYMENT
from distviz.trace.registering import sweeps
from protocols.two_phase import log
from protocols.two_phase.decision import tell, write_decision
from protocols.two_phase.participant import PARTICIPANTS
from protocols.two_phase.recovery import patience
from protocols.two_phase.recovery.settle import FORGOTTEN, NOT_NOW, Report, close, order_for, settle, story
from protocols.two_phase.state import ABORT

_UNDECIDED = """
SELECT DISTINCT p.tx_id::text AS tx FROM two_phase_participants p
WHERE p.done_at IS NULL AND p.begun_at <= now() - %(age)s::float8 * interval '1 second'
  AND NOT EXISTS (SELECT 1 FROM two_phase_decisions d WHERE d.tx_id = p.tx_id)
"""


def once(min_age: float) -> Report:
    """One pass over everything, in this process. It needs no worker, waits for nobody, and finishes held runs too."""
    report = Report()
    if decide_abandoned(min_age, report, patient=False):
        for me in PARTICIPANTS.values():
            settle(me, min_age, report, patient=False)
        close(min_age, report, patient=False)
    return report


def sweep_all() -> Report:
    """Before the tables are emptied: a prepared transaction would hold its rows for ever."""
    return once(0)


# The workers' part: a pass each RECOVERY_INTERVAL, each service over its own database. They are patient.


@sweeps(COORDINATOR)
def recover_coordinator(_min_age: float) -> int:
    report = Report()
    decide_abandoned(settings.RECOVERY_MIN_AGE, report, patient=True)
    return report.decided + close(settings.RECOVERY_MIN_AGE, report, patient=True)


@sweeps(ACCOUNT)
def recover_account(_min_age: float) -> int:
    return settle(PARTICIPANTS["account"], settings.RECOVERY_MIN_AGE, Report(), patient=True)


@sweeps(PAYMENT)
def recover_payment(_min_age: float) -> int:
    return settle(PARTICIPANTS["payment"], settings.RECOVERY_MIN_AGE, Report(), patient=True)


@sweeps(NOTIFICATION)
def recover_notification(_min_age: float) -> int:
    return settle(PARTICIPANTS["notification"], settings.RECOVERY_MIN_AGE, Report(), patient=True)


def decide_abandoned(min_age: float, report: Report, *, patient: bool) -> bool:
    """Presumed abort: nobody has decided and nobody will, so it is ABORT, unless somebody is quicker. Returns False if
    the log does not answer: then nothing can be settled at all."""
    try:
        for tx_id in [row["tx"] for row in COORDINATOR.ask(_UNDECIDED, {"age": min_age})]:
            reason = _why_abandoned(tx_id, min_age, patient=patient)
            report.decided += bool(reason) and _abort(tx_id, reason, patient=patient)
    except NOT_NOW as error:
        report.leave("the decision log", error)
        return False
    return True


def _why_abandoned(tx_id: str, min_age: float, *, patient: bool) -> str:
    """Why to abort, or "". The patient pass lets a live coordinator, a slow participant and a held step go on."""
    now = patience.clock(tx_id)
    if now is None or now.over:
        return FORGOTTEN
    found = log.read(tx_id)
    lost = patience.lost(tx_id, found)
    votes_may_come = found.asked and not found.voted
    if patient and not lost and (votes_may_come or not now.rests(min_age)):
        return ""
    if now.silent < min_age:
        return ""
    return lost or "the coordinator fell silent before it had decided"


def _abort(tx_id: str, reason: str, *, patient: bool) -> bool:
    """Returns whether it was us who decided. Who is not patient tells nobody, but goes on to finish all of it."""
    with story(tx_id, COORDINATOR.lane, "decide", "two_phase_participants") as told:
        if not told:
            return log.decide(tx_id, ABORT, ends_as="failed", reason=reason, by="recovery")[0]
        first, stands = write_decision(tx_id, ABORT, reason, ends_as="failed", by="recovery")
        if first and patient:
            tell(order_for(tx_id, log.LAST, stands), stands)
        return first
