"""The saga log in the admin, to be read: the sagas themselves keep it."""

from django.contrib import admin

from distviz.runs.admin.base import History, exactly
from protocols.saga.models import SagaLog


@admin.register(SagaLog)
class SagaLogAdmin(History):
    times = (exactly("created_at"), exactly("closed_at"))
    list_display = ("run_link", "user_id", "amount", "status", "reason", *times, "page")
    list_filter = ("status", "created_at")
    search_fields = ("=tx_id", "=user_id")
    list_display_links = ("user_id",)
    run_field = "tx_id"
