from django.utils.translation import gettext_lazy as _

from protocols import plugin


class TwoPhaseConfig(plugin.ProtocolApp):
    name = "protocols.two_phase"
    verbose_name = _("Two-phase commit")
