"""The coordinator's log and the markers in the admin, to be read: a decision is never changed by hand."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from distviz.codes import Reason
from distviz.runs.admin.base import History, reason_column
from distviz.runs.admin.names import by
from distviz.story.words import states
from protocols.two_phase.messages import FAILED, LINES, NO, YES
from protocols.two_phase.models import AccountMarker, Decision, Participation, PaymentMarker

WHY = reason_column("reason", _("reason"), lambda row: Reason.read(row.why or row.reason))


@admin.register(Decision)
class DecisionAdmin(History):
    names = (_("decision"), _("decisions"))
    list_display = ("tx_id", "run_link", "decision", "ends_as", WHY, "decided_by", "at", "ended_at", "page")
    list_filter = ("decision", "ends_as", "at")
    search_fields = ("=tx_id",)
    run_field = "tx_id"


@admin.register(Participation)
class ParticipationAdmin(History):
    names = (_("participation"), _("participations"))
    list_display = ("id", "run_link", "name", "vote", WHY, "begun_at", "voted_at", "done_at", "page")
    list_filter = (
        by("name", lambda: LINES, _("participant")),
        by("vote", lambda: (YES, NO, FAILED), _("vote"), states.state),
        "begun_at",
    )
    search_fields = ("=tx_id",)
    run_field = "tx_id"


@admin.register(AccountMarker)
class MarkerAdmin(History):
    names = (_("marker of Account"), _("markers of Account"))
    list_display = ("tx_id", "run_link", "did", "at", "page")
    list_filter = ("at",)
    search_fields = ("=tx_id",)
    run_field = "tx_id"


@admin.register(PaymentMarker)
class PaymentMarkerAdmin(MarkerAdmin):
    names = (_("marker of Payment"), _("markers of Payment"))
