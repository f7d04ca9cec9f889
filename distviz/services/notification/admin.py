"""The notifications in the admin. They are documents in MongoDB and no models, so they get a page of their own."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _
from pymongo.errors import PyMongoError

from distviz.runs.admin import index
from distviz.services.notification import operations

SHOWN = 200
_own_urls = admin.site.get_urls


def notifications(request: HttpRequest) -> HttpResponse:
    """The newest ones, narrowed by account and protocol."""
    wanted = {name: request.GET.get(name, "")[:40] for name in ("account", "protocol")}
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Notifications"),
        "shown": SHOWN,
        **wanted,
    }
    try:
        context["found"] = operations.recent(limit=SHOWN, **wanted)
    except PyMongoError:
        context["down"] = True
    return TemplateResponse(request, "admin/notifications.html", context, status=503 if "down" in context else 200)


def _urls() -> list[URLPattern | URLResolver]:
    page = path("notifications/", admin.site.admin_view(notifications), name="notifications")
    return [page, *_own_urls()]


# See index.py for why the site is not subclassed.
admin.site.get_urls = _urls  # type: ignore[method-assign]
index.add("notification", _("Notification service"), _("Notifications (MongoDB)"), "admin:notifications")
