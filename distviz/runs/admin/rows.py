"""The tables around the runs: events, faults, parked messages, dead letters, what operators did."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from distviz.codes import Reason
from distviz.runs.admin.base import History, by_protocol, exactly, reason_column, shown_json
from distviz.runs.admin.names import by, lane, shown_as_pill
from distviz.runs.admin.retrying import retry_each
from distviz.story.shapes import LANES
from distviz.story.words import points, states
from distviz.story.words.sentences import why
from distviz.trace.models import DeadLetter, Event, Fault, OperatorAction, Parked

KINDS = (
    "request",
    "message",
    "step",
    "decision",
    "fault",
    "hold",
    "lock",
    "retry",
    "sweep",
    "relay",
    "projection",
    "operator",
    "attention",
    "finished",
)
ACTIONS = ("crash", "error", "decline", "delay", "hold", "drop", "duplicate", "reorder")

ERROR_OF_EVENT = reason_column("error", _("error"), lambda event: Reason.read(why(event)))
ERROR_OF_LETTER = reason_column("error", _("error"), lambda letter: letter.reason)
REASONS = (
    reason_column("target", _("target"), lambda action: action.target_reason),
    reason_column("outcome", _("outcome"), lambda action: action.outcome_reason),
)


def why_parked(why: str) -> str:
    """By step mode, or by a fault."""
    return str(_("step mode")) if why == "step" else points.action(why)


@admin.register(Event)
class EventAdmin(History):
    names = (_("event"), _("events"))
    list_display = (
        "seq",
        "run_link",
        exactly("at"),
        "lane",
        "kind",
        "phase",
        "name",
        "attempt",
        ERROR_OF_EVENT,
        "page",
    )
    list_filter = (
        by_protocol("run__protocol"),
        by("kind", lambda: KINDS, _("kind"), states.kind),
        by("lane", lambda: LANES, _("lane"), lane),
        "at",
    )
    search_fields = ("=run__id", "=run__account")
    ordering = ("-id",)
    run_field = "run_id"
    raw_id_fields = ("run",)


@admin.register(Fault)
class FaultAdmin(History):
    names = (_("fault"), _("faults"))
    list_display = ("id", "run_link", "at", "do", "times", "fired", "ms", "page")
    list_filter = (by_protocol("run__protocol"), by("do", lambda: ACTIONS, _("action"), points.action))
    search_fields = ("=run__id", "=run__account", "at")
    ordering = ("-id",)
    run_field = "run_id"


@admin.register(Parked)
class ParkedAdmin(History):
    names = (_("parked message"), _("parked messages"))
    words = {"why": why_parked}
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
        by("state", lambda: ("parked", "delivered", "dropped"), _("state"), states.state),
        by("why", lambda: ("step", "hold", "reorder"), _("why"), why_parked),
        "at",
    )
    search_fields = ("=run__id", "=run__account", "=id", "name")
    ordering = ("-at",)
    run_field = "run_id"


@admin.register(DeadLetter)
class DeadLetterAdmin(History):
    names = (_("dead letter"), _("dead letters"))
    list_display = (
        "id",
        "run_link",
        "service",
        "name",
        "attempts",
        shown_as_pill("state"),
        exactly("at"),
        ERROR_OF_LETTER,
        "page",
    )
    list_filter = (
        by_protocol("run__protocol"),
        by("service", lambda: LANES, _("service"), lane),
        by("state", lambda: ("dead", "requeued", "discarded"), _("state"), states.state),
        "at",
    )
    search_fields = ("=run__id", "=run__account", "name", "=digest")
    run_field = "run_id"
    actions = ("retry",)
    exclude = ("payload", "error", "why")
    readonly_fields: ClassVar[Any] = (ERROR_OF_LETTER, "letter")

    @admin.display(description=_("message"))
    def letter(self, letter: DeadLetter) -> str:
        return shown_json(letter.payload)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("trace.change_deadletter"))

    @admin.action(description=_("Retry: send the message again with new attempts"), permissions=["retry"])
    def retry(self, request: HttpRequest, letters: QuerySet[DeadLetter]) -> None:
        """Each run once, however many of its letters were chosen."""
        waiting = letters.filter(state="dead").exclude(run=None)
        retry_each(self, request, waiting.values_list("run_id", flat=True), Reason("target_dead_letters"))


@admin.register(OperatorAction)
class OperatorActionAdmin(History):
    names = (_("operator's action"), _("operators' actions"))
    list_display = (
        exactly("at"),
        "actor",
        "what",
        "run_link",
        *REASONS[:1],
        "reason",
        *REASONS[1:],
        "page",
    )
    exclude = ("target", "outcome", "codes")
    readonly_fields = REASONS
    list_filter = (by("what", lambda: states.VERBS, _("action"), states.verb, of_desks=True), "at")
    search_fields = ("=run_id", "=actor", "reason")
    run_field = "run_id"
