from django.utils.translation import gettext_lazy as _

from protocols import plugin


class DualWriteConfig(plugin.ProtocolApp):
    name = "protocols.dual_write"
    verbose_name = _("Dual write")
