"""A rival: a second withdrawal from the same account under the same protocol, fired while the first is open. The two
are linked in their logs."""

import uuid
from collections.abc import Callable
from decimal import Decimal

from distviz import money
from distviz.errors import NotNow
from distviz.runs import asking, finding
from distviz.trace import log, requests
from distviz.trace.models import Event, Run


def start(
    run_id: str | uuid.UUID,
    *,
    amount: Decimal | None = None,
    key: str = "",
    scope: str = "",
    publish: Callable[[Run], object] = requests.start,
) -> Run:
    """Ask for it, at full speed. The same key finds the same rival again."""
    first = finding.get(run_id)
    if first.finished_at is not None:
        raise NotNow(f"This run is over: {first.status}. Nothing is left that a rival could meet.")
    rival, new = asking.create_run(
        protocol=first.protocol,
        account=first.account,
        amount=amount or first.amount,
        note=f"rival of {str(first.pk)[:8]}",
        key=key and f"rival:{first.pk}:{key}"[:255],
        scope=scope,
        rival_of=first.pk,
    )
    if new:
        told = {"rival": str(rival.pk), "amount": money.text(rival.amount)}
        log.append(first.pk, lane="client", kind="operator", phase="rival", name="rival", data=told)
        publish(rival)
    return rival


def of(run: Run) -> list[Run]:
    """The rivals of a run, newest first."""
    told = Event.objects.filter(run=run, kind="operator", phase="rival").order_by("-seq").values_list("data", flat=True)
    ids = [uuid.UUID(data["rival"]) for data in told[:5]]
    found = Run.objects.in_bulk(ids)
    return [found[rival] for rival in ids if rival in found]


def against(run: Run) -> Run | None:
    """Whose rival this run is."""
    data = Event.objects.filter(run=run, seq=1).values_list("data", flat=True).first() or {}
    return Run.objects.filter(pk=data["rival_of"]).first() if data.get("rival_of") else None
