"""`/runs/<id>/probe/`: what another session reads right now, as a fragment of the run's page."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from distviz.dashboard.run import probe_panel
from distviz.dashboard.run.views import get


@require_safe
def run_probe(request: HttpRequest, run_id: UUID) -> HttpResponse:
    run = get(run_id)
    return render(request, "run/probe.html", {"asked": probe_panel.ask(run), "run_key": str(run.pk)})
