"""Which socket is where, and from which pages it may be opened."""

from typing import Any

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.urls import re_path

from distviz.live.consumers import LabConsumer, NowhereConsumer, RunConsumer
from distviz.web.origin import same_origin

websocket_urlpatterns = [
    re_path(r"^ws/runs/(?P<run>[^/]+)/$", RunConsumer.as_asgi()),
    re_path(r"^ws/lab/$", LabConsumer.as_asgi()),
    re_path(r"", NowhereConsumer.as_asgi()),
]


class SameOrigin:
    """Refuses (403) a socket whose Origin is missing or is not this very site. A browser lets every page open sockets
    to everywhere and sends the Origin to tell; a program sends the header too, and can thereby be trusted no less."""

    def __init__(self, application: Any) -> None:
        self.application = application
        self.denier = WebsocketDenier.as_asgi()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        headers = [(name.lower(), value.decode("latin-1")) for name, value in scope.get("headers", [])]
        origins = [value for name, value in headers if name == b"origin"]
        hosts = [value for name, value in headers if name == b"host"]
        ours = len(origins) == 1 and len(hosts) == 1 and _known(hosts[0]) and same_origin(origins[0], hosts[0])
        application = self.application if ours else self.denier
        return await application(scope, receive, send)


def _known(host: str) -> bool:
    """A name that resolves here but is not ours (DNS rebinding) would be its own Origin."""
    domain, _ = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)
