"""The saga log in the admin, to be read: the coordinator keeps it."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from distviz.codes import Reason
from distviz.runs.admin.base import History, exactly, reason_column
from protocols.orchestrated.models import Saga


@admin.register(Saga)
class SagaAdmin(History):
    names = (_("orchestrated saga"), _("orchestrated sagas"))
    why = reason_column("reason", _("reason"), lambda saga: Reason.read(saga.why or saga.reason))
    times = (exactly("turned_at"), exactly("ended_at"))
    list_display = ("run_link", "user_id", "amount", "steps_done", "steps_undone", why, *times, "page")
    list_filter = ("given_back", "begun_at")
    search_fields = ("=tx_id", "=user_id")
    list_display_links = ("user_id",)
    run_field = "tx_id"
