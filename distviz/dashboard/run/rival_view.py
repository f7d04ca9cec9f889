"""`/runs/<id>/rival/`: a second withdrawal from the same account while the first is open, and how the two stand."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from distviz.dashboard import kept_pictures, refused
from distviz.dashboard.run import rival_panel
from distviz.dashboard.run.views import get
from distviz.errors import DistvizError
from distviz.runs import rivals
from distviz.story.words.sentences import say
from distviz.trace.models import Run
from distviz.web import doorway, fields


@require_http_methods(["GET", "HEAD", "POST"])
def rival(request: HttpRequest, run_id: UUID) -> HttpResponse:
    run = get(run_id)
    if request.method != "POST":
        return _duels(request, run)
    scripted = getattr(request, "htmx", False)
    try:
        _start(request, run)
    except DistvizError as error:
        if scripted:
            return refused.sentence(error)
        messages.error(request, say(error.reason))
    if scripted:
        return _duels(request, run)
    answer = HttpResponseRedirect(reverse("dashboard:run", args=[run.pk]) + "#rival")
    answer.status_code = 303
    return answer


def _duels(request: HttpRequest, run: Run) -> HttpResponse:
    log, _failure = kept_pictures.whole_log(run)
    return render(request, "run/duels.html", {"run": run, **rival_panel.beside(run, log)})


def _start(request: HttpRequest, run: Run) -> Run:
    text = request.POST.get("amount", "").strip()
    amount = fields.amount(text) if text else None
    key = doorway.key(request, most=100)
    return doorway.ask(doorway.asker(request), rivals.rival(run.pk, amount), key and f"rival:{run.pk}:{key}")
