from protocols import plugin


class DualWriteConfig(plugin.ProtocolApp):
    name = "protocols.dual_write"
