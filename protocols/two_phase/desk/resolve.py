"""Deciding in the coordinator's place, by an operator; and what is in doubt now."""

from typing import Any

from distviz.codes import Reason
from distviz.errors import NotNow
from distviz.runs import lookup
from distviz.services import prepared, prepared_now
from distviz.services.places import ACCOUNT, PAYMENT
from distviz.trace import context, ending
from distviz.trace.models import Run
from distviz.trace.sending import delivery_of
from distviz.trace.steps import step
from protocols.two_phase import coordinator, log
from protocols.two_phase.log import ABORT, COMMIT, Decision, Transaction
from protocols.two_phase.messages import YES
from protocols.two_phase.recovery.settle import LAST, order_for


def in_doubt(run_id: str = "") -> list[dict[str, Any]]:
    """What is prepared now, of one run or of all: its locks, who waits for them, and what was decided, if anything was.

    Raises DatabaseError if a server does not answer: then the state is unknown.
    """
    found = []
    for place in (ACCOUNT, PAYMENT):
        for row in prepared_now.in_doubt(place, tx_id=run_id):
            tx_id = prepared.tx_of(row["gid"])
            decision = log.decision_on(tx_id) if tx_id else None
            found.append(
                {
                    **row,
                    "run": tx_id,
                    "participant": place.name,
                    "server": place.alias,
                    "age": round(row["age"], 1),
                    "decision": decision.decision if decision else None,
                    "kind": "run",
                }
            )
    return sorted(found, key=lambda row: row["prepared"])


def force(run_id: str, decision: str, reason: str, actor: str) -> Decision:
    """Decide as the operator says, or carry out what is decided already. Repeated, it is done once."""
    known = log.decision_on(run_id)
    if known and known.decision == decision and not in_doubt(run_id):
        return known
    return resolve(run_id, decision, reason, actor)


def resolve(run_id: str, decision: str, reason: str, actor: str) -> Decision:
    """Decide COMMIT or ABORT in the coordinator's place. Raises NotNow if that is impossible, or decided otherwise.

    An operator, too, needs a yes from every participant to commit: one without it may be unable to.
    """
    run = lookup.get(run_id)
    tx_id = str(run.pk)
    _must_be_possible(run, log.read(tx_id), decision)
    ends_as = "succeeded" if decision == COMMIT else "failed"
    wish = Decision(decision, ends_as, Reason.of("decided_by_hand", by=actor, text=reason), actor)
    with context.handling(_delivery(tx_id)):
        stands = log.decision_on(tx_id) or _decide(tx_id, wish)
        if stands.decision != decision:
            raise NotNow("decided_before", decision=stands.decision, by=stands.decided_by)
        data: dict[str, Any] = {"decision": decision, "reason": reason, "by": actor}
        context.Delivery(tx_id, lane="client").tell("operator", "resolved", **data)
        Run.objects.filter(pk=run.pk).update(holding=None)  # a held step goes on, and finds that it has lost
        outcome = coordinator.announce(order_for(tx_id, LAST, stands), stands)
        if outcome:
            ending.finish(tx_id, outcome)
        return stands


def abort(run_id: str) -> bool:
    """Nobody decides any more, and this is written down so that nobody can. Recovery rolls back what is prepared.
    False: it is decided, and recovery carries it out."""
    return log.decide(run_id, Decision(ABORT, "failed", Reason("coordinator_silent"), "recovery"))


def _delivery(tx_id: str) -> context.Delivery:
    """The network may still lose the orders. The failures of the coordinator's process are not those of this one."""
    delivery = delivery_of(tx_id)
    delivery.faults = [fault for fault in delivery.faults if fault.at.startswith("message.")]
    return delivery


def _decide(tx_id: str, wish: Decision) -> Decision:
    """Returns the decision that stands."""
    with step("decide"):
        first = log.decide(tx_id, wish)
    return wish if first else log.decision_on(tx_id) or wish


def _must_be_possible(run: Run, transaction: Transaction, decision: str) -> None:
    if run.finished_at is not None or not transaction.votes:
        raise NotNow("nothing_in_doubt")
    if decision == COMMIT and transaction.decision is None and not transaction.unanimous:
        missing = [name for name, vote in transaction.votes.items() if vote != YES]
        raise NotNow("commit_without_yes", who=missing)
