"""For people: what is in doubt now, and deciding it in the coordinator's place."""

from typing import Any

from distviz.errors import NotNow
from distviz.runs import finding
from distviz.services.places import ACCOUNT, PAYMENT
from distviz.trace import context, ending
from distviz.trace import log as run_log
from distviz.trace.models import Run
from distviz.trace.sending import delivery_of
from protocols.two_phase import log, xa
from protocols.two_phase.decision import tell, write_decision
from protocols.two_phase.messages import YES
from protocols.two_phase.recovery.settle import order_for
from protocols.two_phase.state import COMMIT, Decision, Transaction


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
    """Decide COMMIT or ABORT in the coordinator's place. Raises NotNow if that is impossible, or decided otherwise.

    A person, too, needs a yes from everybody to commit: without one there is somebody who cannot.
    """
    run = finding.get(run_id)
    tx_id = str(run.pk)
    found = log.read(tx_id)
    _must_be_possible(run, found, decision)
    token = context.enter(delivery_of(tx_id))
    try:
        stands = found.decision
        if stands is None:
            ends_as = "succeeded" if decision == COMMIT else "failed"
            _, stands = write_decision(tx_id, decision, f"{actor}: {reason}", ends_as=ends_as, by=actor)
        if stands.decision != decision:
            raise NotNow(f"{stands.decision} was decided before, by {stands.decided_by}. That stands.")
        data = {"decision": decision, "reason": reason, "by": actor}
        run_log.append(tx_id, lane="client", kind="operator", phase="resolved", name="resolved", data=data)
        Run.objects.filter(pk=run.pk).update(holding=None)  # a held step goes on, and finds that it has lost
        outcome = tell(order_for(tx_id, log.LAST, stands), stands)
        if outcome:
            ending.finish(tx_id, outcome)
        return stands
    finally:
        context.leave(token)


def _must_be_possible(run: Run, found: Transaction, decision: str) -> None:
    if run.finished_at is not None or not found.parties:
        raise NotNow("Nothing of this run is in doubt. Nothing was changed.")
    if decision == COMMIT and found.decision is None and not found.unanimous:
        missing = ", ".join(party.name for party in found.parties if party.vote != YES)
        raise NotNow(f"It cannot be committed: there is no yes from {missing}. It can be rolled back.")
