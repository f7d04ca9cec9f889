"""The record and the reservations in the admin, to be read: a decision is never changed by hand."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from distviz.codes import Reason
from distviz.runs.admin.base import History, exactly, reason_column
from protocols.tcc.models import Authorised, Frozen, Transaction

WHY = reason_column("reason", _("reason"), lambda row: Reason.read(row.why or row.reason))


@admin.register(Transaction)
class TransactionAdmin(History):
    names = (_("coordinator's record"), _("coordinator's records"))
    times = (exactly("decided_at"), exactly("ended_at"))
    list_display = ("run_link", "user_id", "amount", "decision", WHY, "decided_by", *times, "page")
    list_filter = ("decision", "ends_as", "begun_at")
    search_fields = ("=tx_id", "=user_id")
    list_display_links = ("user_id",)
    run_field = "tx_id"


@admin.register(Frozen)
class FrozenAdmin(History):
    names = (_("frozen amount"), _("frozen funds"))
    times = (exactly("created_at"), exactly("updated_at"))
    list_display = ("run_link", "user_id", "amount", "status", WHY, *times, "page")
    list_filter = ("status", "created_at")
    search_fields = ("=tx_id", "=user_id")
    list_display_links = ("user_id",)
    run_field = "tx_id"


@admin.register(Authorised)
class AuthorisedAdmin(FrozenAdmin):
    names = (_("authorisation"), _("authorisations"))
