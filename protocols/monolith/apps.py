from protocols import plugin


class MonolithConfig(plugin.ProtocolApp):
    name = "protocols.monolith"
    database = "monolith"
