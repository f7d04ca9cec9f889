from protocols import plugin


class EventSourcingConfig(plugin.ProtocolApp):
    name = "protocols.event_sourcing"
    verbose_name = "Event store"
    database = "events"
