"""HTTP goes to Django, WebSockets to Channels; a socket from a foreign page is refused before it opens."""

import os

import django
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "distviz.settings")
django.setup(set_prefix=False)

from distviz import assets  # noqa: E402

assets.collect()  # before WhiteNoise lists the files

from distviz.live.routing import SameOrigin, websocket_urlpatterns  # noqa: E402
from distviz.web.handler import OneThread  # noqa: E402
from distviz.web.proxies import Behind  # noqa: E402

application = Behind(
    ProtocolTypeRouter({"http": OneThread(), "websocket": SameOrigin(URLRouter(websocket_urlpatterns))}),
    settings.TRUSTED_PROXIES,
)
