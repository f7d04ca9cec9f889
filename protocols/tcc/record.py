"""The coordinator's record of a withdrawal. Its decision is written once: the first writer wins."""

from dataclasses import dataclass

from distviz.codes import Reason
from distviz.services import written
from distviz.services.places import COORDINATOR
from protocols.messages import Message
from protocols.tcc.messages import LINES

CONFIRM, CANCEL = "CONFIRM", "CANCEL"

BEGIN = """
INSERT INTO tcc_transactions (tx_id, user_id, amount, begun_at, updated_at)
VALUES (%(tx)s, %(user)s, %(amount)s::numeric, now(), now()) ON CONFLICT (tx_id) DO NOTHING RETURNING tx_id
"""
DECIDE = """
UPDATE tcc_transactions SET decision = %(decision)s, ends_as = %(ends_as)s, reason = %(reason)s, why = %(why)s::jsonb,
    decided_by = %(by)s, decided_at = now(), updated_at = now()
WHERE tx_id = %(tx)s AND decision = '' RETURNING decision
"""
# Answers change one row, one after the other: the last one finds all of them.
TRIED = """
UPDATE tcc_transactions SET tried = array_append(tried, %(name)s::varchar), updated_at = now()
WHERE tx_id = %(tx)s AND decision = '' AND NOT %(name)s = ANY(tried)
"""
DONE = """
UPDATE tcc_transactions SET done = array_append(done, %(name)s::varchar), updated_at = now()
WHERE tx_id = %(tx)s AND decision <> '' AND NOT %(name)s = ANY(done)
"""
END = "UPDATE tcc_transactions SET ended_at = now() WHERE tx_id = %(tx)s AND ended_at IS NULL RETURNING decision"
READ = "SELECT *, why::text AS why FROM tcc_transactions WHERE tx_id = %(tx)s"


@dataclass(frozen=True)
class Decision:
    """What binds every branch. `ends_as` and `reason` say why it is a CANCEL."""

    decision: str
    ends_as: str = "succeeded"
    reason: Reason | None = None
    decided_by: str = "coordinator"


@dataclass(frozen=True)
class Transaction:
    """One withdrawal: who has yet to try, what was decided, who has yet to do it, whether all is done."""

    untried: list[str]
    decision: Decision | None
    waiting: list[str]
    ended: bool


def keep(sql: str, message: Message, name: str) -> Transaction:
    COORDINATOR.ask(sql, {"tx": message.tx_id, "name": name})
    return read(message.tx_id)


def decide(tx_id: str, decision: Decision) -> bool:
    """On disk before any branch is told. False: another decision was first, and it stands."""
    row = {"decision": decision.decision, "ends_as": decision.ends_as, "by": decision.decided_by}
    with COORDINATOR.atomic():
        COORDINATOR.run("SET LOCAL synchronous_commit = on")
        return bool(COORDINATOR.run(DECIDE, tx=tx_id, **row, **written.columns(decision.reason)))


def read(tx_id: str) -> Transaction:
    for row in COORDINATOR.ask(READ, {"tx": tx_id}):
        untried, waiting = ([name for name in LINES if name not in row[column]] for column in ("tried", "done"))
        made = Decision(row["decision"], row["ends_as"], written.read(row), row["decided_by"])
        return Transaction(untried, made if made.decision else None, waiting, bool(row["ended_at"]))
    return Transaction(list(LINES), None, list(LINES), False)
