from protocols import plugin


class EarlyInboxConfig(plugin.ProtocolApp):
    name = "protocols.early_inbox"
    verbose_name = "An early inbox"
