"""`/bench/`: equal load on every protocol, with the conditions beside the figures; a short one can be started here."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from distviz.bench import starting
from distviz.bench.models import DONE, RUNNING, Result
from distviz.dashboard.bench import beside, form, table
from distviz.dashboard.export.files import attachment
from distviz.errors import DistvizError
from distviz.story.words.sentences import say
from distviz.web import permits


@require_http_methods(["GET", "HEAD", "POST"])
def bench(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return render(request, "bench/page.html", _context(request))
    try:
        starting.start(**form.read(request.POST))
    except DistvizError as error:
        if error.status == 422:
            return render(
                request,
                "bench/page.html",
                {**_context(request), **form.shown(request.POST), "wrong": error},
                status=422,
            )
        messages.error(request, say(error.reason))
    answer = HttpResponseRedirect(reverse("dashboard:bench"))
    answer.status_code = 303
    return answer


@require_safe
def bench_frame(request: HttpRequest) -> HttpResponse:
    """How far the running one is; at its end the page is asked to load itself once more."""
    running = Result.objects.filter(state=RUNNING).first()
    answer = render(request, "bench/running.html", {"running": running})
    if running is None:
        answer["HX-Refresh"] = "true"
    return answer


@require_safe
def bench_csv(request: HttpRequest, result_id: UUID) -> HttpResponse:
    found = _get(result_id)
    return attachment(f"distviz-bench-{found.pk.hex[:8]}.csv", table.as_csv(found), "text/csv")


def _context(request: HttpRequest) -> dict[str, Any]:
    """The result that is asked for in the URL, or the latest one."""
    asked = request.GET.get("result", "")
    shown = _get(asked) if asked else Result.objects.filter(state=DONE).first()
    return {
        "result": shown,
        "rows": table.lines(shown.rows) if shown else [],
        "charts": table.charts(shown.rows) if shown else [],
        "conditions": table.conditions(shown) if shown else [],
        "earlier": Result.objects.exclude(state=RUNNING)[:20],
        "running": Result.objects.filter(state=RUNNING).first(),
        "allowed": starting.allowed() and permits.may(request, "bench"),
        "beside": beside.read(shown),
        "history": shown.history if shown else {},
        **form.shown(None),
    }


def _get(result_id: UUID | str) -> Result:
    try:
        return Result.objects.get(pk=UUID(str(result_id)))
    except (ValueError, Result.DoesNotExist):
        raise Http404(_("No such result.")) from None
