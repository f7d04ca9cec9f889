from django.utils.translation import gettext_lazy as _

from protocols import plugin


class MonolithConfig(plugin.ProtocolApp):
    name = "protocols.monolith"
    verbose_name = _("Monolith")
    database = "monolith"
