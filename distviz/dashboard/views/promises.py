"""`/promises/`: what every protocol promises under every failure, and a button that proves it."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from distviz.api import limits, patience
from distviz.dashboard import catalogue, promises
from distviz.dashboard.views.operate import client, key, scope, see_run
from distviz.errors import DistvizError, NotNow
from distviz.trace import runs
from distviz.trace.models import Run
from protocols import registry
from protocols.promises import AMOUNT


@require_safe
def promises_page(request: HttpRequest) -> HttpResponse:
    entries = [entry for entry in catalogue.entries() if entry.protocol]
    lines = promises.lines(entry.key for entry in entries)
    proofs = [shown.proof for line in lines for shown in line.cells if shown.proof]
    context = {
        "entries": entries,
        "lines": lines,
        "asked": sum(1 for line in lines for shown in line.cells if shown.cell),
        "held": sum(1 for proof in proofs if proof.holds),
        "broken": sum(1 for proof in proofs if proof.holds is False),
        "may_break": settings.FAULTS_ENABLED,
    }
    return render(request, "dashboard/promises.html", context)


@require_POST
def prove(request: HttpRequest) -> HttpResponse:
    """Start exactly the run of one cell: `protocol faults`, as the button says."""
    protocol, _space, faults = request.POST.get("prove", "").partition(" ")
    try:
        row, _cell = promises.find(faults, protocol)
        limits.spend(client(request))
        asker, wish = scope(request), key(request, f"{protocol} {faults}")
        first = Run.objects.filter(scope=asker, key=wish).first() if wish else None
        run, created = runs.create_run(
            protocol=protocol,
            account=first.account if first else rich(protocol),
            amount=AMOUNT,
            note=_("a promise, proved"),
            faults=promises.specs(row.faults),
            key=wish,
            scope=asker,
        )
    except DistvizError as error:
        messages.error(request, error.message)
        return redirect("dashboard:promises")
    if created:
        patience.start(run)
    return see_run(run)


def rich(protocol: str) -> str:
    """The account that has most: what is to fail here must not be the balance."""
    best = max(registry.get(protocol).accounts(), key=lambda account: account.balance, default=None)
    if best is None or best.balance < AMOUNT:
        raise NotNow(_("No account under this protocol has $100.00 left. No run was made; see manage.py reset."))
    return best.name
