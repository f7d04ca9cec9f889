"""A saga by choreography: local transactions, each followed by an event; failures are undone by compensating
transactions."""
