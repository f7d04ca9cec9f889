"""Finish on each server what is decided, and close what is finished everywhere: from the databases, without a message.

Everything here can be repeated, and be done by several at once: the second finds it done.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

import pymongo.errors
from django.db import DatabaseError, InterfaceError, close_old_connections
from kombu.exceptions import KombuError

from distviz.codes import Reason
from distviz.errors import Transient
from distviz.services import prepared, prepared_now, written
from distviz.services.notification import outgoing
from distviz.services.places import ACCOUNT, COORDINATOR, NOTIFICATION, PAYMENT
from distviz.trace import context, ending
from distviz.trace.messages import Message
from distviz.trace.models import Run
from distviz.trace.sending import note_redriven
from distviz.trace.steps import step
from protocols.two_phase import coordinator, log
from protocols.two_phase.log import ABORT, Decision
from protocols.two_phase.messages import LINES, Commit, Done, Rollback
from protocols.two_phase.participant import PARTICIPANTS
from protocols.two_phase.recovery import clocks
from protocols.two_phase.recovery.giving_up import raise_attention
from protocols.two_phase.recovery.markers import BrokenPromise

_log = logging.getLogger(__name__)
NOT_NOW = (DatabaseError, InterfaceError, pymongo.errors.PyMongoError, ConnectionError, Transient, KombuError)
FORGOTTEN = Reason("run_is_unknown")
PLACES = {place.name: place for place in (ACCOUNT, PAYMENT, NOTIFICATION)}
LAST = list(LINES)[-1]

_OWED = """
SELECT p.tx_id::text AS tx FROM two_phase_decisions d JOIN two_phase_participants p USING (tx_id)
WHERE d.ended_at IS NULL AND p.name = %(name)s AND p.done_at IS NULL AND p.vote <> 'BROKEN'
  AND d.at <= now() - %(age)s::float8 * interval '1 second'
"""
_OPEN = "SELECT id FROM runs WHERE protocol = 'two_phase' AND finished_at IS NULL"
_FINISHED = """
SELECT r.id::text AS tx FROM ({runs}) r JOIN two_phase_decisions d ON d.tx_id = r.id
WHERE NOT EXISTS (SELECT 1 FROM two_phase_participants p WHERE p.tx_id = r.id AND p.done_at IS NULL)
"""
_BROKEN = """
UPDATE two_phase_participants SET vote = 'BROKEN', reason = %(reason)s, why = %(why)s::jsonb
WHERE tx_id = %(tx)s AND name = %(name)s
"""


@dataclass
class PassReport:
    """What one pass did. `left` could not be settled now, and says why."""

    decided: int = 0
    committed: int = 0
    rolled_back: int = 0
    left: list[str] = field(default_factory=list)

    @property
    def settled(self) -> int:
        return self.committed + self.rolled_back

    def as_dict(self) -> dict[str, Any]:
        return {"settled": self.settled, **asdict(self)}

    def leave(self, what: str, error: BaseException) -> None:
        close_old_connections()  # those that are broken; the next pass opens them anew
        failure = f"{what}: {type(error).__name__}: {str(error).strip()}"
        _log.warning("recovery: %s", failure)
        self.left.append(failure)


def settle(name: str, min_age: float, report: PassReport, *, patient: bool) -> int:
    """Finish what is prepared at this participant, and what the log says it still owes."""
    try:
        owed = [row["tx"] for row in COORDINATOR.ask(_OWED, {"name": name, "age": min_age})]
        unfinished = dict.fromkeys([*_ours(_in_doubt(name, min_age)), *owed])
        now_of = clocks.of(unfinished)
        for tx_id in unfinished:
            now = now_of.get(tx_id)
            if patient and now is not None and not now.is_quiet(min_age):
                continue
            _settle_one(name, tx_id, report, forgotten=now is None or now.over, patient=patient)
    except NOT_NOW as error:
        report.leave(name, error)
    return report.settled


def _in_doubt(name: str, min_age: float) -> list[str]:
    """What has promised here, at least that long ago."""
    if PLACES[name] is NOTIFICATION:
        return outgoing.waiting(min_age)
    return [tx_id for gid in prepared_now.names(PLACES[name], min_age) if (tx_id := prepared.tx_of(gid))]


def _ours(found: list[str]) -> list[str]:
    """Without those of another protocol's runs, which it decides itself."""
    others = Run.objects.filter(pk__in=found).exclude(protocol="two_phase")
    theirs = {str(pk) for pk in others.values_list("pk", flat=True)} if found else set()
    return [tx_id for tx_id in found if tx_id not in theirs]


