"""The coordinator's log: who was asked, how they voted, what was decided, who has done it.

The decision is the one row that matters: the first writer wins, whoever it is, and everybody else obeys.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson

from distviz.services.places import COORDINATOR
from distviz.story.words.sentences import english
from distviz.trace import processes
from distviz.trace.messages import Message
from distviz.trace.steps import changed
from protocols.two_phase.messages import LINES, SENDER
from protocols.two_phase.state import Claim, Decision, Party, Transaction

LAST = list(LINES)[-1]  # who is asked last: as long as that is not done, the asking goes on

_BEGIN = """
INSERT INTO two_phase_participants (tx_id, name, place, vote, reason, driver, begun_at)
SELECT %(tx)s::uuid, name, place, '', '', %(driver)s::jsonb, now()
FROM unnest(%(names)s::text[]) WITH ORDINALITY AS n (name, place)
ON CONFLICT (tx_id, name) DO NOTHING RETURNING name
"""
_ASKED = "UPDATE two_phase_participants SET asked_at = now() WHERE tx_id = %(tx)s AND asked_at IS NULL"
_LET_GO = "UPDATE two_phase_participants SET driver = NULL WHERE tx_id = %(tx)s AND name = %(name)s"
_TAKE_CHARGE = """
UPDATE two_phase_participants SET driver = %(driver)s::jsonb WHERE tx_id = %(tx)s AND name = %(name)s
"""
_VOTE = """
UPDATE two_phase_participants SET vote = %(vote)s, reason = %(reason)s, voted_at = now(),
    done_at = CASE WHEN %(undone)s::boolean THEN now() END
WHERE tx_id = %(tx)s AND name = %(name)s
"""
_DECIDE = """
INSERT INTO two_phase_decisions (tx_id, decision, ends_as, reason, decided_by, at)
VALUES (%(tx)s, %(decision)s, %(ends_as)s, %(reason)s, %(by)s, now())
ON CONFLICT (tx_id) DO NOTHING RETURNING decision
"""
_DECISION = """
SELECT decision, ends_as, reason, decided_by, ended_at IS NOT NULL AS ended
FROM two_phase_decisions WHERE tx_id = %(tx)s
"""
_PARTIES = """
SELECT name, vote, reason, driver::text AS driver, asked_at IS NOT NULL AS asked, done_at IS NOT NULL AS done
FROM two_phase_participants WHERE tx_id = %(tx)s ORDER BY place
"""
_LOCK = _PARTIES + " FOR UPDATE"
_DONE = """
UPDATE two_phase_participants SET done_at = now() WHERE tx_id = %(tx)s AND name = %(name)s AND done_at IS NULL
"""
_BROKEN = (
    "UPDATE two_phase_participants SET vote = 'BROKEN', reason = %(reason)s WHERE tx_id = %(tx)s AND name = %(name)s"
)
_END = "UPDATE two_phase_decisions SET ended_at = now() WHERE tx_id = %(tx)s AND ended_at IS NULL RETURNING decision"


def begin(request: Message) -> Claim:
    """Write down who takes part, before anybody is asked: whoever finds this after a crash knows where to look."""
    if COORDINATOR.run(_BEGIN, tx=request.tx_id, driver=_me(), names=list(LINES)):
        return Claim.NEW
    with COORDINATOR.atomic():
        locked = Transaction(_parties(_LOCK, request.tx_id))
        return _take_charge(locked.party(LAST).claim, request.tx_id, LAST)


def asked(tx_id: str) -> None:
    COORDINATOR.ask(_ASKED, {"tx": tx_id})


def count(vote: Any) -> tuple[Claim, Transaction]:
    """Keep a vote. Returns what we found, and the transaction with it: exactly one vote is the one that completes."""
    name = SENDER[type(vote)]
    told = {"vote": vote.vote, "reason": english(vote.reason)[:300], "undone": vote.undone}
    with COORDINATOR.atomic():
        before = Transaction(_parties(_LOCK, vote.tx_id)).party(name)
        claim = _take_charge(before.claim if before.vote else Claim.NEW, vote.tx_id, name)
        if claim is Claim.NEW:
            COORDINATOR.ask(_VOTE, {"tx": vote.tx_id, "name": name, **told})
        return claim, read(vote.tx_id)


@contextmanager
def in_charge(tx_id: str, name: str) -> Iterator[None]:
    """What fails here is let go, for the next attempt. Who is killed here cannot let go, and that tells."""
    try:
        yield
    except Exception:
        COORDINATOR.ask(_LET_GO, {"tx": tx_id, "name": name})
        raise


def _take_charge(claim: Claim, tx_id: str, name: str) -> Claim:
    if claim is not Claim.BUSY:
        COORDINATOR.ask(_TAKE_CHARGE, {"tx": tx_id, "name": name, "driver": _me()})
    return claim


def decide(tx_id: str, decision: str, *, ends_as: str, reason: str, by: str) -> tuple[bool, Decision]:
    """The commit point: an INSERT that the first writer wins. Returns (whether that was us, the decision that stands).

    A worker's connection to this database does not wait for the disk, for the run log's sake. A decision has to: what
    is not on disk is not decided.
    """
    with COORDINATOR.atomic():
        COORDINATOR.run("SET LOCAL synchronous_commit = on")
        made = COORDINATOR.run(_DECIDE, tx=tx_id, decision=decision, ends_as=ends_as, reason=reason[:300], by=by[:80])
    stands = decision_on(tx_id)
    assert stands is not None
    if made:
        changed("lab", "two_phase_decisions", None, {"decision": stands.decision})
    return bool(made), stands


def decision_on(tx_id: str) -> Decision | None:
    """What was decided, if anything was. Participants ask this too: it is the one truth that binds them."""
    rows = COORDINATOR.ask(_DECISION, {"tx": tx_id})
    return Decision(**rows[0]) if rows else None


def read(tx_id: str) -> Transaction:
    return Transaction(_parties(_PARTIES, tx_id), decision_on(tx_id))


def _parties(sql: str, tx_id: str) -> tuple[Party, ...]:
    rows = COORDINATOR.ask(sql, {"tx": tx_id})
    return tuple(Party(**{**row, "driver": orjson.loads(row["driver"] or "null")}) for row in rows)


def done(tx_id: str, name: str) -> Transaction:
    """This participant has done what was decided. Returns the transaction with that."""
    with COORDINATOR.atomic():
        _parties(_LOCK, tx_id)
        COORDINATOR.ask(_DONE, {"tx": tx_id, "name": name})
        return read(tx_id)


def broken(tx_id: str, name: str, reason: str) -> None:
    """What was decided can never be done here any more: a person has to find out why."""
    COORDINATOR.ask(_BROKEN, {"tx": tx_id, "name": name, "reason": reason[:300]})


def end(tx_id: str) -> None:
    """The last record: nobody will ever ask about this transaction again."""
    if COORDINATOR.run(_END, tx=tx_id):
        changed("lab", "two_phase_decisions", {"ended": "no"}, {"ended": "yes"})


def _me() -> str:
    return orjson.dumps(processes.me()).decode()
