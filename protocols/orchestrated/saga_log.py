"""The coordinator's saga log: which steps are done, whether it has turned back, and what is undone."""

from dataclasses import dataclass

from distviz.codes import Reason
from distviz.services import written
from distviz.services.places import COORDINATOR
from protocols.messages import Message

DEDUCT, CHARGE = "deduct", "charge"
NO_NO = {"retries_used_up", "error", "database_error"}  # a task failed without anybody having declined

BEGIN = """
INSERT INTO orchestrated_sagas (tx_id, user_id, amount, begun_at, updated_at)
VALUES (%(tx)s, %(user)s, %(amount)s::numeric, now(), now()) ON CONFLICT (tx_id) DO NOTHING RETURNING tx_id
"""
# A payment that was made before it could be cancelled turns the saga forward again; nothing is refunded by then.
DONE = """
UPDATE orchestrated_sagas SET steps_done = array_append(steps_done, %(name)s::varchar), updated_at = now(),
    turned_at = CASE WHEN %(name)s::varchar = 'charge' THEN NULL ELSE turned_at END
WHERE tx_id = %(tx)s AND NOT %(name)s::varchar = ANY(steps_done || steps_undone)
RETURNING steps_done[cardinality(steps_done)] AS step
"""
TURN_BACK = """
UPDATE orchestrated_sagas SET turned_at = now(), reason = %(reason)s, why = %(why)s::jsonb, updated_at = now()
WHERE tx_id = %(tx)s AND turned_at IS NULL AND NOT 'charge' = ANY(steps_done) RETURNING turned_at
"""
UNDONE = """
UPDATE orchestrated_sagas SET steps_undone = array_append(steps_undone, %(name)s::varchar), updated_at = now(),
    given_back = given_back OR %(given_back)s
WHERE tx_id = %(tx)s AND turned_at IS NOT NULL AND NOT %(name)s::varchar = ANY(steps_undone)
RETURNING steps_undone[cardinality(steps_undone)] AS step
"""
END = "UPDATE orchestrated_sagas SET ended_at = now() WHERE tx_id = %(tx)s AND ended_at IS NULL RETURNING ended_at"
READ = """SELECT steps_done AS done, steps_undone AS undone, turned_at IS NOT NULL AS back, reason, why::text AS why,
    given_back FROM orchestrated_sagas WHERE tx_id = %(tx)s"""


@dataclass(frozen=True)
class Saga:
    """A withdrawal as its row stands. `no`: why it went `back`; after one of the account nobody asks for a payment."""

    done: list[str]
    undone: list[str]
    back: bool
    no: Reason
    given_back: bool

    @property
    def may_be_paid(self) -> bool:
        return CHARGE not in self.undone and (DEDUCT in self.done or self.given_back or self.no.code in NO_NO)


def turns_back(message: Message) -> bool:
    """Whether it turns back now: not twice, and not once it is paid."""
    return bool(COORDINATOR.run(TURN_BACK, tx=message.tx_id, **written.columns(message.reason)))


def done(message: Message, step: str) -> Saga:
    COORDINATOR.run(DONE, tx=message.tx_id, name=step)
    return read(message.tx_id)


def undone(message: Message, step: str, *, given_back: bool = False) -> Saga:
    COORDINATOR.run(UNDONE, tx=message.tx_id, name=step, given_back=given_back)
    return read(message.tx_id)


def read(tx_id: str) -> Saga:
    (row,) = COORDINATOR.ask(READ, {"tx": tx_id})
    return Saga(row["done"], row["undone"], row["back"], written.read(row) or Reason("no_reason"), row["given_back"])
