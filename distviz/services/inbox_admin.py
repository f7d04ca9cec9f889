"""A service's inbox in the admin, to be read."""

from django.utils.translation import gettext_lazy as _

from distviz.runs.admin.base import History, exactly


class InboxHistory(History):
    names = (_("inbox entry"), _("inbox"))
    list_display = ("id", "run_link", "consumer", "message_id", "duplicates", exactly("received_at"), "page")
    list_filter = ("received_at",)
    search_fields = ("=withdrawal_id", "=message_id")
    ordering = ("-id",)
    run_field = "withdrawal_id"
