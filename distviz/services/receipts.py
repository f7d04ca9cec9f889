"""What took effect, held against the inboxes: where there is no row, a copy of its message would take effect again."""

from collections.abc import Iterable, Sequence

from distviz.codes import Reason
from distviz.services.agreement import Rows
from distviz.services.payment.made import Payments
from distviz.services.places import ACCOUNT, PAYMENT, Place

_UNRECEIVED = """
SELECT w.id::text AS run FROM unnest(%(runs)s::uuid[]) AS w(id) WHERE NOT EXISTS (
    SELECT 1 FROM inbox i WHERE i.withdrawal_id = w.id AND i.consumer = %(consumer)s)
"""


def received(protocol: str, places: Sequence[Place], taken: Rows, made: Payments) -> list[Reason]:
    """What took effect without an inbox row."""
    effects = {ACCOUNT.name: taken, PAYMENT.name: made.paid}
    return [one for place in places for one in unreceived(place, protocol, effects[place.name])]


def unreceived(place: Place, protocol: str, runs: Iterable[str]) -> list[Reason]:
    """What took effect here without an inbox row: a copy of its message would take effect again."""
    asked = {"runs": list(runs), "consumer": f"{protocol}.{place.name}"}
    return [
        Reason.of("effect_without_inbox_row", run=row["run"], who=place.name) for row in place.ask(_UNRECEIVED, asked)
    ]
