"""A rival: a second withdrawal from the same account under the same protocol, fired while the first is open. The two
are linked in their logs."""

import uuid
from collections.abc import Sequence
from decimal import Decimal

from distviz.errors import NotNow
from distviz.runs import acting, lookup
from distviz.runs.asking import Withdrawal
from distviz.story.shapes import EventLike
from distviz.trace.models import Run


def rival(run_id: str | uuid.UUID, amount: Decimal | None = None) -> Withdrawal:
    """What to ask for: a withdrawal from the same account at full speed, with the same guards. Raises NotNow once the
    run is over."""
    first = lookup.get(run_id)
    if first.finished_at is not None:
        raise NotNow("nothing_to_compete_with", status=first.status)
    return Withdrawal(
        protocol=first.protocol,
        account=first.account,
        amount=amount or first.amount,
        note=f"rival of {str(first.pk)[:8]}",
        guards_off=acting.without(first),
        rival_of=first.pk,
    )


def of(log: Sequence[EventLike]) -> list[Run]:
    """The rivals of the run that has this log, newest first."""
    told = [event for event in reversed(log) if (event.kind, event.phase) == ("operator", "rival")]
    ids = [uuid.UUID(event.data["rival"]) for event in told[:5]]
    if not ids:
        return []
    found = Run.objects.in_bulk(ids)
    return [found[rival] for rival in ids if rival in found]


def against(log: Sequence[EventLike]) -> Run | None:
    """Whose rival the run is that has this log."""
    first = log[0].data.get("rival_of") if log else None
    return Run.objects.filter(pk=first).first() if first else None
