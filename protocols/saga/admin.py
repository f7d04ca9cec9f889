"""The saga log in the admin, to be read: the sagas themselves keep it."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from distviz.codes import Reason
from distviz.runs.admin.base import History, exactly, reason_column
from protocols.saga.models import SagaLog


@admin.register(SagaLog)
class SagaLogAdmin(History):
    names = (_("saga"), _("saga log"))
    why = reason_column("reason", _("reason"), lambda saga: Reason.read(saga.why or saga.reason))
    times = (exactly("created_at"), exactly("closed_at"))
    list_display = ("run_link", "user_id", "amount", "status", why, *times, "page")
    list_filter = ("status", "created_at")
    search_fields = ("=tx_id", "=user_id")
    list_display_links = ("user_id",)
    run_field = "tx_id"
