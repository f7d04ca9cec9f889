from django.utils.translation import gettext_lazy as _

from protocols import plugin


class TccConfig(plugin.ProtocolApp):
    name = "protocols.tcc"
    verbose_name = _("TCC: try, confirm, cancel")
