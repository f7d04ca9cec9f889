"""What one may not do is refused before its view is called, and is not offered by templates (`may`)."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import cached_property

from distviz.dashboard import outage, refused
from distviz.errors import DistvizError, NotFound
from distviz.story.words.sentences import say
from distviz.web import costs, permits


class Gate:
    """Middleware. The API answers for itself (distviz/api/guard.py)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if request.resolver_match is not None and "api" in request.resolver_match.namespaces:
            return None
        try:
            permits.require(request, permits.verb_of(request))
            costs.spend(request)
        except DistvizError as error:
            return _refused(request, error)
        except outage.DOWN as error:  # who asks is in a database; Django asks no `process_exception` here
            return outage.page(request, error)
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """What a page finds is not there: the run of a protocol that is left out."""
        if not isinstance(error, NotFound):
            return None
        return refused.page(request, "404.html", {"detail": say(error.reason)}, error)


class Offers:
    """`may.faults`: whether this client may. Nothing is asked before a template asks it, and while a database does not
    say who asks, it is nobody: an error's page has this frame too."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    def __getitem__(self, verb: str) -> bool:
        if verb not in permits.VERBS:
            raise KeyError(verb)
        return self._allows(verb)

    @cached_property
    def name(self) -> str:
        """Of who has logged in, else ""."""
        user = getattr(self._request, "user", None)  # not set where a request is refused before it is known
        try:
            return user.get_username() if user else ""
        except (DatabaseError, InterfaceError):
            return ""

    @cached_property
    def _operates(self) -> bool:
        try:
            return bool(self.name) and permits.operates(self._request)
        except (DatabaseError, InterfaceError):
            return False

    @property
    def log_in(self) -> str:
        """The address where one logs in, and comes back from."""
        return _log_in(self._request.get_full_path())

    @property
    def everything(self) -> bool:
        return self._allows(None)

    def _allows(self, verb: str | None) -> bool:
        return permits.allows(verb, operator=False) or self._operates


def offers(request: HttpRequest) -> dict[str, Any]:
    """A context processor."""
    return {"may": Offers(request)}


def _refused(request: HttpRequest, error: DistvizError) -> HttpResponse:
    if request.headers.get("X-Requested-With") == "fetch" or getattr(request, "htmx", False):
        return refused.sentence(error)
    came = urlsplit(request.headers.get("Referer", ""))
    back = came.path if came.netloc == request.get_host() else "/"
    context = {
        "detail": say(error.reason),
        "log_in": _log_in(back) if error.status == 401 else "",
        "code": error.status,
    }
    return refused.page(request, "403.html", context, error)


def _log_in(back: str) -> str:
    return f"{reverse('dashboard:login')}?next={quote(back)}"
