"""The Account Service's tables in the admin. Money moves through withdrawals only, so all of it is to be read."""

from django.contrib import admin

from distviz.services.account.models import Account, Inbox, LedgerEntry
from distviz.trace.browse import History


@admin.register(Account)
class AccountAdmin(History):
    list_display = ("name", "protocol", "balance", "opening", "updated_at")
    list_filter = ("protocol", "updated_at")
    search_fields = ("=name",)


@admin.register(LedgerEntry)
class LedgerAdmin(History):
    list_display = ("id", "run_link", "account", "kind", "delta", "at", "page")
    list_filter = ("account__protocol", "kind", "at")
    list_select_related = ("account",)
    search_fields = ("=withdrawal_id", "=account__name")
    run_field = "withdrawal_id"


@admin.register(Inbox)
class InboxAdmin(History):
    list_display = ("id", "run_link", "consumer", "message_id", "duplicates", "received_at", "page")
    list_filter = ("consumer", "received_at")
    search_fields = ("=withdrawal_id", "=message_id")
    ordering = ("-id",)
    run_field = "withdrawal_id"
