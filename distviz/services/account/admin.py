"""The Account Service's tables in the admin. Money moves through withdrawals only, so all of it is to be read."""

from django.contrib import admin

from distviz.runs.admin.base import History, by_protocol, exactly
from distviz.services.account.models import Account, Inbox, LedgerEntry


@admin.register(Account)
class AccountAdmin(History):
    list_display = ("name", "protocol", "balance", "opening", exactly("updated_at"))
    list_filter = (by_protocol(), "updated_at")
    search_fields = ("=name",)


@admin.register(LedgerEntry)
class LedgerAdmin(History):
    list_display = ("id", "run_link", "account", "kind", "delta", exactly("at"), "page")
    list_filter = (by_protocol("account__protocol"), "kind", "at")
    list_select_related = ("account",)
    search_fields = ("=withdrawal_id", "=account__name")
    run_field = "withdrawal_id"


@admin.register(Inbox)
class InboxAdmin(History):
    list_display = ("id", "run_link", "consumer", "message_id", "duplicates", exactly("received_at"), "page")
    list_filter = ("received_at",)
    search_fields = ("=withdrawal_id", "=message_id")
    ordering = ("-id",)
    run_field = "withdrawal_id"
