"""Runs that a page starts to show something: of $100.00, from an account that has it."""

from collections.abc import Sequence

from django.http import HttpRequest
from django.utils.translation import gettext as _

from distviz.dashboard.run.operate_views import client, scope
from distviz.errors import NotNow
from distviz.runs import asking
from distviz.trace.faults import FaultSpec
from distviz.trace.models import Run
from distviz.web import limits, publishing
from protocols import registry
from protocols.promises import AMOUNT


def start(request: HttpRequest, protocol: str, faults: Sequence[FaultSpec], note: str, *, key: str = "") -> Run:
    """The same `key` of the same client again (a double click) is the same run. Raises what create_run raises."""
    registry.get(protocol)
    limits.spend(client(request))
    asker = scope(request)
    first = Run.objects.filter(scope=asker, key=key).first() if key else None
    run, new = asking.create_run(
        protocol=protocol,
        account=first.account if first else rich(protocol),
        amount=AMOUNT,
        note=note,
        faults=faults,
        key=key,
        scope=asker,
    )
    if new:
        publishing.start(run)
    return run


def rich(protocol: str) -> str:
    """The account that has most: what is to fail here must not be the balance."""
    best = max(registry.get(protocol).accounts(), key=lambda account: account.balance, default=None)
    if best is None or best.balance < AMOUNT:
        raise NotNow(_("No account under this protocol has $100.00 left. No run was made; see manage.py reset."))
    return best.name
