from protocols import plugin


class TwoPhaseConfig(plugin.ProtocolApp):
    name = "protocols.two_phase"
    verbose_name = "Two-phase commit"
