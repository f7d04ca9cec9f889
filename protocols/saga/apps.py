from protocols import plugin


class SagaConfig(plugin.ProtocolApp):
    name = "protocols.saga"
    database = "account"
