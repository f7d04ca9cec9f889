"""Who a request comes from: a user, an anonymous client that a signed cookie tells from others, or an address.

Shares, idempotency keys and the record of actions hold for an identity. On a private lab (loopback) everybody is one
person, and an address is enough.
"""

import secrets
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from distviz.web.programs import API
from distviz.web.proxies import client_of

COOKIE, SALT = "dv_client", "distviz.client"
CROWD = 5  # times the share of one client: of all together at one address that have cookies
KEPT_S = 365 * 24 * 3600
_WITHOUT = (API, "/static/", "/healthz", "/readyz", "/favicon.ico")  # programs: nothing is set on them


def client(request: HttpRequest) -> str:
    """`user:7`, `client:uYx…` or `address:192.0.2.7`; on a private lab the bare address."""
    if request.user.is_authenticated:
        return f"user:{request.user.pk}"
    if settings.PRIVATE:
        return address(request)
    known = cookie(request)
    return f"client:{known}" if known else f"address:{network(request)}"


def scope(request: HttpRequest) -> str:
    """Where an idempotency key of the API holds: two people's equal keys do not meet."""
    if settings.PRIVATE and not request.user.is_authenticated:
        return "anonymous"
    return client(request)


def address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


def network(request: HttpRequest) -> str:
    """What a client cannot change by throwing its cookie away."""
    return client_of(address(request))


def crowd(client: str, network: str) -> str:
    """What a client that is known by its cookie alone takes from as well: whoever asks without one is given another. ""
    for any other client."""
    return f"network:{network}" if client.startswith("client:") else ""


def cookie(request: HttpRequest) -> str:
    return str(request.get_signed_cookie(COOKIE, default="", salt=SALT, max_age=KEPT_S))


class ClientCookie:
    """Middleware: an anonymous client is given its cookie with the first page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        known = "" if settings.PRIVATE else cookie(request)
        request.client_known = known  # type: ignore[attr-defined]
        answer = self.get_response(request)
        if not settings.PRIVATE and not known and not request.path_info.startswith(_WITHOUT):
            answer.set_signed_cookie(
                COOKIE,
                secrets.token_urlsafe(12),
                salt=SALT,
                max_age=KEPT_S,
                httponly=True,
                samesite="Lax",
                secure=settings.HTTPS,
            )
        return answer
