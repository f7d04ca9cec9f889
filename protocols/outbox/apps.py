from protocols import plugin


class OutboxConfig(plugin.ProtocolApp):
    name = "protocols.outbox"
    database = "account"
