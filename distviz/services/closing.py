"""Giving up first makes a later success impossible.

An attempt that was paused goes on whenever it likes: after its retries are used up, after a sweep has looked for it. So
a withdrawal is closed, in each database that it writes to, before its end is told. The transaction that moves its
money asks `refuses` first and holds a lock until its COMMIT. Closing takes that lock exclusively: it waits for open
transactions (a lock timeout means that the end is not known yet), and later ones find the row.

Only for protocols that write nothing of their own that would stop a late attempt.
"""

from django.db import transaction

from distviz.errors import Declined
from distviz.services.places import Place

TOGETHER = "SELECT pg_advisory_xact_lock_shared(hashtextextended(%(withdrawal)s::text, 0))"
_ALONE = "SELECT pg_advisory_xact_lock(hashtextextended(%(withdrawal)s::text, 0))"
CLOSED = "SELECT 1 FROM closed_withdrawals WHERE withdrawal_id = %(withdrawal)s::uuid"
CLOSE = """
INSERT INTO closed_withdrawals (withdrawal_id, at) VALUES (%(withdrawal)s::uuid, now())
ON CONFLICT (withdrawal_id) DO NOTHING
"""


def close(place: Place, withdrawal: str) -> None:
    """Nothing of it is committed here from now on. Raises OperationalError while a transaction may still do so."""
    with transaction.atomic(using=place.alias):
        place.ask(_ALONE, {"withdrawal": withdrawal})
        place.run(CLOSE, withdrawal=withdrawal)


def refuses(place: Place, withdrawal: str) -> Declined | None:
    """To be asked in the transaction of the effect, in a statement of its own before it: what another statement sees is
    as of its own begin."""
    place.ask(TOGETHER, {"withdrawal": withdrawal})
    return Declined("given_up_before") if place.ask(CLOSED, {"withdrawal": withdrawal}) else None
