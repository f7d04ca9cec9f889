"""A run's page in the admin: its story, who had a hand in it, and its rows in every other table."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from distviz.codes import Reason
from distviz.runs import lookup
from distviz.runs.admin.base import (
    History,
    HistoryInline,
    by_protocol,
    exactly,
    reason_column,
    related_rows,
)
from distviz.runs.admin.names import by, pill
from distviz.runs.admin.retrying import retry_each
from distviz.runs.admin.rows import ERROR_OF_LETTER
from distviz.story.words import changes, wording
from distviz.trace import known
from distviz.trace.models import DeadLetter, Fault, OperatorAction, Parked, Run
from distviz.trace.statuses import VERDICTS

TIMELINE = 1_000
OUTCOME = reason_column("outcome", _("outcome"), lambda run: run.outcome_reason or Reason.read(run.outcome))


def in_words(run: Run) -> str:
    """The heading of its page, in the words of the lab."""
    return _("%(protocol)s: $%(amount)s from %(account)s, %(status)s") % {
        "protocol": known.name(run.protocol),
        "amount": changes.amount(run.amount),
        "account": run.account,
        "status": wording.status(run.status),
    }


class Faults(HistoryInline):
    model = Fault
    fields = ("at", "do", "times", "ms", "fired")


class ParkedMessages(HistoryInline):
    model = Parked
    fields = ("name", "lane", "to", "why", "state", "at", "due_at")
    readonly_fields = ("at",)


class DeadLetters(HistoryInline):
    model = DeadLetter
    fields = ("service", "name", "attempts", "state", ERROR_OF_LETTER, "at")
    readonly_fields = (ERROR_OF_LETTER, "at")
    show_change_link = True


@admin.register(Run)
class RunAdmin(History):
    names = (_("run"), _("runs"))
    words = {"status": wording.status, "ending": wording.status}
    change_form_template = "admin/run.html"
    change_list_template = "admin/runs.html"
    list_display = (
        "short",
        "page",
        "protocol",
        "account",
        "amount",
        "ends",
        "attempts",
        exactly("created_at"),
        "took",
    )
    list_filter = (
        by_protocol(),
        "status",
        by("verdict", lambda: VERDICTS, _("verdict"), wording.verdict),
        "faulty",
        "mode",
        "created_at",
    )
    search_fields = ("=id", "=account", "=trace_id")
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
                    OUTCOME,
                    ("created_at", "updated_at", "finished_at"),
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
                    "deliveries",
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

    @admin.display(description=_("status"), ordering="status")
    def ends(self, run: Run) -> str:
        """With the verdict, where that says more."""
        said = pill(run.status, wording.status)
        worse = run.verdict_now not in ("consistent", run.status)
        return format_html("{} {}", said, pill(run.verdict_now, wording.verdict)) if worse else said

    @admin.display(description=_("took"))
    def took(self, run: Run) -> str:
        return wording.duration((run.finished_at - run.created_at).total_seconds() * 1000) if run.finished_at else "-"

    @admin.display(description=_("its rows elsewhere"))
    def rows_elsewhere(self, run: Run) -> str:
        """Links to the rows of this run in every other table, in whichever database they are."""
        return related_rows(self.admin_site, run.pk)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """With the run's log as a table, see templates/admin/run.html: as forms, which is what inlines are, a long one
        would take minutes."""
        try:
            run = Run.objects.filter(pk=UUID(unquote(object_id))).first()
        except ValueError:
            run = None
        context = {
            "title": _("Run"),
            "limit": TIMELINE,
            "acts": OperatorAction.objects.filter(run_id=run.pk) if run else [],
            **({"subtitle": in_words(run)} if run else {}),
            **(extra_context or {}),
        }
        return super().change_view(request, object_id, form_url, context)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Run], search_term: str) -> Any:
        """By indexes alone, whatever is typed: no search reads the whole table."""
        term = "".join(letter for letter in search_term if letter.isprintable()).strip()[:80]
        if not term:
            return queryset, False
        same = queryset.filter(Q(account=term) | Q(trace_id=term))
        return (same if same.exists() else queryset.filter(lookup.named(term))), False

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("trace.change_run"))

    @admin.action(description=_("Retry: send again what could not be processed"), permissions=["retry"])
    def retry(self, request: HttpRequest, found: QuerySet[Run]) -> None:
        retry_each(self, request, found.values_list("pk", flat=True))

    readonly_fields: ClassVar[Any] = (OUTCOME, "rows_elsewhere")
