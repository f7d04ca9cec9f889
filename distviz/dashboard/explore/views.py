"""`/explore/`: the map of one exploration, filling while it runs; a new one can be started here."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from distviz.dashboard.explore import export, form, map
from distviz.dashboard.export.files import attachment
from distviz.errors import DistvizError
from distviz.explore import starting
from distviz.explore.models import RUNNING, Exploration
from distviz.story.words.sentences import say
from distviz.web import permits
from protocols import registry

SHOWN = 40


@require_http_methods(["GET", "HEAD", "POST"])
def explore(request: HttpRequest) -> HttpResponse:
    """The one that the URL names, or the latest."""
    if request.method != "POST":
        return render(request, "explore/page.html", _context(request))
    try:
        started = starting.start(**form.read(request.POST))
    except DistvizError as error:
        if error.status == 422:
            return render(request, "explore/page.html", {**_context(request), "wrong": error}, status=422)
        messages.error(request, say(error.reason))
        return _see(reverse("dashboard:explore"))
    return _see(f"{reverse('dashboard:explore')}?result={started.pk}")


@require_POST
def stop(request: HttpRequest, exploration_id: UUID) -> HttpResponse:
    """What has begun is brought to an end; it can be gone on with."""
    Exploration.objects.filter(pk=exploration_id, state=RUNNING).update(to_stop=True)
    return _see(f"{reverse('dashboard:explore')}?result={exploration_id}")


@require_safe
def explore_frame(request: HttpRequest, exploration_id: UUID) -> HttpResponse:
    """The map as it is now; once it is over, the page stops asking."""
    found = _get(str(exploration_id))
    return render(request, "explore/map.html", map.shown(found, map.first_of(request.GET.get("first", ""))))


@require_safe
def explore_export(request: HttpRequest, exploration_id: UUID, ending: str) -> HttpResponse:
    found = _get(str(exploration_id))
    if ending not in export.FORMATS:
        raise Http404(_("No such format."))
    kind, draw = export.FORMATS[ending]
    name = f"distviz-explore-{found.protocol.replace('_', '-')}-{found.pk.hex[:8]}.{ending}"
    return attachment(name, draw(found), kind)


def _context(request: HttpRequest) -> dict[str, Any]:
    asked = request.GET.get("result", "")
    last = list(Exploration.objects.filter(of_run=None)[:SHOWN])
    shown = _get(asked) if asked else next(iter(last), None)
    first = map.first_of(request.GET.get("first", ""))
    at_first = shown.protocol if shown else next(iter(registry.PROTOCOLS))
    return {
        "protocols": list(registry.PROTOCOLS.values()),
        "last": last,
        "allowed": permits.may_break(request) and permits.may(request, "explore"),
        "busy": any(one.state_now == RUNNING for one in Exploration.objects.filter(state=RUNNING)),
        **form.shown(request.POST, at_first),
        **(map.shown(shown, first) if shown else {}),
    }


def _get(asked: str) -> Exploration:
    try:
        return Exploration.objects.get(pk=UUID(asked), of_run=None)
    except (ValueError, Exploration.DoesNotExist):
        raise Http404(_("No such result.")) from None


def _see(url: str) -> HttpResponse:
    answer = HttpResponseRedirect(url)
    answer.status_code = 303
    return answer
