"""The menu, in two levels: what a newcomer comes for stands open; what is measured, and the desks of operators, are
groups that open."""

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
)
MEASURE: Sequence[Entry] = (
    ("bench", _("Bench"), ()),
    ("explore", _("Explore"), ()),
    ("guards", _("Guards"), ()),
    ("chaos", _("Chaos"), ()),
)
OPERATE: Sequence[Entry] = (  # after the desks of the protocols
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


@dataclass(frozen=True)
class Group:
    """Pages that stand together. One with a title opens when it is asked."""

    pages: list[Page]
    title: Any = ""

    @property
    def here(self) -> Page | None:
        """The page of it that one is on."""
        return next((page for page in self.pages if page.current), None)

    @property
    def counts(self) -> bool:
        """Whether its title says how much needs manual action."""
        return any(page.name == "attention" for page in self.pages)


def groups(here: str) -> list[Group]:
    """The menu, as seen from the page with the URL name `here`."""
    operate = [*((desk.page, desk.title, ()) for desk in _desks()), *OPERATE]
    found = ((UNDERSTAND, ""), (WATCH, ""), (MEASURE, _("Measure")), (operate, _("Desks")))
    return [Group([_page(*entry, here) for entry in entries], title) for entries, title in found]


def _desks() -> list[Desk]:
    desks = (protocol.desk for protocol in registry.PROTOCOLS.values())
    return sorted((desk for desk in desks if desk), key=lambda desk: desk.order)


def _page(name: str, title: Any, family: tuple[str, ...], here: str) -> Page:
    return Page(name, title, reverse(f"dashboard:{name}"), here == name or here in family)