def _settle_one(name: str, tx_id: str, report: PassReport, *, forgotten: bool, patient: bool) -> None:
    decision = log.decision_on(tx_id)
    if decision is None and forgotten:  # prepared after everything was over: nothing else will decide it
        log.decide(tx_id, Decision(ABORT, "failed", FORGOTTEN, "recovery"))
        decision = log.decision_on(tx_id)
    if decision is None:
        if not patient:
            report.left.append(f"{name}: run {tx_id} is not decided yet")
        return
    try:
        _finish(name, tx_id, decision)
    except Transient as error:  # another recovery, or the participant itself, is doing it at this moment
        report.leave(f"{name}: run {tx_id}", error)
    except BrokenPromise as error:
        _give_up(name, tx_id, decision, error.reason)
        report.leave(f"{name}: run {tx_id}", error)
    else:
        report.committed += decision.commits
        report.rolled_back += not decision.commits


def _finish(name: str, tx_id: str, decision: Decision) -> None:
    order, me = order_for(tx_id, name, decision), PARTICIPANTS[name]
    with acting(tx_id, PLACES[name].lane, type(order).__name__, "two_phase_decisions") as logged:
        if not logged:
            (me.keep if decision.commits else me.break_off)(order)
        elif decision.commits:
            with step(f"commit_{name}"):
                me.keep(order)
        else:
            with step(f"roll_back_{name}"):
                me.break_off(order)
    log.keep(LINES[name][Done].of(order))


def _give_up(name: str, tx_id: str, decision: Decision, reason: Reason) -> None:
    """Once: nothing that recovery could do would make it right."""
    COORDINATOR.ask(_BROKEN, {"tx": tx_id, "name": name, **written.columns(reason)})
    with acting(tx_id, PLACES[name].lane, "broken promise", "two_phase_decisions") as logged:
        if logged:
            raise_attention(order_for(tx_id, name, decision), reason)


def close(min_age: float, report: PassReport, *, patient: bool) -> int:
    """All have finished and no message said so: the run is over."""
    closed = 0
    try:
        finished = [row["tx"] for row in COORDINATOR.ask(_FINISHED.format(runs=clocks.NOT_HELD if patient else _OPEN))]
        now_of = clocks.of(finished)
        for tx_id in finished:
            now, decision = now_of.get(tx_id), log.decision_on(tx_id)
            if now is None or decision is None or (patient and not now.is_quiet(min_age)):
                continue
            with acting(tx_id, COORDINATOR.lane, "end", "two_phase_decisions") as logged:
                if logged:
                    ending.finish(tx_id, coordinator.end(order_for(tx_id, LAST, decision), decision))
                    closed += 1
    except NOT_NOW as error:
        report.leave("the decision log", error)
    return closed


@contextmanager
def acting(tx_id: str, lane: str, name: str, source: str) -> Iterator[bool]:
    """Act on a run without a message, and write what is done into its log. False: it has none, or it is closed."""
    delivery = note_redriven(tx_id, lane, name, source)
    if delivery is None:
        yield False
    else:
        with context.handling(delivery):
            yield True


def order_for(tx_id: str, name: str, decision: Decision) -> Message:
    """The message that would have said the same."""
    run = Run.objects.filter(pk=tx_id).first()
    message: type[Message] = LINES[name][Commit if decision.commits else Rollback]
    return message(
        tx_id=tx_id,
        user_id=run.account if run else "",
        amount=run.amount if run else Decimal(0),
        reason=decision.reason,
    )
