"""`/runs/<id>/events/<seq>/`: all about one event; a page of its own, and the inspector of the picture's rows."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from distviz.dashboard import kept_pictures
from distviz.dashboard.run import inspector
from distviz.dashboard.run.views import get, number
from distviz.web import permits
from protocols import registry


@require_safe
def event(request: HttpRequest, run_id: UUID, seq: int) -> HttpResponse:
    """With `?step=n` as it was known after n events."""
    run = get(run_id)
    step = number(request.GET.get("step"))
    picture = kept_pictures.of(run, step)
    found = inspector.inspect(picture, seq)
    if found is None:
        raise Http404(_("This run has no such event."))
    context = {
        "run": run,
        "lesson": registry.get(run.protocol),
        "picture": picture,
        "step": step,
        "inspection": found,
        "row": found.row,
        "may_break": permits.may_break(request),
        "over": run.finished_at is not None,
    }
    scripted = request.headers.get("X-Requested-With") == "fetch"
    return render(request, "run/inspector.html" if scripted else "run/event.html", context)
