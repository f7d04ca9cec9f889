"""`/runs/<id>/turning/`: where the point of no return of this run is; asked for here, and drawn while it fills."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from distviz.dashboard import kept_pictures
from distviz.dashboard.run import turning_panel
from distviz.dashboard.run.views import get
from distviz.errors import DistvizError
from distviz.explore import starting
from distviz.story.words.sentences import say


@require_http_methods(["GET", "HEAD", "POST"])
def turning(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Posted, it begins, and the run's page shows it."""
    run = get(run_id)
    if request.method != "POST":
        context = turning_panel.of(request, run, kept_pictures.whole_log(run)[0])
        return render(request, "run/turning_frame.html", {"run": run, "amount": run.amount, **context})
    try:
        starting.of_run(run.pk)
    except DistvizError as error:
        messages.error(request, say(error.reason))
    answer = HttpResponseRedirect(reverse("dashboard:run", args=[run.pk]) + "#turning")
    answer.status_code = 303
    return answer
