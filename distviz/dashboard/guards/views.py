"""`/guards/`: what each guard is for. The smallest failure that needs it, drawn beside the same failure with the guard
in its place: both are real runs."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from distviz.dashboard import kept_pictures
from distviz.dashboard.explore import words
from distviz.dashboard.templatetags.setups import faults_of
from distviz.errors import DistvizError
from distviz.explore import needs, starting, telling
from distviz.explore.models import RUNNING, Exploration, Try
from distviz.explore.needs import Need
from distviz.explore.running import AMOUNT
from distviz.story.picture.ghosts import used_lanes
from distviz.story.picture.miniature import Miniature, draw
from distviz.story.words.sentences import say
from distviz.trace.models import Run
from distviz.web import permits
from protocols import registry
from protocols.catalogue import Protocol

SECONDS = 60.0  # of an exploration that is started here


@dataclass(frozen=True)
class Drawn:
    """A run of the two, very small. `mini` is None if its log is gone; `rival` is the competing withdrawal's, if there
    was one."""

    tried: Try
    end: str
    icon: str
    url: str
    mini: Miniature | None
    rival: Miniature | None


@dataclass(frozen=True)
class Shown:
    """One guard. `out` is what is taken out to see it; `lab` and `command` do the found failure again."""

    need: Need
    out: tuple[str, ...]
    failure: str = ""
    without: Drawn | None = None
    within: Drawn | None = None
    lab: str = ""
    command: str = ""


@require_safe
def guards(request: HttpRequest) -> HttpResponse:
    """Of the protocol that the query names, or of the first one that has guards."""
    guarded = [one for one in registry.PROTOCOLS.values() if one.guards]
    key = request.GET.get("protocol", "")
    protocol = next((one for one in guarded if one.key == key), None)
    if key and protocol is None:
        raise Http404(_("No such protocol."))
    shown = protocol or max(guarded, key=lambda one: len(one.guards))
    found = needs.of(shown)
    tries = [one for need in found for one in (need.found, need.within) if one]
    runs = Run.objects.in_bulk([run for one in tries for run in (one.run_id, one.rival_id) if run])
    context = {
        "guarded": guarded,
        "protocol": shown,
        "guards": [_shown(shown, need, runs) for need in found],
        "allowed": permits.may_break(request) and permits.may(request, "explore"),
        "busy": any(one.state_now == RUNNING for one in Exploration.objects.filter(state=RUNNING)),
    }
    return render(request, "guards/page.html", context)


@require_POST
def find(request: HttpRequest, protocol: str, guard: str) -> HttpResponse:
    """Look for the failures that need this guard: an exploration without it, and without what does the same."""
    known = registry.PROTOCOLS.get(protocol)
    chosen = known.by_guard.get(guard) if known else None
    if chosen is None:
        raise Http404(_("No such guard."))
    out = (chosen.key, *chosen.beside) if "beside" in request.POST else (chosen.key,)
    try:
        made = starting.start(protocol=protocol, without=out, seconds=SECONDS, rivals=True, pairs=chosen.second)
    except DistvizError as error:
        messages.error(request, say(error.reason))
        return _see(f"{reverse('dashboard:guards')}?{urlencode({'protocol': protocol})}")
    return _see(f"{reverse('dashboard:explore')}?{urlencode({'result': made.pk})}")


def _shown(protocol: Protocol, need: Need, runs: dict[Any, Run]) -> Shown:
    found = need.found
    if found is None or need.exploration is None:
        return Shown(need, (need.guard.key,))
    out = tuple(need.exploration.without)
    asked = [("amount", str(AMOUNT)), *faults_of(one.spec for one in found.what), *(("without", key) for key in out)]
    return Shown(
        need,
        out,
        words.tried(found),
        _drawn(protocol, found, runs),
        _drawn(protocol, need.within, runs) if need.within else None,
        f"{reverse('dashboard:lab', args=[protocol.key])}?{urlencode(asked)}",
        telling.again(need.exploration, found),
    )


def _drawn(protocol: Protocol, tried: Try, runs: dict[Any, Run]) -> Drawn:
    first, rival = (
        draw(kept_pictures.of(run).rows, used_lanes(protocol)) if run else None
        for run in (runs.get(tried.run_id), runs.get(tried.rival_id))
    )
    url = reverse("dashboard:run", args=[tried.run_id])
    return Drawn(tried, words.end(tried.end), words.ICONS[tried.end], url, first, rival)


def _see(url: str) -> HttpResponse:
    answer = HttpResponseRedirect(url)
    answer.status_code = 303
    return answer
