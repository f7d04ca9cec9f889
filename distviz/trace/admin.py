"""The admin of the run log: everything can be looked at and searched, nothing of it can be changed."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from distviz.errors import DistvizError
from distviz.trace import operators, runs
from distviz.trace.browse import History, HistoryInline, by, by_protocol, exactly, related_rows, shown_json, time_of_day
from distviz.trace.models import VERDICTS, DeadLetter, Event, Fault, OperatorAction, Parked, Run

TIMELINE = 1_000
LANES = ("client", "api", "account", "payment", "notification", "queue", "read_model")
KINDS = (
    "request",
    "message",
    "step",
    "decision",
    "fault",
    "hold",
    "retry",
    "sweep",
    "operator",
    "attention",
    "finished",
)
VERBS = ("release", "retry", "commit", "rollback", "deliver", "drop", "duplicate", "fork")
ACTIONS = ("crash", "error", "decline", "delay", "hold", "drop", "duplicate", "reorder")

admin.site.site_header = _("distviz administration")
admin.site.site_title = "distviz"


class Faults(HistoryInline):
    model = Fault
    fields = ("at", "do", "times", "ms", "fired")


@admin.register(Run)
class RunAdmin(History):
    change_form_template = "admin/run.html"
    list_display = (
        "short",
        "page",
        "protocol",
        "account",
        "amount",
        "status",
        "verdict",
        exactly("created_at"),
        exactly("finished_at"),
    )
    list_filter = (by_protocol(), "status", by("verdict", lambda: VERDICTS, _("verdict")), "mode", "created_at")
    search_fields = ("=id", "=account", "=trace_id")
    run_field = "id"
    inlines = (Faults,)
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

    @admin.display(description=_("run"), ordering="id")
    def short(self, run: Run) -> str:
        return f"{str(run.pk)[:8]}…"

    @admin.display(description=_("its rows elsewhere"))
    def rows_elsewhere(self, run: Run) -> str:
        """Links to the rows of this run in every other table, in whichever database they are."""
        return related_rows(self.admin_site, run.pk)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """With the run's log as a table: as forms, which is what inlines are, a long one would take minutes."""
        try:
            rows = list(Event.objects.filter(run_id=UUID(unquote(object_id))).order_by("seq")[:TIMELINE])
        except ValueError:
            rows = []
        context = {"timeline": [(row, time_of_day(row.at)) for row in rows], "limit": TIMELINE, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    readonly_fields: ClassVar[Any] = ("page", "rows_elsewhere")


@admin.register(Event)
class EventAdmin(History):
    list_display = ("seq", "run_link", exactly("at"), "lane", "kind", "phase", "name", "attempt", "error", "page")
    list_filter = (
        by_protocol("run__protocol"),
        by("kind", lambda: KINDS, _("kind")),
        by("lane", lambda: LANES, _("lane")),
        "at",
    )
    search_fields = ("=run__id", "=run__account")
    ordering = ("-id",)
    run_field = "run_id"
    raw_id_fields = ("run",)


@admin.register(Fault)
class FaultAdmin(History):
    list_display = ("id", "run_link", "at", "do", "times", "fired", "ms", "page")
    list_filter = (by_protocol("run__protocol"), by("do", lambda: ACTIONS, _("action")))
    search_fields = ("=run__id", "=run__account", "at")
    ordering = ("-id",)
    run_field = "run_id"


@admin.register(Parked)
class ParkedAdmin(History):
    list_display = ("name", "run_link", "lane", "to", "why", "state", exactly("at"), exactly("due_at"), "page")
    list_filter = (
        by_protocol("run__protocol"),
        by("state", lambda: ("parked", "delivered", "dropped"), _("state")),
        by("why", lambda: ("step", "hold", "reorder"), _("why")),
        "at",
    )
    search_fields = ("=run__id", "=run__account", "=id", "name")
    ordering = ("-at",)
    run_field = "run_id"


@admin.register(DeadLetter)
class DeadLetterAdmin(History):
    list_display = ("id", "run_link", "service", "name", "attempts", "state", exactly("at"), "error", "page")
    list_filter = (
        by_protocol("run__protocol"),
        by("service", lambda: LANES, _("service")),
        by("state", lambda: ("dead", "requeued", "discarded"), _("state")),
        "at",
    )
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
                with operators.recording(operators.actor(request), "retry", run=run, target="dead letters"):
                    runs.retry(str(run))
            except DistvizError as error:
                self.message_user(request, f"{run}: {error.message}", messages.WARNING)
            except Exception as error:  # the broker, say: the others may still go out
                self.message_user(request, f"{run}: {type(error).__name__}: {error}", messages.ERROR)
            else:
                self.message_user(request, _("%(run)s goes on.") % {"run": run}, messages.SUCCESS)


@admin.register(OperatorAction)
class OperatorActionAdmin(History):
    list_display = (exactly("at"), "actor", "what", "run_link", "target", "reason", "outcome", "page")
    list_filter = (by("what", lambda: VERBS, _("action")), "at")
    search_fields = ("=run_id", "=actor", "reason")
    run_field = "run_id"
