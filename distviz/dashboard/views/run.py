"""`/runs/<id>/?step=n`: the picture of one run, live, or as it was after n events."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from distviz.dashboard import fragments, panels, pictures, rows, trace_rows
from distviz.errors import NotFound
from distviz.trace import runs
from distviz.trace.models import Event, Run
from protocols import registry


@require_safe
def run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    found = _get(run_id)
    step = _number(request.GET.get("step"))
    lesson = registry.get(found.protocol)
    picture = pictures.of(found, step)
    context: dict[str, Any] = {
        **fragments.state(picture),
        "run": found,
        "lesson": lesson,
        "rows": picture.rows,
        "heads": rows.heads(lesson),
        "faults": list(found.faults.all()),
        "forks": list(found.forks.all()[:12]),
        "beside": panels.beside(lesson, found.account),
        "step": step,
        "last": found.seq,
        "shown": picture.last_seq,
        "live": step is None and not picture.finished,
        "may_break": settings.FAULTS_ENABLED,
        "over": found.finished_at is not None,
    }
    if request.GET.get("view") == "trace":
        context["trace"] = _trace(found, step, context["live"])
    return render(request, "dashboard/run.html", context)


def _trace(run: Run, step: int | None, live: bool) -> trace_rows.Trace:
    """The waterfall; the bars of a run in progress have grown until now."""
    events = Event.objects.filter(run=run).order_by("seq")
    shown = events if step is None else events.filter(seq__lte=step)
    return trace_rows.trace(shown, registry.get(run.protocol), timezone.now() if live else None)


@require_safe
def run_frame(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The same fragments as over the socket: the rows after `after`, and the state after `step` events."""
    after = _number(request.GET.get("after"))
    picture = pictures.of(_get(run_id), _number(request.GET.get("step")))
    new = [row for row in picture.rows if after is not None and row.seq > after]
    return HttpResponse(fragments.draw(picture, new))


@require_safe
def run_panels(request: HttpRequest, run_id: UUID) -> HttpResponse:
    found = _get(run_id)
    beside = panels.beside(registry.get(found.protocol), found.account)
    return render(request, "dashboard/_panels.html", {"beside": beside, "run": found})


def _get(run_id: UUID) -> Run:
    try:
        return runs.get(run_id)
    except NotFound as error:
        raise Http404(error.message) from error


def _number(text: str | None) -> int | None:
    """A step of the URL, or None for whatever is no such number: a permalink never fails for its step."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 8 else None
