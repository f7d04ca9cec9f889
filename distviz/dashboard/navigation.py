"""The pages of the menu, in groups: understand, watch, look inside."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from protocols import registry
from protocols.catalogue import Desk

# (URL name, title, URL names of the pages that belong to it)
Entry = tuple[str, Any, tuple[str, ...]]
UNDERSTAND: Sequence[Entry] = (
    ("learn", _("Learn"), ("lesson",)),
    ("choose", _("Choose"), ()),
    ("promises", _("Promises"), ()),
)
WATCH: Sequence[Entry] = (
    ("race", _("Race"), ("compare",)),
    ("runs", _("Runs"), ("run", "import", "imported")),
    ("bench", _("Bench"), ()),
    ("chaos", _("Chaos"), ()),
)
INSIDE: Sequence[Entry] = (  # after the desks of the protocols
    ("notifications", _("Notifications"), ()),
    ("attention", _("Attention"), ()),
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
    inside = [*((desk.page, desk.title, ()) for desk in _desks()), *INSIDE]
    return [[_page(*entry, here) for entry in group] for group in (UNDERSTAND, WATCH, inside)]


def _desks() -> list[Desk]:
    desks = (protocol.desk for protocol in registry.PROTOCOLS.values())
    return sorted((desk for desk in desks if desk), key=lambda desk: desk.order)


def _page(name: str, title: Any, family: tuple[str, ...], here: str) -> Page:
    return Page(name, title, reverse(f"dashboard:{name}"), here == name or here in family)
