from protocols import plugin


class EarlyWordConfig(plugin.ProtocolApp):
    name = "protocols.early_word"
    verbose_name = "An early word"
