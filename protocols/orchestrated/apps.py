from django.utils.translation import gettext_lazy as _

from protocols import plugin


class OrchestratedConfig(plugin.ProtocolApp):
    name = "protocols.orchestrated"
    verbose_name = _("Saga, by orchestration")
