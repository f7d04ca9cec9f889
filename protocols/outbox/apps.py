from django.utils.translation import gettext_lazy as _

from protocols import plugin


class OutboxConfig(plugin.ProtocolApp):
    name = "protocols.outbox"
    verbose_name = _("Outbox")
    database = "account"
