"""A rival: a second withdrawal from the same account under the same protocol, fired while the first is open. The two
are linked in their logs."""

import uuid
from decimal import Decimal

from distviz.errors import NotNow
from distviz.runs import acting, lookup
from distviz.runs.asking import Withdrawal
from distviz.trace.models import Event, Run


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


def of(run: Run) -> list[Run]:
    """The rivals of a run, newest first."""
    recorded = (
        Event.objects.filter(run=run, kind="operator", phase="rival").order_by("-seq").values_list("data", flat=True)
    )
    ids = [uuid.UUID(data["rival"]) for data in recorded[:5]]
    found = Run.objects.in_bulk(ids)
    return [found[rival] for rival in ids if rival in found]


def against(run: Run) -> Run | None:
    """Whose rival this run is."""
    data = Event.objects.filter(run=run, seq=1).values_list("data", flat=True).first() or {}
    return Run.objects.filter(pk=data["rival_of"]).first() if data.get("rival_of") else None
