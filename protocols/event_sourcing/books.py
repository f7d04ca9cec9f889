"""The books of event sourcing: the account's side is the event store, payments are with the Payment Service."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from distviz.money import text
from distviz.services.books import Balance, Books
from distviz.services.sealing import Seal
from distviz.services.shared_books import SharedBooks
from protocols.event_sourcing import audit
from protocols.event_sourcing.account import EVENTS, PREFIX
from protocols.event_sourcing.recovery import following

_OPEN_ACCOUNTS = """
INSERT INTO events (aggregate, version, type, data)
SELECT %(prefix)s || name, 1, 'MoneyDeposited', jsonb_build_object('amount', %(opening)s::text)
FROM unnest(%(names)s::text[]) WITH ORDINALITY AS n(name, number) ORDER BY number
ON CONFLICT (aggregate, version) DO NOTHING
"""
# The one way to empty the store; the trigger refuses it unless this setting is made first.
_CLEAR = (
    "SET LOCAL distviz.reset = 'on'",
    "TRUNCATE events, snapshots, stream_balances, open_withdrawals, balance_view, history_view RESTART IDENTITY",
    "UPDATE checkpoint SET position = 0, at = clock_timestamp()",
)


class EventBooks(SharedBooks):
    """An account is opened by its first event."""

    def has(self, name: str) -> bool:
        return bool(EVENTS.ask("SELECT 1 FROM events WHERE aggregate = %(a)s AND version = 1", {"a": PREFIX + name}))

    def accounts(self) -> list[Balance]:
        return audit.accounts()

    def audit(self, *, thorough: bool = True, since: Seal | None = None, without_guards: bool = False) -> Books:
        return audit.books(thorough=thorough, since=since, without_guards=without_guards)

    def taken(self, ids: Sequence[str]) -> Mapping[UUID, Decimal]:
        return audit.taken(ids)

    def seed(self, names: Sequence[str], opening: Decimal) -> None:
        EVENTS.ask(_OPEN_ACCOUNTS, {"prefix": PREFIX, "names": list(names), "opening": text(opening)})
        following.tick(0)

    def clear(self) -> None:
        with transaction.atomic(using=EVENTS.alias):
            for statement in _CLEAR:
                EVENTS.ask(statement)
        super().clear()


BOOKS = EventBooks("event_sourcing")
