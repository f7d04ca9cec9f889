"""The Account Service's tables in the admin. Money moves through withdrawals only, so all of it is to be read."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from distviz.runs.admin.base import History, by_protocol, exactly
from distviz.services.account.models import Account, Inbox, LedgerEntry
from distviz.services.inbox_admin import InboxHistory


@admin.register(Account)
class AccountAdmin(History):
    names = (_("account"), _("accounts"))
    list_display = ("name", "protocol", "balance", "opening", exactly("updated_at"))
    list_filter = (by_protocol(), "updated_at")
    search_fields = ("=name",)


@admin.register(LedgerEntry)
class LedgerAdmin(History):
    names = (_("ledger entry"), _("ledger"))
    list_display = ("id", "run_link", "account", "kind", "delta", exactly("at"), "page")
    list_filter = (by_protocol("account__protocol"), "kind", "at")
    list_select_related = ("account",)
    search_fields = ("=withdrawal_id", "=account__name")
    run_field = "withdrawal_id"


admin.site.register(Inbox, InboxHistory)
