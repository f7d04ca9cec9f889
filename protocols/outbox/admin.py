"""The outboxes in the admin, to be read: only the services write them, and the relays mark them. The switch of the
relays is on `/outbox/`."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from distviz.runs.admin.base import History
from distviz.runs.admin.names import by
from protocols.outbox.messages import MoneyDeducted, MoneyRefunded, PaymentFailed, PaymentProcessed
from protocols.outbox.models import Outbox, PaymentOutbox, PaymentRelay, Relay

STORED = [event.__name__ for event in (MoneyDeducted, PaymentProcessed, PaymentFailed, MoneyRefunded)]


@admin.register(Outbox)
class OutboxAdmin(History):
    names = (_("outbox row of Account"), _("outbox of Account"))
    list_display = ("id", "run_link", "event_type", "account", "status", "attempts", "created_at", "sent_at", "page")
    list_filter = ("status", by("event_type", lambda: STORED, _("event")), "created_at")
    search_fields = ("=withdrawal_id", "=message_id", "=account")
    run_field = "withdrawal_id"


@admin.register(PaymentOutbox)
class PaymentOutboxAdmin(OutboxAdmin):
    names = (_("outbox row of Payment"), _("outbox of Payment"))


@admin.register(Relay)
class RelayAdmin(History):
    names = (_("relay of Account"), _("relay of Account"))
    list_display = ("name", "stopped", "changed_at", "passed_at", "pid", "by_hand_at", "by_hand")


@admin.register(PaymentRelay)
class PaymentRelayAdmin(RelayAdmin):
    names = (_("relay of Payment"), _("relay of Payment"))
