"""The pages of the menu. One that is listed here and has no URL yet is not shown."""

from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

# In groups: understand, watch, look inside. (URL name, title, URL names of the pages that belong to it)
GROUPS: tuple[tuple[tuple[str, Any, tuple[str, ...]], ...], ...] = (
    (
        ("learn", _("Learn"), ("lesson",)),
        ("choose", _("Choose"), ()),
        ("promises", _("Promises"), ()),
    ),
    (
        ("race", _("Race"), ("compare",)),
        ("runs", _("Runs"), ("run", "import", "imported")),
        ("bench", _("Bench"), ()),
    ),
    (
        ("outbox", _("Outbox"), ()),
        ("events", _("Events"), ()),
        ("notifications", _("Notifications"), ()),
        ("attention", _("Attention"), ()),
    ),
)


@dataclass(frozen=True)
class Page:
    """One entry of the menu."""

    name: str
    title: Any
    url: str
    current: bool


def groups(here: str) -> list[list[Page]]:
    """The menu, as seen from the page with the URL name `here`."""
    made = [[page for entry in group if (page := _page(*entry, here))] for group in GROUPS]
    return [group for group in made if group]


def _page(name: str, title: Any, family: tuple[str, ...], here: str) -> Page | None:
    try:
        return Page(name, title, reverse(f"dashboard:{name}"), here == name or here in family)
    except NoReverseMatch:
        return None
