"""What the admin's front page and its side lists, in order: the run log first, then services and protocols, people
last."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

PLACES = {"trace": 0, "auth": 2}
_django = admin.site.get_app_list
_OTHERS: list[Callable[[], dict[str, Any]]] = []


def add(label: str, name: Any, title: Any, page: str) -> None:
    """A page of the admin that shows no model, under its application."""
    _OTHERS.append(lambda: _entry(label, name, title, reverse(page)))


def _entry(label: str, name: Any, title: Any, url: str) -> dict[str, Any]:
    page = {"name": title, "object_name": label, "admin_url": url, "add_url": None, "view_only": True, "perms": {}}
    return {"name": name, "app_label": label, "app_url": url, "has_module_perms": True, "models": [page]}


def app_list(request: HttpRequest, app_label: str | None = None) -> list[Any]:
    others = [] if app_label else [entry() for entry in _OTHERS]
    found = [*_django(request, app_label), *others]
    return sorted(found, key=lambda app: (PLACES.get(app["app_label"], 1), str(app["name"])))


# The site is Django's own; a subclass would have to be named in the settings and in every other admin module.
admin.site.get_app_list = app_list  # type: ignore[method-assign]
