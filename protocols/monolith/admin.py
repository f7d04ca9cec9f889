"""The monolith's own database in the admin, to be read."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from distviz.runs.admin.base import History, exactly
from protocols.monolith.models import Account, Transaction


@admin.register(Account)
class AccountAdmin(History):
    names = (_("account"), _("accounts"))
    list_display = ("name", "balance", "opening", exactly("updated_at"))
    list_filter = ("updated_at",)
    search_fields = ("=name",)


@admin.register(Transaction)
class TransactionAdmin(History):
    names = (_("transaction"), _("transactions"))
    list_display = ("id", "run_link", "user", "type", "amount", exactly("at"), "page")
    list_filter = ("at",)
    list_select_related = ("user",)
    search_fields = ("=withdrawal_id", "=user__name")
    run_field = "withdrawal_id"
