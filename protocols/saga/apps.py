from django.utils.translation import gettext_lazy as _

from protocols import plugin


class SagaConfig(plugin.ProtocolApp):
    name = "protocols.saga"
    verbose_name = _("Saga")
    database = "account"
