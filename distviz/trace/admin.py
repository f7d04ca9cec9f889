"""The admin of the run log: everything can be looked at and searched, nothing of it can be changed."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from distviz.errors import DistvizError
from distviz.trace import runs
from distviz.trace.browse import History, HistoryInline, related_rows, shown_json
from distviz.trace.models import DeadLetter, Event, Fault, Parked, Run

admin.site.site_header = _("distviz administration")
admin.site.site_title = "distviz"


class Timeline(HistoryInline):
    """The run's log on the run's own page."""

    model = Event
    verbose_name_plural = _("timeline")
    fields = ("seq", "at", "lane", "to", "kind", "phase", "name", "attempt", "caused_by", "error")
    ordering = ("seq",)


class Faults(HistoryInline):
    model = Fault
    fields = ("at", "do", "times", "ms", "fired")


@admin.register(Run)
class RunAdmin(History):
    list_display = (
        "id",
        "protocol",
        "account",
        "amount",
        "status",
        "verdict",
        "created_at",
        "finished_at",
        "page",
    )
    list_filter = ("protocol", "status", "verdict", "mode", "created_at")
    search_fields = ("=id", "=account", "=trace_id")
    date_hierarchy = None  # its drill-down asks for the first and the last of all rows on each page
    run_field = "id"
    inlines = (Faults, Timeline)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("protocol", "account", "amount", "mode"),
                    "note",
                    ("status", "verdict"),
                    "outcome",
                    ("created_at", "updated_at", "finished_at"),
                    "page",
                    "rows_elsewhere",
                )
            },
        ),
        (
            _("Inside"),
            {
                "classes": ("collapse",),
                "fields": (
                    ("seq", "open", "ending", "wake_at"),
                    "holding",
                    "tries",
                    "money",
                    "trace_id",
                    "forked_from",
                    ("scope", "key"),
                ),
            },
        ),
    )

    @admin.display(description=_("its rows elsewhere"))
    def rows_elsewhere(self, run: Run) -> str:
        """Links to the rows of this run in every other table, in whichever database they are."""
        return related_rows(self.admin_site, run.pk)

    readonly_fields: ClassVar[Any] = ("page", "rows_elsewhere")


@admin.register(Event)
class EventAdmin(History):
    list_display = ("run_link", "seq", "at", "lane", "kind", "phase", "name", "attempt", "error", "page")
    list_filter = ("run__protocol", "kind", "lane", "phase", "at")
    search_fields = ("=run__id", "=run__account")
    ordering = ("-id",)
    run_field = "run_id"
    raw_id_fields = ("run",)


@admin.register(Fault)
class FaultAdmin(History):
    list_display = ("run_link", "at", "do", "times", "fired", "ms", "page")
    list_filter = ("run__protocol", "do")
    search_fields = ("=run__id", "=run__account", "at")
    ordering = ("-id",)
    run_field = "run_id"


@admin.register(Parked)
class ParkedAdmin(History):
    list_display = ("run_link", "name", "lane", "to", "why", "state", "at", "due_at", "page")
    list_filter = ("run__protocol", "state", "why", "at")
    search_fields = ("=run__id", "=run__account", "=id", "name")
    ordering = ("-at",)
    run_field = "run_id"


@admin.register(DeadLetter)
class DeadLetterAdmin(History):
    list_display = ("id", "run_link", "service", "name", "attempts", "state", "at", "error", "page")
    list_filter = ("run__protocol", "service", "state", "at")
    search_fields = ("=run__id", "=run__account", "name", "=digest")
    run_field = "run_id"
    actions = ("requeue",)
    exclude = ("payload",)
    readonly_fields: ClassVar[Any] = ("letter",)

    @admin.display(description=_("message"))
    def letter(self, letter: DeadLetter) -> str:
        return shown_json(letter.payload)

    def has_requeue_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("trace.change_deadletter"))

    @admin.action(description=_("Requeue: the operator's retry of their runs"), permissions=["requeue"])
    def requeue(self, request: HttpRequest, letters: QuerySet[DeadLetter]) -> None:
        """Each run once, however many of its letters were chosen."""
        waiting = letters.filter(state="dead").exclude(run=None)
        for run in {letter.run_id for letter in waiting}:
            try:
                runs.retry(str(run))
            except DistvizError as error:
                self.message_user(request, f"{run}: {error.message}", messages.WARNING)
            except Exception as error:  # the broker, say: the others may still go out
                self.message_user(request, f"{run}: {type(error).__name__}: {error}", messages.ERROR)
            else:
                self.message_user(request, _("%(run)s goes on.") % {"run": run}, messages.SUCCESS)
