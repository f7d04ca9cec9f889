"""Recovery: what is in doubt is settled from the databases alone, whoever died and whatever message was lost.

Three passes, each of which can be repeated at any time and beside any other: decide what nobody will decide any more
(presumed abort), finish what is decided on each server, close what is finished.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pymongo.errors
from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections
from kombu.exceptions import KombuError

from distviz.errors import NotNow, Transient
from distviz.services.places import ACCOUNT, COORDINATOR, NOTIFICATION, PAYMENT
from distviz.trace import consume, context, runs
from distviz.trace import log as run_log
from distviz.trace.bus import delivery_of
from distviz.trace.messages import Message
from distviz.trace.models import Run
from distviz.trace.sweeps import note_redriven, sweeps
from protocols.two_phase import coordinator, log, patience, xa
from protocols.two_phase.database import BrokenPromise
from protocols.two_phase.events import LINES
from protocols.two_phase.log import ABORT, COMMIT, Decision
from protocols.two_phase.participant import PARTICIPANTS, Participant, do_commit, roll_back, still_owed

_log = logging.getLogger(__name__)
NOT_NOW = (DatabaseError, InterfaceError, pymongo.errors.PyMongoError, ConnectionError, Transient, KombuError)

_UNDECIDED = """
SELECT DISTINCT p.tx_id::text AS tx FROM two_phase_participants p
WHERE p.done_at IS NULL AND p.begun_at <= now() - %(age)s::float8 * interval '1 second'
  AND NOT EXISTS (SELECT 1 FROM two_phase_decisions d WHERE d.tx_id = p.tx_id)
"""
_OWED = """
SELECT p.tx_id::text AS tx FROM two_phase_participants p JOIN two_phase_decisions d USING (tx_id)
WHERE p.name = %(name)s AND p.done_at IS NULL AND p.vote <> 'BROKEN'
  AND d.at <= now() - %(age)s::float8 * interval '1 second'
