"""`/`: what this is, three doors, and the protocols; "watch it break" starts a real run and plays it right here."""

import uuid
from typing import Any

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
from distviz.health import left_out
from distviz.runs import lookup
from distviz.story.picture import markup, rows
from distviz.story.words.sentences import say
from distviz.trace.faults import FaultSpec
from distviz.web import doorway, permits
from protocols import registry
from protocols.catalogue import Protocol

REFUSAL = FaultSpec("payment.in_tx", "decline")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    newest = newest_six.newest()
    context: dict[str, Any] = {
        "lines": newest_six.lines(newest),
        "signature": newest_six.signature(newest),
        "may_break": permits.may_break(request),
        "lessons": len(lessons.SCENARIOS),
        "key": uuid.uuid4().hex,
        "left_out": left_out.shown(),
        "usual": _usual(),
        **_watched(request.GET.get("watch", ""), number(request.GET.get("step"))),
    }
    return render(request, "home/page.html", context)


@require_safe
def home_six(request: HttpRequest) -> HttpResponse:
    """The protocols' lines anew, if anything was run since."""
    newest = newest_six.newest()
    signature = newest_six.signature(newest)
    if request.GET.get("have") == signature:
        return HttpResponse(status=204)
    return render(request, "home/six.html", {"lines": newest_six.lines(newest), "signature": signature})


@require_POST
def watch_it_break(request: HttpRequest) -> HttpResponse:
    """A withdrawal whose payment is refused: without a protocol the money is gone; with one it is not."""
    shown = _demonstrated()
    chosen, key = request.POST.get("protocol", next(iter(shown), "")), request.POST.get("key", "")[:100]
    try:
        if chosen not in shown:
            raise NotFound("no_such_demonstration")
        run = doorway.show(request, chosen, [REFUSAL], "watch it break", key=f"{key}:{chosen}" if key else "")
    except DistvizError as error:
        messages.error(request, say(error.reason))
        return redirect("dashboard:home")
    see = HttpResponseRedirect(f"{reverse('dashboard:home')}?watch={run.pk}&play#watch")
    see.status_code = 303
    return see


def _demonstrated() -> dict[str, Protocol]:
    """The protocols that the same failure is shown under, in this order."""
    shown = [protocol for protocol in registry.PROTOCOLS.values() if protocol.demonstrated]
    return {protocol.key: protocol for protocol in sorted(shown, key=lambda protocol: protocol.demonstrated)}


def _usual() -> str:
    """Whose lab the front page leads to: the first of those that keeps the money."""
    shown = [key for key, protocol in _demonstrated().items() if not protocol.may_lose]
    return next(iter([*shown, *registry.PROTOCOLS]))


def _watched(run_id: str, step: int | None) -> dict[str, Any]:
    """The run that is played on the front page, and what else the same failure can be shown under."""
    if not run_id:
        return {}
    try:
        run = lookup.get(run_id)
        lesson = registry.get(run.protocol)
    except NotFound:
        return {}
    picture = kept_pictures.of(run, step)
    others = [(protocol, key) for key, protocol in _demonstrated().items() if key != run.protocol]
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
        "failure": kept_pictures.whole_log(run)[1],
        "keep": f"watch={run.pk}&",
        "live": step is None and not picture.finished,
        "over": run.finished_at is not None,
        "others": others,
        "race": setup.prefilled(run.account, run.amount, list(registry.PROTOCOLS), [REFUSAL]),
    }
