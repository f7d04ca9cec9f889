"""`/runs/`: every run, newest first; filters live in the URL."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from distviz.dashboard.race import boards
from distviz.dashboard.runs import filters
from distviz.runs import lookup
from distviz.trace.statuses import VERDICTS
from protocols import registry

PAGE = 40


@require_safe
def runs(request: HttpRequest) -> HttpResponse:
    wanted = filters.read(request.GET)
    found, older = lookup.page(wanted, request.GET.get("before", ""), PAGE)
    tallies = filters.tallies(request.GET, wanted, lookup.counts(wanted))
    ticked = [text[:36] for text in request.GET.getlist("run")][:20]
    context = {
        "runs": found,
        "older": older,
        "tallies": tallies,
        "total": sum(one.n for one in tallies),
        "more": any(one.more for one in tallies),
        "wanted": wanted,
        "ticked": ticked,  # to be compared: kept while the list renews itself and over its pages
        "ticked_elsewhere": [one for one in ticked if one not in {str(run.pk) for run in found}],
        "first_page": "before" not in request.GET,
        "saved": filters.views(request.GET),
        "protocols": registry.PROTOCOLS.values(),
        "verdicts": VERDICTS,
        "most": boards.most(),
    }
    template = "runs/list.html" if getattr(request, "htmx", False) else "runs/page.html"
    return render(request, template, context)
