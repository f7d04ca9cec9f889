"""The one doorway for a run: who asks, how often, and the request itself."""

import hashlib
from collections.abc import Sequence

from django.http import HttpRequest
from django.utils.translation import gettext as _

from distviz.errors import NotNow
from distviz.runs import asking
from distviz.trace.faults import FaultSpec
from distviz.trace.models import Run
from distviz.web import limits, publishing
from protocols import registry
from protocols.promises import AMOUNT


def client(request: HttpRequest) -> str:
    """Whose bucket of requests this one is taken from."""
    return f"user:{request.user.pk}" if request.user.is_authenticated else request.META.get("REMOTE_ADDR", "")


def key(request: HttpRequest, wish: str = "") -> str:
    """The page's own, which comes with its forms: a double click is one run. A page with several buttons that start
    runs adds which it was."""
    given = request.POST.get("key", "")[:200]
    return f"{given}:{hashlib.sha256(wish.encode()).hexdigest()[:16]}" if given and wish else given


def scope(request: HttpRequest) -> str:
    return f"page:{client(request)}"


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
