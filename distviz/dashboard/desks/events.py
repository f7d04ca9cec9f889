"""`/events/`: a stream and what it adds up to at any version, the read models beside it, and the projector's switch."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from distviz.dashboard.desks import desk


@require_safe
def events(request: HttpRequest) -> HttpResponse:
    return desk.show(request, "event_sourcing", "desks/events.html", "desks/events_now.html")


@require_POST
def events_do(request: HttpRequest, verb: str) -> HttpResponse:
    return desk.do(request, "event_sourcing", verb)
