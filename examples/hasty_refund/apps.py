from protocols import plugin


class HastyRefundConfig(plugin.ProtocolApp):
    name = "protocols.hasty_refund"
    verbose_name = "A hasty refund"
