"""`/promises/`: what every protocol promises under every failure, and a button that proves it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from distviz.dashboard.promises import table
from distviz.dashboard.run.operate_views import see_run
from distviz.errors import DistvizError
from distviz.story.words.sentences import say
from distviz.web import doorway, permits
from distviz.web.doorway import key
from protocols import registry


@require_safe
def promises_page(request: HttpRequest) -> HttpResponse:
    lines = table.lines(registry.PROTOCOLS)
    proofs = [shown.proof for line in lines for shown in line.cells if shown.proof]
    only = request.GET.get("protocol", "")
    protocols = [registry.PROTOCOLS[only]] if only in registry.PROTOCOLS else list(registry.PROTOCOLS.values())
    narrowed = "broken" in request.GET
    context = {
        "every": registry.PROTOCOLS.values(),
        "protocols": protocols,
        "only": protocols[0].key if len(protocols) == 1 else "",
        "only_broken": narrowed,
        "lines": table.narrowed(lines, {one.key for one in protocols}, broken=narrowed),
        "asked": sum(1 for line in lines for shown in line.cells if shown.cell),
        "held": sum(1 for proof in proofs if proof.holds),
        "broken": sum(1 for proof in proofs if proof.holds is False),
        "may_break": permits.may_break(request),
    }
    return render(request, "promises/page.html", context)


@require_POST
def prove(request: HttpRequest) -> HttpResponse:
    """Start exactly the run of one cell: `protocol faults`, as the button says."""
    protocol, _space, faults = request.POST.get("prove", "").partition(" ")
    try:
        row, _cell = table.find(faults, protocol)
        run = doorway.show(
            request,
            protocol,
            table.specs(row.faults),
            _("proof of a promise"),
            key=key(request, f"{protocol} {faults}"),
        )
    except DistvizError as error:
        messages.error(request, say(error.reason))
        return redirect("dashboard:promises")
    return see_run(run)
