"""The admin of the run log: everything can be looked at and searched, nothing of it can be changed."""

from collections.abc import Iterable
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from distviz.errors import DistvizError
from distviz.trace import finding, operators, runs
from distviz.trace.browse import (
    History,
    HistoryInline,
    by,
    by_protocol,
    exactly,
    related_rows,
    shown_as_pill,
    shown_json,
    time_of_day,
)
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
VERBS = ("release", "retry", "commit", "rollback", "nudge", "deliver", "drop", "duplicate", "fork", "set aside")
ACTIONS = ("crash", "error", "decline", "delay", "hold", "drop", "duplicate", "reorder")

admin.site.site_header = _("distviz administration")
admin.site.site_title = "distviz"


class Faults(HistoryInline):
    model = Fault
    fields = ("at", "do", "times", "ms", "fired")


class ParkedMessages(HistoryInline):
    model = Parked
    fields = ("name", "lane", "to", "why", "state", "at", "due_at")
    readonly_fields = ("at",)


class DeadLetters(HistoryInline):
    model = DeadLetter
    fields = ("service", "name", "attempts", "state", "error", "at")
    readonly_fields = ("at",)
    show_change_link = True


@admin.register(Run)
class RunAdmin(History):
    change_form_template = "admin/run.html"
    list_display = (
        "short",
        "page",
        "protocol",
        "account",
        "amount",
        shown_as_pill("status"),
        shown_as_pill("verdict_now", "verdict", "verdict"),
        "attempts",
        exactly("created_at"),
        exactly("finished_at"),
    )
    list_filter = (
        by_protocol(),
        "status",
        by("verdict", lambda: VERDICTS, _("verdict")),
        "faulty",
        "mode",
        "created_at",
    )
    search_fields = ("=id", "=account", "=trace_id")
    search_help_text = _("How a run's id begins, a part of its note, an account, or a trace id.")
    run_field = "id"
    inlines = (Faults, ParkedMessages, DeadLetters)
    actions = ("retry",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("protocol", "account", "amount", "mode"),
                    "note",
                    ("status", "verdict", "attempts"),
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
        run = rows[0].run_id if rows else None
        context = {
            "timeline": [(row, time_of_day(row.at)) for row in rows],
            "limit": TIMELINE,
            "acts": OperatorAction.objects.filter(run_id=run) if run else [],
            **(extra_context or {}),
        }
        return super().change_view(request, object_id, form_url, context)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Run], search_term: str) -> Any:
        """By indexes alone, whatever is typed: no search reads the whole table."""
        term = "".join(letter for letter in search_term if letter.isprintable()).strip()[:80]
        if not term:
            return queryset, False
        same = queryset.filter(Q(account=term) | Q(trace_id=term))
        return (same if same.exists() else queryset.filter(finding.named(term))), False

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("trace.change_run"))

    @admin.action(description=_("Retry: what could not be handled goes out again"), permissions=["retry"])
    def retry(self, request: HttpRequest, found: QuerySet[Run]) -> None:
        retry_each(self, request, found.values_list("pk", flat=True))

    readonly_fields: ClassVar[Any] = ("page", "rows_elsewhere")


def retry_each(site: Any, request: HttpRequest, runs_asked: Iterable[Any], target: str = "") -> None:
    """The operator's retry of each run, once; what one of them refuses stops nobody else."""
    for run in dict.fromkeys(runs_asked):
        try:
            with operators.recording(operators.actor(request), "retry", run=run, target=target):
                runs.retry(str(run))
        except DistvizError as error:
            site.message_user(request, f"{run}: {error.message}", messages.WARNING)
        except Exception as error:  # the broker, say: the others may still go out
            site.message_user(request, f"{run}: {type(error).__name__}: {error}", messages.ERROR)
        else:
            site.message_user(request, _("%(run)s goes on.") % {"run": run}, messages.SUCCESS)


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
    list_display = (
        "name",
        "run_link",
        "lane",
        "to",
        "why",
        shown_as_pill("state"),
        exactly("at"),
        exactly("due_at"),
        "page",
    )
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
    list_display = (
        "id",
        "run_link",
        "service",
        "name",
        "attempts",
        shown_as_pill("state"),
        exactly("at"),
        "error",
        "page",
    )
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

    @admin.action(description=_("Retry: the message goes out again, with fresh attempts"), permissions=["requeue"])
    def requeue(self, request: HttpRequest, letters: QuerySet[DeadLetter]) -> None:
        """Each run once, however many of its letters were chosen."""
        waiting = letters.filter(state="dead").exclude(run=None)
        retry_each(self, request, waiting.values_list("run_id", flat=True), "dead letters")


@admin.register(OperatorAction)
class OperatorActionAdmin(History):
    list_display = (exactly("at"), "actor", "what", "run_link", "target", "reason", "outcome", "page")
    list_filter = (by("what", lambda: VERBS, _("action")), "at")
    search_fields = ("=run_id", "=actor", "reason")
    run_field = "run_id"
