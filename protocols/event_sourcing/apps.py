from django.utils.translation import gettext_lazy as _

from protocols import plugin


class EventSourcingConfig(plugin.ProtocolApp):
    name = "protocols.event_sourcing"
    verbose_name = _("Event store")
    database = "events"
