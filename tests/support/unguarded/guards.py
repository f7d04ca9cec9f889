"""Each guard: the statements and functions that make it, replaced while the process starts; its constraint, dropped
when the stack under chaos is reset, which is before the load begins."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

from distviz.services import closing, inbox
from distviz.services.payment import operations as payment
from distviz.services.places import PAYMENT, Place
from distviz.trace import statements
from protocols import seeding
from protocols.event_sourcing import account as store
from protocols.two_phase import coordinator, log, participant


@dataclass(frozen=True)
class Guard:
    """`also` are statements against a database."""

    patch: Callable[[], None] = lambda: None
    also: Sequence[tuple[Place, str]] = field(default_factory=tuple)

    def take_out(self) -> None:
        self.patch()
        reset = seeding.reset

        def and_without_constraint(*args: Any, **named: Any) -> None:
            reset(*args, **named)
            for place, statement in self.also:
                place.ask(statement)

        seeding.reset = and_without_constraint


def _copies_are_new() -> None:
    """A message that came before takes effect again, as if it had not been received."""
    inbox.REMEMBER = inbox.REMEMBER.replace("RETURNING duplicates", "RETURNING 0 AS duplicates")


def _nothing_says_never() -> None:
    """A payment that is given up leaves no row that a late attempt would find."""
    payment.refuse = lambda message, why: payment.Declined(why)  # type: ignore[assignment]


def _the_last_writer_wins() -> None:
    """A decision that comes later replaces the first one, and votes are given and counted after it."""
    first, last = (
        "DO NOTHING",
        "DO UPDATE SET decision = excluded.decision, ends_as = excluded.ends_as, ended_at = NULL",
    )
    statements._AT[log.DECIDE.replace(first, last)] = statements._AT[log.DECIDE]  # it is shown as before
    log.DECIDE = log.DECIDE.replace(first, last)
    log.VOTE = log.VOTE.replace(f"AND NOT {log.DECIDED}", "")
    keep = log.keep

    def undecided(reply: Any) -> log.Transaction:
        transaction = keep(reply)
        return replace(transaction, decision=None) if isinstance(reply, coordinator.Vote) else transaction

    log.keep = undecided
    participant.log = SimpleNamespace(decision_on=lambda _tx: None)  # who is late does not ask before it votes


class _Always(dict):
    """Every command is carried out, whatever the store says of this withdrawal."""

    def get(self, _last: str, _default: Any = None) -> Any:
        return next(iter(self.values()))


def _commands_have_no_tag() -> None:
    carry_out = store.carry_out

    def again(name: str, message: Any, follows: dict, compensates: str = "") -> Any:
        return carry_out(name, message, _Always(follows) if name == "deduct" else follows, compensates)

    store.carry_out = again


def _nothing_is_closed() -> None:
    """Giving up takes no lock, and a late attempt looks for no row. The transactions of one withdrawal in eight are
    slower than its copies are patient."""
    slow = "pg_sleep(CASE abs(hashtext(%(withdrawal)s::text)) %% 8 WHEN 0 THEN 4.5 ELSE 0 END)"
    closing.TOGETHER = f"SELECT {slow}"
    closing._ALONE = "SELECT %(withdrawal)s::text"
    closing.CLOSED = f"SELECT 1 WHERE {slow} IS NULL"


NO_LOCK = """
CREATE OR REPLACE FUNCTION events_one_at_a_time() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$
"""
# A disk that takes its time, or the gap would be too short for a run of minutes to fall into it.
SLOW_COMMIT = """
CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep(random()); RETURN NULL; END $$
"""
SLOWLY = """
CREATE TRIGGER slowly AFTER INSERT ON events FOR EACH STATEMENT EXECUTE FUNCTION slowly()
"""
# One payment in six takes longer than the coordinator waits for its vote, in two statements.
SLOW_VOTE = (
    """
CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF abs(hashtext(to_jsonb(NEW)->>TG_ARGV[0])) % 6 = 0 THEN PERFORM pg_sleep(3.5); END IF;
    RETURN NULL;
END $$
""",
    """
CREATE TRIGGER slowly AFTER INSERT ON payments FOR EACH ROW WHEN (NEW.protocol = 'two_phase')
    EXECUTE FUNCTION slowly('withdrawal_id')
""",
    "CREATE TRIGGER slowly AFTER INSERT ON two_phase_marker FOR EACH ROW EXECUTE FUNCTION slowly('tx_id')",
)
# One of the same name, which the auditor looks for, that guards nothing.
NO_TAG = """
ALTER TABLE events DROP CONSTRAINT events_once, ADD CONSTRAINT events_once UNIQUE (withdrawal_id, type, position)
"""

GUARDS = {
    "inbox": Guard(_copies_are_new, [(PAYMENT, "DROP INDEX payments_one_per_withdrawal")]),
    "tombstone": Guard(_nothing_says_never),
    "first-writer": Guard(_the_last_writer_wins, [(PAYMENT, statement) for statement in SLOW_VOTE]),
    "command-tag": Guard(_commands_have_no_tag, [(store.EVENTS, NO_TAG)]),
    "gap-rule": Guard(also=[(store.EVENTS, NO_LOCK), (store.EVENTS, SLOW_COMMIT), (store.EVENTS, SLOWLY)]),
    "closing": Guard(_nothing_is_closed),
}
