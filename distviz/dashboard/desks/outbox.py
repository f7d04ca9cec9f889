"""`/outbox/`: every message of every state, both sides of it, and the relay's switch."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from distviz.dashboard.desks import desk


@require_safe
def outbox(request: HttpRequest) -> HttpResponse:
    return desk.show(request, "outbox", "desks/outbox.html", "desks/outbox_now.html")


@require_POST
def outbox_do(request: HttpRequest, verb: str) -> HttpResponse:
    return desk.do(request, "outbox", verb)
