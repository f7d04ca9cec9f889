"""`/`: what this is, three doors, and the six protocols; "watch it break" starts a real run and plays it right here."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from distviz.dashboard import kept_pictures
from distviz.dashboard.home import newest_six
from distviz.dashboard.learn import lessons
from distviz.dashboard.race import setup
from distviz.dashboard.run.views import number
from distviz.errors import DistvizError, NotFound
from distviz.runs import finding
from distviz.story.picture import markup, rows
from distviz.trace.faults import FaultSpec
from distviz.web import doorway
from protocols import registry

REFUSAL = FaultSpec("payment.in_tx", "decline")
SHOWN = ("dual_write", "saga", "two_phase")  # the same failure, in this order


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    newest = newest_six.newest()
    context: dict[str, Any] = {
        "lines": newest_six.lines(newest),
        "signature": newest_six.signature(newest),
        "may_break": settings.FAULTS_ENABLED,
        "lessons": len(lessons.SCENARIOS),
        "key": uuid.uuid4().hex,
        **_watched(request.GET.get("watch", ""), number(request.GET.get("step"))),
    }
    return render(request, "home/page.html", context)


@require_safe
def home_six(request: HttpRequest) -> HttpResponse:
    """The six lines anew, if anything was run since."""
    newest = newest_six.newest()
    signature = newest_six.signature(newest)
    if request.GET.get("have") == signature:
        return HttpResponse(status=204)
    return render(request, "home/six.html", {"lines": newest_six.lines(newest), "signature": signature})


@require_POST
def watch_it_break(request: HttpRequest) -> HttpResponse:
    """A withdrawal whose payment is refused: without a protocol the money is gone; with one it is not."""
    chosen, key = request.POST.get("protocol", SHOWN[0]), request.POST.get("key", "")[:100]
    try:
        if chosen not in SHOWN:
            raise NotFound("There is no such demonstration. No run was made.")
        run = doorway.show(request, chosen, [REFUSAL], "watch it break", key=f"{key}:{chosen}" if key else "")
    except DistvizError as error:
        messages.error(request, error.message)
        return redirect("dashboard:home")
    see = HttpResponseRedirect(f"{reverse('dashboard:home')}?watch={run.pk}&play#watch")
    see.status_code = 303
    return see


def _watched(run_id: str, step: int | None) -> dict[str, Any]:
    """The run that is played on the front page, and what else the same failure can be shown under."""
    if not run_id:
        return {}
    try:
        run = finding.get(run_id)
        lesson = registry.get(run.protocol)
    except NotFound:
        return {}
    picture = kept_pictures.of(run, step)
    others = [(registry.get(key), key) for key in SHOWN if key != run.protocol]
    return {
        **markup.state(picture),
        "run": run,
        "watched": lesson,
        "rows": picture.rows,
        "heads": rows.heads(lesson),
        "last": run.seq,
        "shown": picture.last_seq,
        "step": step,
        "view": "",
        "failure": kept_pictures.first_failure(run),
        "keep": f"watch={run.pk}&",
        "live": step is None and not picture.finished,
        "over": run.finished_at is not None,
        "others": others,
        "race": setup.prefilled(run.account, run.amount, list(registry.PROTOCOLS), [REFUSAL]),
    }
