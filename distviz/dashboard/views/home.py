"""`/`: what this is, the six protocols, and two doors."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from distviz.api import limits
from distviz.dashboard import catalogue, example, fragments, rows
from distviz.dashboard.views.operate import client, see_run
from distviz.errors import DistvizError
from distviz.trace import runs
from distviz.trace.faults import FaultSpec
from distviz.trace.models import Run
from protocols import registry

AMOUNT = Decimal("100.00")
REFUSAL = FaultSpec("payment.in_tx", "decline")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    entries = catalogue.entries()
    built = [entry for entry in entries if entry.protocol]
    context = {
        "entries": entries,
        "door": next((e for e in built if e.key == "saga"), built[0] if built else None),
        "may_break": settings.FAULTS_ENABLED and "dual_write" in registry.PROTOCOLS,
        "example": _example(),
        "latest": Run.objects.only("id", "protocol", "status", "account", "amount").first(),
    }
    return render(request, "dashboard/home.html", context)


def _example() -> dict[str, Any]:
    drawn, run = example.picture()
    return {**fragments.state(drawn), "run": run, "rows": drawn.rows, "heads": rows.heads(drawn.plan)}


@require_POST
def watch_it_break(request: HttpRequest) -> HttpResponse:
    """A withdrawal without a protocol whose payment fails: the money is gone, and it shows."""
    protocol = registry.get("dual_write")
    try:
        limits.spend(client(request))
        rich = [balance.name for balance in protocol.accounts() if balance.balance >= AMOUNT]
        run, _ = runs.create_run(
            protocol=protocol.key,
            account=rich[0] if rich else protocol.accounts()[0].name,
            amount=AMOUNT,
            note="watch it break",
            faults=[REFUSAL],
        )
    except DistvizError as error:
        messages.error(request, error.message)
        return redirect("dashboard:home")
    runs.start(run)
    return see_run(run, "?play")
