"""What all admin pages here have in common: read-only, quick on big tables, and every row linked with its run."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.contrib.admin import AdminSite
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from distviz.codes import Reason
from distviz.runs.admin.names import InWords, by, titled
from distviz.story.words.sentences import say
from distviz.trace import known

COUNTED = 5_000

if TYPE_CHECKING:  # generic in the stubs alone
    _Admin = admin.ModelAdmin[Any]
    _Inline = admin.TabularInline[Any, Any]
    _Paginator = Paginator[Any]
else:
    _Admin, _Inline, _Paginator = admin.ModelAdmin, admin.TabularInline, Paginator


class ShortPaginator(_Paginator):
    """Counts up to a limit: count(*) over a million rows would take longer than the page."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if not isinstance(rows, QuerySet):
            return len(rows)
        return rows.order_by()[:COUNTED].count()


def by_protocol(field: str = "protocol") -> type[admin.SimpleListFilter]:
    return by(field, lambda: known.KNOWN, _("protocol"), known.name)


def exactly(field: str) -> Any:
    """A column with a time of the log: to the millisecond, for much happens within a second."""

    @admin.display(description=titled(field), ordering=field)
    def column(row: Model) -> str:
        return clock(getattr(row, field))

    return column


def time_of_day(at: datetime) -> str:
    return clock(at).partition(" ")[2]


def clock(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d}" if at else "-"


class BigTable(InWords, _Admin):
    """A table that may be large and lives in whichever database the router says. `names` are those of a row and of the
    table, for people."""

    names: "tuple[Any, Any]"

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # each of them is a count of its own
    paginator = ShortPaginator
    list_per_page = 50
    list_max_show_all = 200
    run_field = ""  # the column with the run's id, if there is one

    def __init__(self, model: type[Model], site: AdminSite) -> None:
        super().__init__(model, site)
        model._meta.verbose_name, model._meta.verbose_name_plural = self.names

    @admin.display(description=_("run"))
    def run_link(self, row: Model) -> str:
        """The run's page in the admin."""
        return link_to_run(getattr(row, self.run_field))

    @admin.display(description=_("picture"))
    def page(self, row: Model) -> str:
        """The run's page in the lab."""
        run = getattr(row, self.run_field)
        return format_html('<a href="{}">{}</a>', f"/runs/{run}/", _("show")) if run else "-"


class History(BigTable):
    """A record of the past: it cannot be added to, changed or deleted here."""

    readonly_fields: ClassVar[Any] = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class HistoryInline(InWords, _Inline):
    """The same for rows on the page of what they belong to."""

    template = "admin/rows.html"
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def link_to_run(run: UUID | None) -> str:
    if run is None:
        return "-"
    page = reverse("admin:trace_run_change", args=[run])
    return format_html('<a href="{}" title="{}">{}…</a>', page, run, str(run)[:8])


def related_rows(site: AdminSite, run: UUID) -> str:
    """A link to the rows of this run in each table that has its id."""
    links = []
    for model, its_admin in site._registry.items():
        field = getattr(its_admin, "run_field", "")
        if not field or model._meta.label == "trace.Run":
            continue
        try:
            url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        except NoReverseMatch:
            continue
        links.append((f"{url}?q={run}", model._meta.app_config.verbose_name, model._meta.verbose_name_plural))
    return format_html(
        '<ul class="rows-elsewhere">{}</ul>', format_html_join("", "<li><a href='{}'>{}: {}</a></li>", links)
    )


def reason_column(field: str, title: Any, reason: Callable[[Any], Reason | None]) -> Any:
    """A column with a sentence, made from its code in the language of the page."""

    @admin.display(description=title, ordering=field)
    def column(row: Model) -> str:
        why = reason(row)
        return say(why) if why else "-"

    return column


def shown_json(value: object) -> str:
    return format_html("<pre>{}</pre>", json.dumps(value, indent=2, ensure_ascii=False))