"""
_FINISHED = """
SELECT r.id::text AS tx FROM runs r JOIN two_phase_decisions d ON d.tx_id = r.id
WHERE r.protocol = 'two_phase' AND r.finished_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM two_phase_participants p WHERE p.tx_id = r.id AND p.done_at IS NULL)
"""


@dataclass
class Report:
    """What one pass did. `left` could not be settled now, and says why."""

    decided: int = 0
    committed: int = 0
    rolled_back: int = 0
    left: list[str] = field(default_factory=list)

    @property
    def settled(self) -> int:
        return self.committed + self.rolled_back

    def as_dict(self) -> dict[str, Any]:
        return {
            "decided": self.decided,
            "settled": self.settled,
            "committed": self.committed,
            "rolled_back": self.rolled_back,
            "left": self.left,
        }


def once(min_age: float) -> Report:
    """One pass over everything, in this process. It needs no worker, waits for nobody, and finishes held runs too."""
    report = Report()
    if not _decide_abandoned(min_age, report, patient=False):
        return report
    for me in PARTICIPANTS.values():
        _settle(me, min_age, report, patient=False)
    _close(min_age, patient=False)
    return report


def sweep_all() -> Report:
    """Before the tables are emptied: a prepared transaction would hold its rows for ever."""
    return once(0)


# --- the workers' part: a pass each RECOVERY_INTERVAL, each service over its own database ---------------------------


@sweeps(COORDINATOR)
def decide_abandoned(_min_age: float) -> int:
    report = Report()
    _decide_abandoned(settings.RECOVERY_MIN_AGE, report, patient=True)
    return report.decided + _close(settings.RECOVERY_MIN_AGE, patient=True)


@sweeps(ACCOUNT)
def settle_account(_min_age: float) -> int:
    return _settle(PARTICIPANTS["account"], settings.RECOVERY_MIN_AGE, Report(), patient=True)


@sweeps(PAYMENT)
def settle_payment(_min_age: float) -> int:
    return _settle(PARTICIPANTS["payment"], settings.RECOVERY_MIN_AGE, Report(), patient=True)


@sweeps(NOTIFICATION)
def settle_notification(_min_age: float) -> int:
    return _settle(PARTICIPANTS["notification"], settings.RECOVERY_MIN_AGE, Report(), patient=True)


# --- pass 1: presumed abort -----------------------------------------------------------------------------------------


def _decide_abandoned(min_age: float, report: Report, *, patient: bool) -> bool:
    """Nobody has decided and nobody will: ABORT, unless somebody is quicker. False if the log cannot be read."""
    try:
        for row in COORDINATOR.ask(_UNDECIDED, {"age": min_age}):
            reason = _why_abandoned(row["tx"], min_age, patient=patient)
            if reason and _abort(row["tx"], reason, tell=patient):
                report.decided += 1
    except NOT_NOW as error:
        report.left.append(_cannot("the decision log", error))
        return False
    return True


def _why_abandoned(tx_id: str, min_age: float, *, patient: bool) -> str:
    """Why to abort. The patient pass lets a live coordinator, a slow participant and a held step go on."""
    now = patience.clock(tx_id)
    if now is None or now.over:
        return "nobody asks for this transaction any more"
    found = log.read(tx_id)
    lost = patience.lost(tx_id, found)
    votes_may_come = found.asked and not found.voted
    if patient and not lost and (votes_may_come or not now.rests(min_age)):
        return ""
    if now.silent < min_age:
        return ""
    return lost or "the coordinator fell silent before it had decided"


def _abort(tx_id: str, reason: str, *, tell: bool) -> bool:
    with _story(tx_id, COORDINATOR.lane, "decide", "two_phase_participants") as delivery:
        if delivery is None:
            return log.decide(tx_id, ABORT, ends_as="failed", reason=reason, by="recovery")[0]
        first, stands = coordinator.write_decision(tx_id, ABORT, reason, ends_as="failed", by="recovery")
        if first and tell:
            coordinator.tell(_order(tx_id, "account", stands), stands)
        return first


# --- pass 2: finish what is decided ---------------------------------------------------------------------------------


def _settle(me: Participant, min_age: float, report: Report, *, patient: bool) -> int:
    """Finish at one participant what is decided: what is prepared there, and what the log says it still owes."""
    try:
        owed = [row["tx"] for row in COORDINATOR.ask(_OWED, {"name": me.name, "age": min_age})]
        for tx_id in dict.fromkeys([*me.in_doubt(min_age), *owed]):
            _settle_one(me, tx_id, min_age, report, patient=patient)
    except NOT_NOW as error:
        report.left.append(_cannot(me.name, error))
    return report.settled


def _settle_one(me: Participant, tx_id: str, min_age: float, report: Report, *, patient: bool) -> None:
    now = patience.clock(tx_id)
    if patient and now is not None and not now.rests(min_age):
        return
    decision = log.decision_on(tx_id)
    if decision is None and (now is None or now.over):  # prepared after everything was over: nobody will decide it
        _abort(tx_id, "nobody asks for this transaction any more", tell=False)
        decision = log.decision_on(tx_id)
    if decision is None:
        if not patient:
            report.left.append(f"{me.name}: run {tx_id} is not decided")
        return
    try:
        _finish(me, tx_id, decision)
    except Transient as error:  # another recovery, or the participant itself, is doing it at this moment
        report.left.append(f"{me.name}: run {tx_id}: {error}")
    except BrokenPromise as error:
        _note_broken(me, tx_id, error)
        report.left.append(f"{me.name}: run {tx_id}: {error}")
    else:
        report.committed += decision.commits
        report.rolled_back += not decision.commits


def _finish(me: Participant, tx_id: str, decision: Decision) -> None:
    order = _order(tx_id, me.name, decision)
    with _story(tx_id, me.place.lane, type(order).__name__, "two_phase_decisions") as delivery:
        if delivery is None:
            (me.commit if decision.commits else me.rollback)(order)
        elif decision.commits:
            do_commit(me, order, at=None)
        else:
            roll_back(me, order, at=None)
    log.done(tx_id, me.name)


def _note_broken(me: Participant, tx_id: str, error: BrokenPromise) -> None:
    """Tell a person once; nothing that recovery could do would make it right."""
    log.broken(tx_id, me.name, str(error))
    with _story(tx_id, me.place.lane, "broken promise", "two_phase_decisions") as delivery:
        if delivery:
            decision = log.decision_on(tx_id)
            assert decision is not None
            still_owed(_order(tx_id, me.name, decision), str(error))


# --- pass 3: close --------------------------------------------------------------------------------------------------


def _close(min_age: float, *, patient: bool) -> int:
    """Everybody has finished and nobody has said so: the run is over."""
    closed = 0
    for row in COORDINATOR.ask(_FINISHED):
        now, decision = patience.clock(row["tx"]), log.decision_on(row["tx"])
        if now is None or decision is None or (patient and not now.rests(min_age)):
            continue
        order = _order(row["tx"], "account", decision)
        with _story(row["tx"], COORDINATOR.lane, "end", "two_phase_decisions") as delivery:
            if delivery:
                consume.finish(row["tx"], coordinator.end(order, decision))
                closed += 1
    return closed


# --- for people -----------------------------------------------------------------------------------------------------


def in_doubt(run_id: str = "") -> list[dict[str, Any]]:
    """What is prepared now, of one run or of all: its locks, who waits for them, and what was decided, if anything was.

    Raises DatabaseError if a server does not answer: nobody knows then.
    """
    found = []
    for place in (ACCOUNT, PAYMENT):
        for row in xa.in_doubt(place, tx_id=run_id):
            tx_id = xa.tx_of(row["gid"])
            decision = log.decision_on(tx_id) if tx_id else None
            found.append(
                {
                    **row,
                    "run": tx_id,
                    "participant": place.name,
                    "server": place.alias,
                    "age": round(row["age"], 1),
                    "decision": decision.decision if decision else None,
                }
            )
    return sorted(found, key=lambda row: row["prepared"])


def resolve(run_id: str, decision: str, reason: str, actor: str) -> Decision:
    """A person decides in the coordinator's place. What was decided before stands: raises NotNow if it is the other.

    COMMIT takes a yes from everybody, from a person as well: without one there is somebody who cannot commit.
    """
    run = runs.get(run_id)
    tx_id = str(run.pk)
    found = log.read(tx_id)
    if decision not in (COMMIT, ABORT):
        raise ValueError(f"{decision} is neither COMMIT nor ABORT")
    if run.finished_at is not None or not found.parties:
        raise NotNow("Nothing of this run is in doubt. Nothing was changed.")
    if decision == COMMIT and found.decision is None and not found.unanimous:
        missing = ", ".join(party.name for party in found.parties if party.vote != "YES")
        raise NotNow(f"It cannot be committed: there is no yes from {missing}. It can be rolled back.")
    delivery = delivery_of(tx_id)
    token = context.enter(delivery)
    try:
        why = f"{actor}: {reason}"
        ends_as = "succeeded" if decision == COMMIT else "failed"
        stands = found.decision
        if stands is None:
            _, stands = coordinator.write_decision(tx_id, decision, why, ends_as=ends_as, by=actor)
        if stands.decision != decision:
            raise NotNow(f"{stands.decision} was decided before, by {stands.decided_by}. That stands.")
        data = {"decision": decision, "reason": reason, "by": actor}
        run_log.append(tx_id, lane="client", kind="operator", phase="resolved", name="resolved", data=data)
        Run.objects.filter(pk=run.pk).update(holding=None)  # a held step goes on, and finds that it has lost
        outcome = coordinator.tell(_order(tx_id, "account", stands), stands)
        if outcome:
            consume.finish(tx_id, outcome)
        return stands
    finally:
        context.leave(token)


# --- helpers --------------------------------------------------------------------------------------------------------


@contextmanager
def _story(tx_id: str, lane: str, name: str, source: str) -> Iterator[context.Delivery | None]:
    """Act on a run without a message: what is done is written into its log. None if the run is over or unknown."""
    delivery = note_redriven(tx_id, lane, name, source)
    token = context.enter(delivery) if delivery else None
    try:
        yield delivery
    finally:
        if token:
            context.leave(token)


def _order(tx_id: str, name: str, decision: Decision) -> Message:
    """The message that would have said the same."""
    run = Run.objects.filter(pk=tx_id).first()
    kind = LINES[name].commit if decision.commits else LINES[name].rollback
    amount = run.amount if run else Decimal(0)
    return kind(tx_id=tx_id, user_id=run.account if run else "", amount=amount, reason=decision.reason)


def _cannot(what: str, error: BaseException) -> str:
    close_old_connections()  # those that are broken; the next pass opens them anew
    why = f"{type(error).__name__}: {str(error).strip()}"
    _log.warning("recovery: %s: %s", what, why)
    return f"{what}: {why}"
