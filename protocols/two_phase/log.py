"""The coordinator's log. The decision is the one row that matters: its first writer wins, and all others follow it."""

from dataclasses import dataclass

from distviz.codes import Reason
from distviz.services import written
from distviz.services.places import COORDINATOR
from protocols.two_phase.messages import LINES, WHO, YES, Done, Vote

COMMIT, ABORT = "COMMIT", "ABORT"

BEGIN = """
INSERT INTO two_phase_participants (tx_id, name, place, begun_at)
SELECT %(tx)s::uuid, name, place, now() FROM unnest(%(names)s::text[]) WITH ORDINALITY AS n (name, place)
ON CONFLICT (tx_id, name) DO NOTHING RETURNING name
"""
# A vote counts until the decision, "done" from then on: what comes too late or too early changes nothing.
MINE = "tx_id = %(tx)s AND name = %(name)s"
DECIDED = "EXISTS (SELECT 1 FROM two_phase_decisions d WHERE d.tx_id = p.tx_id)"
VOTE = f"""
UPDATE two_phase_participants p SET vote = %(vote)s, reason = %(reason)s, why = %(why)s::jsonb, voted_at = now(),
    done_at = CASE WHEN %(vote)s::varchar = 'NO' THEN now() END WHERE {MINE} AND NOT {DECIDED}
"""
DECIDE = """
INSERT INTO two_phase_decisions (tx_id, decision, ends_as, reason, why, decided_by, at)
VALUES (%(tx)s, %(decision)s, %(ends_as)s, %(reason)s, %(why)s::jsonb, %(by)s, now())
ON CONFLICT (tx_id) DO NOTHING RETURNING decision
"""
DONE = f"UPDATE two_phase_participants p SET done_at = now() WHERE {MINE} AND done_at IS NULL AND {DECIDED}"
END = "UPDATE two_phase_decisions SET ended_at = now() WHERE tx_id = %(tx)s AND ended_at IS NULL RETURNING decision"
PARTICIPANTS = "SELECT name, vote, done_at FROM two_phase_participants WHERE tx_id = %(tx)s ORDER BY place"
IN_TURN = PARTICIPANTS + " FOR UPDATE"
DECISION = "SELECT *, why::text AS why FROM two_phase_decisions WHERE tx_id = %(tx)s"


@dataclass(frozen=True)
class Decision:
    """What binds every participant. `ends_as` and `reason` say why it is an ABORT."""

    decision: str
    ends_as: str = "succeeded"
    reason: Reason | None = None
    decided_by: str = "coordinator"
    ended: bool = False

    @property
    def commits(self) -> bool:
        return self.decision == COMMIT


@dataclass(frozen=True)
class Transaction:
    """One distributed transaction: the votes ("" is none yet), who has yet to do what was decided, the decision."""

    votes: dict[str, str]
    waiting: list[str]
    decision: Decision | None

    @property
    def unanimous(self) -> bool:
        """All are prepared: only now may COMMIT be decided."""
        return set(self.votes.values()) == {YES}


def begin(tx_id: str) -> None:
    """Before any participant is asked: recovery knows from it after a crash which servers to check."""
    COORDINATOR.run(BEGIN, tx=tx_id, names=list(LINES))


def keep(reply: Vote | Done) -> Transaction:
    """One after the other, so that exactly one vote is the one that completes, and one "done" the last."""
    sql, row = (VOTE, {"vote": reply.vote}) if isinstance(reply, Vote) else (DONE, {})
    with COORDINATOR.atomic():
        COORDINATOR.ask(IN_TURN, {"tx": reply.tx_id})
        COORDINATOR.ask(sql, {"tx": reply.tx_id, "name": WHO[type(reply)], **row, **written.columns(reply.reason)})
        return read(reply.tx_id)


def decide(tx_id: str, decision: Decision) -> bool:
    """The commit point, on disk before any participant is told. False: another decision was first, and it stands."""
    row = {"decision": decision.decision, "ends_as": decision.ends_as, "by": decision.decided_by[:80]}
    with COORDINATOR.atomic():
        COORDINATOR.run("SET LOCAL synchronous_commit = on")
        return bool(COORDINATOR.run(DECIDE, tx=tx_id, **row, **written.columns(decision.reason)))


def end(tx_id: str) -> None:
    """The last record: nothing will ask about this transaction again."""
    COORDINATOR.run(END, tx=tx_id)


def decision_on(tx_id: str) -> Decision | None:
    """Participants ask this too: it is the one truth that binds them."""
    for row in COORDINATOR.ask(DECISION, {"tx": tx_id}):
        return Decision(row["decision"], row["ends_as"], written.read(row), row["decided_by"], bool(row["ended_at"]))
    return None


def read(tx_id: str) -> Transaction:
    rows = COORDINATOR.ask(PARTICIPANTS, {"tx": tx_id})
    votes, waiting = {row["name"]: row["vote"] for row in rows}, [row["name"] for row in rows if not row["done_at"]]
    return Transaction(votes, waiting, decision_on(tx_id))
