"""The Payment Service's tables in the admin, to be read."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from distviz.codes import Reason
from distviz.runs.admin.base import History, by_protocol, exactly, reason_column
from distviz.runs.admin.names import shown_as_pill
from distviz.services.inbox_admin import InboxHistory
from distviz.services.payment.models import Inbox, Payment


@admin.register(Payment)
class PaymentAdmin(History):
    names = (_("payment"), _("payments"))
    list_display = (
        "id",
        "run_link",
        "protocol",
        "account",
        "amount",
        shown_as_pill("status"),
        reason_column("reason", _("reason"), lambda payment: Reason.read(payment.why or payment.reason)),
        exactly("at"),
        "page",
    )
    list_filter = (by_protocol(), "status", "at")
    search_fields = ("=withdrawal_id", "=account")
    run_field = "withdrawal_id"


admin.site.register(Inbox, InboxHistory)
